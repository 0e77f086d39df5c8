"""Opening a connection: a socket within one deadline, and SCRAM for any password that libpq accepts."""

from __future__ import annotations

import socket
import sys
import time
from typing import TYPE_CHECKING

from scramp import ScramClient, ScramException
from scramp.core import saslprep

if TYPE_CHECKING:
    from collections.abc import Sequence


def seconds_left(deadline: float | None) -> float | None:
    """Seconds until ``deadline``: None means no limit, and never 0, which would mean "do not wait" to a socket."""
    return None if deadline is None else max(deadline - time.monotonic(), 0.001)


def open_socket(
    host: str, port: int, deadline: float | None, source_address: tuple[str, int] | None, *, keepalive: bool
) -> socket.socket:
    """Open a socket to the first address of ``host`` that answers.

    ``socket.create_connection`` alone, which pg8000 uses, gives each address the whole time.

    Raises:
        OSError: none answered in time.
    """
    failure = OSError(f"{host} has no address")
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            endpoint = socket.create_connection((str(address[0]), port), seconds_left(deadline), source_address)
        except OSError as error:
            failure = error
            continue
        # Without it, a message in several packets waits for the server's delayed acknowledgement, 40 ms.
        endpoint.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, keepalive)
        return endpoint
    raise failure


def scram_client(mechanisms: Sequence[str], password: bytes, binding: tuple[str, object] | None = None) -> ScramClient:
    """The client's side of SCRAM.

    scramp refuses a password that SASLprep prohibits: a character that Unicode 3.2 did not have, such as a newer emoji,
    a control character, or letters of both directions. libpq uses it as it is, and so does the server that stores it.

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
