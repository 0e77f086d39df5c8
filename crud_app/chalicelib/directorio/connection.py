"""How a connection to PostgreSQL is opened: the socket, TLS, and the limits that the server is asked to keep."""

from __future__ import annotations

import socket
import ssl
import time
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from pg8000.exceptions import DatabaseError, InterfaceError

from chalice_frontdoor import SettingError
from chalicelib.directorio.tls import system_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.directorio.settings import DatabaseAddress

C = TypeVar("C")

# Seconds. Each limit is within the next: the Lambda (22 s) must have time left to say what went wrong.
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 10
LOCK_SECONDS = 3
#: A sweep that dies without closing its connection must not keep its lock.
IDLE_TRANSACTION_SECONDS = 30

#: What the server is asked to keep, in milliseconds.
SERVER_LIMITS = {
    "statement_timeout": str(STATEMENT_SECONDS * 1000),
    "lock_timeout": str(LOCK_SECONDS * 1000),
    "idle_in_transaction_session_timeout": str(IDLE_TRANSACTION_SECONDS * 1000),
}

#: The same limits for one transaction, as a statement without rows (no set_config answers NULL, so all are called and
#: none matches). Behind a transaction pooler it is sent in the same flush as each statement, and costs no round trip.
LIMITS_STATEMENT = "SELECT WHERE " + " OR ".join(
    f"set_config('{name}', '{value}', true) IS NULL" for name, value in SERVER_LIMITS.items()
)


class Connector:
    """Opens connections to one address. TLS is prepared once: that is 25 ms of CPU that a connection need not spend.

    Args:
        address: where to.
    """

    def __init__(self, address: DatabaseAddress) -> None:
        self._address = address

    def open(self, kind: Callable[..., C], *, seconds: float, **options: object) -> C:
        """Open a connection.

        Args:
            kind: one of pg8000's classes of connections, or a subclass.
            seconds: how long it may take, names and TLS included.
            options: further arguments of ``kind``.

        Raises:
            DatabaseError: the server refused it (password, database, limits).
            InterfaceError: it could not be reached in time, or is not who it should be.
            SettingError: the file of ``sslrootcert`` is of no use.
        """
        address = self._address
        ssl_context = self._ssl_context
        deadline = time.monotonic() + seconds
        endpoint = self._open_socket(deadline)
        try:
            endpoint.settimeout(_left(deadline))
            return kind(
                address.user,
                host=address.host,
                database=address.database,
                password=address.password,
                sock=endpoint,
                ssl_context=ssl_context,
                application_name="crud_app",
                **options,
            )
        except (OSError, DatabaseError, InterfaceError) as error:
            endpoint.close()
            if isinstance(error, OSError):
                raise InterfaceError("network error") from error
            raise

    @cached_property
    def _ssl_context(self) -> ssl.SSLContext | bool:
        """What pg8000 wants: False is plain text; its own default would be TLS that verifies nobody."""
        mode, root_cert = self._address.ssl_mode, self._address.ssl_root_cert
        if mode == "disable":
            return False
        if mode == "verify-full" and root_cert in {None, "system"}:
            return system_context()
        try:
            context = ssl.create_default_context(cafile=None if root_cert == "system" else root_cert)
        except OSError:
            raise SettingError(
                "DATABASE_URL", "a URL whose sslrootcert is 'system' or a readable file of PEM certificates"
            ) from None
        if mode != "verify-full":
            context.check_hostname = False
        if mode == "require" and root_cert is None:  # with a certificate at hand libpq verifies it, too
            context.verify_mode = ssl.CERT_NONE
        return context

    def _open_socket(self, deadline: float) -> socket.socket:
        try:
            if self._address.socket_folder is not None:
                return _open_unix_socket(f"{self._address.socket_folder}/.s.PGSQL.{self._address.port}", deadline)
            return _open_tcp_socket(self._address.host, self._address.port, deadline)
        except OSError as error:
            raise InterfaceError("network error") from error


def _open_unix_socket(path: str, deadline: float) -> socket.socket:
    endpoint = socket.socket(socket.AF_UNIX)
    try:
        endpoint.settimeout(_left(deadline))
        endpoint.connect(path)
    except OSError:
        endpoint.close()
        raise
    return endpoint


def _open_tcp_socket(host: str, port: int, deadline: float) -> socket.socket:
    """Try each address of ``host`` within one deadline; ``socket.create_connection`` gives each the whole time."""
    failure = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        endpoint = socket.socket(family, kind, protocol)
        try:
            endpoint.settimeout(_left(deadline))
            endpoint.connect(address)
        except OSError as error:
            endpoint.close()
            failure = error
            continue
        # Without it a statement in several packets waits for the server's delayed acknowledgement, 40 ms.
        endpoint.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return endpoint
    raise failure


def _left(deadline: float) -> float:
    """Seconds until ``deadline``; never 0, which would mean "do not wait" to a socket."""
    return max(deadline - time.monotonic(), 0.001)
