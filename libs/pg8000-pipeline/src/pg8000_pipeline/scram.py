"""SCRAM for any password that libpq accepts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scramp import ScramClient, ScramException
from scramp.core import saslprep

if TYPE_CHECKING:
    from collections.abc import Sequence


def scram_client(mechanisms: Sequence[str], password: bytes, binding: tuple[str, object] | None = None) -> ScramClient:
    """The client's side of SCRAM.

    scramp refuses a password that SASLprep prohibits: a character that Unicode 3.2 did not have, such as a newer emoji,
    a control character, or letters of both directions. libpq uses it as it is, and so does the server that stores it:
    https://github.com/postgres/postgres/blob/master/src/common/saslprep.c

    Raises:
        ScramException: the server's mechanisms, or its certificate, cannot be used. On Python 3.10 (scramp 1.4), also a
            password that SASLprep prohibits.
    """
    try:
        prepared = saslprep(password.decode())
    except (ScramException, UnicodeDecodeError):
        if sys.version_info < (3, 11):
            raise ScramException("SASLprep prohibits this password: it needs Python 3.11 or newer") from None
        prepared = ""
    client = ScramClient(list(mechanisms), "*", prepared, channel_binding=binding)  # PostgreSQL ignores the name
    if not prepared:
        client.password = password
    return client
