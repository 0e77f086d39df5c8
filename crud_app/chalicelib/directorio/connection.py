"""How a connection to PostgreSQL is opened: TLS, and the limits that the server is asked to enforce."""

from __future__ import annotations

import ssl
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from chalice_frontdoor import SettingError

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

#: What the server is asked to enforce, in milliseconds.
SERVER_LIMITS = {
    "statement_timeout": str(STATEMENT_SECONDS * 1000),
    "lock_timeout": str(LOCK_SECONDS * 1000),
    "idle_in_transaction_session_timeout": str(IDLE_TRANSACTION_SECONDS * 1000),
}

#: The same limits for one transaction, as a statement without rows: set_config never returns NULL, so that all are
#: called and none matches. A transaction pooler refuses start-up parameters; this is sent ahead of each statement, in
#: the same flush.
LIMITS_STATEMENT = "SELECT WHERE " + " OR ".join(
    f"set_config('{name}', '{value}', true) IS NULL" for name, value in SERVER_LIMITS.items()
)


def open_connection(
    kind: Callable[..., C], address: DatabaseAddress, *, seconds: float = CONNECT_SECONDS, limited: bool = True
) -> C:
    """Open a connection.

    Args:
        kind: one of pg8000_pipeline's connection classes.
        address: where PostgreSQL is.
        seconds: time to open it, name resolution and TLS included.
        limited: whether the server enforces `SERVER_LIMITS`; a migration may take its time.

    Raises:
        DatabaseError: the server refused it (password, database, limits).
        InterfaceError: the server did not answer in time, or its certificate was not trusted.
        SettingError: the file of ``sslrootcert`` cannot be used.
    """
    limits: dict[str, object] = {}
    if limited:
        limits = {"preamble": LIMITS_STATEMENT} if address.pooled else {"startup_params": SERVER_LIMITS}
    folder = address.socket_folder
    return kind(
        address.user,
        host=address.host,
        port=address.port,
        unix_sock=None if folder is None else f"{folder}/.s.PGSQL.{address.port}",
        database=address.database,
        password=address.password,
        # None would mean TLS that verifies nothing.
        ssl_context=address.ssl_mode != "disable" and tls_context(address.ssl_mode, address.ssl_root_cert),
        application_name="crud_app",
        timeout=seconds,
        **limits,
    )


@cache
def tls_context(mode: str, root_cert: str | None) -> ssl.SSLContext:
    """The TLS context of libpq's ``sslmode`` and ``sslrootcert``. It is shared: do not modify it.

    Making one takes 25 ms of CPU. Without ``root_cert`` it trusts the system's certificate authorities.

    Raises:
        SettingError: ``root_cert`` cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=None if root_cert == "system" else root_cert)
    except OSError:
        raise SettingError(
            "DATABASE_URL", "a URL whose sslrootcert is 'system' or a readable file of PEM certificates"
        ) from None
    if mode != "verify-full":
        context.check_hostname = False
    if mode == "require" and root_cert is None:  # given a certificate, libpq verifies it in this mode, too
        context.verify_mode = ssl.CERT_NONE
    return context
