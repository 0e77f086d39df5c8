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


def open_socket(  # noqa: PLR0913 - pg8000's names
    host: str,
    port: int,
    deadline: float | None,
    *,
    unix_sock: str | None = None,
    source_address: tuple[str, int] | None = None,
    keepalive: bool = True,
) -> socket.socket:
    """Open a socket to ``unix_sock``, or else to the first address of ``host`` that answers.

    ``socket.create_connection``, which pg8000 uses, gives each address the whole time.

    Raises:
        OSError: none answered in time.
    """
    if unix_sock is not None:
        return _connect(socket.socket(socket.AF_UNIX), unix_sock, deadline)
    failure = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        endpoint = socket.socket(family, kind, protocol)
        try:
            if source_address is not None:
                endpoint.bind(source_address)
            _connect(endpoint, address, deadline)
        except OSError as error:
            endpoint.close()
            failure = error
            continue
        # Without it, a message in several packets waits for the server's delayed acknowledgement, 40 ms.
        endpoint.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if keepalive:
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return endpoint
    raise failure


def _connect(endpoint: socket.socket, address: object, deadline: float | None) -> socket.socket:
    try:
        endpoint.settimeout(seconds_left(deadline))
        endpoint.connect(address)  # type: ignore[arg-type] # its form depends on the family
    except OSError:
        endpoint.close()
        raise
    return endpoint


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
