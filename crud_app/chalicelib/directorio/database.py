"""PostgreSQL for this app: one round trip per statement, and explicit about outcomes that are unknown.

Each statement is its own transaction (autocommit): no BEGIN or COMMIT to wait for, and safe behind a pooler.
What a failure means depends on when it happened:

- before anything was sent (no connection was available): nothing happened, ``Unavailable``;
- the server refused the statement: nothing happened; 40001, 40P01 and 57P01 are retried here;
- the connection was lost after the statement was sent: what has the same effect when it runs twice (a read, a write
  under an Idempotency-Key) is retried once, any other write is ``OutcomeUnknown``.
"""

from __future__ import annotations

import hmac
import logging
import random
import ssl
import time
from contextlib import contextmanager
from functools import cache
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from chalice_frontdoor import SettingError
from chalicelib.directorio.errors import CrudError, OutcomeUnknown, StatementRefused, Unavailable
from pg8000_pipeline import DatabaseError, InterfaceError, PipelinedConnection, server_fields, sqlstate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chalicelib.directorio.settings import DatabaseAddress

    Rows = Sequence[Sequence[Any]]

C = TypeVar("C")

# Seconds. Each limit is within the next: the Lambda (22 s) must have time left to say what went wrong.
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 10
LOCK_SECONDS = 3
#: A sweep that dies without closing its connection must not keep its lock.
IDLE_TRANSACTION_SECONDS = 30
#: For an answer: longer than the server's own limit, for a server that is gone.
ANSWER_SECONDS = STATEMENT_SECONDS + 2
#: For ``/health?deep=1``, to connect and to answer: a database that needs longer is not healthy.
HEALTH_SECONDS = 2
#: To wait for a connection when all are in use.
WAIT_SECONDS = 5
#: A retry begins within this many seconds or not at all, so that the slowest one ends before the Lambda does:
#: 3 + CONNECT_SECONDS + ANSWER_SECONDS = 20 of 22.
RETRY_SECONDS = 3
MAX_ATTEMPTS = 4
#: The pause before a retry is a random part of this times two to the number of attempts, so that rivals part.
PAUSE_SECONDS = 0.05

#: What the server is asked to enforce, in milliseconds.
SERVER_LIMITS = {
    "statement_timeout": str(STATEMENT_SECONDS * 1000),
    "lock_timeout": str(LOCK_SECONDS * 1000),
    "idle_in_transaction_session_timeout": str(IDLE_TRANSACTION_SECONDS * 1000),
}
#: The same as a statement without rows (set_config never returns NULL), sent ahead of each statement in one flush: a
#: transaction pooler refuses start-up parameters.
LIMITS_STATEMENT = "SELECT WHERE " + " OR ".join(
    f"set_config('{name}', '{value}', true) IS NULL" for name, value in SERVER_LIMITS.items()
)

ADMIN_SHUTDOWN = "57P01"
#: The server became a standby (a failover): only another connection may reach the new primary.
READ_ONLY = "25006"
#: invalid_authorization_specification, invalid_password: what a rotated password looks like.
REFUSED_LOGINS = frozenset({"28000", "28P01"})
#: serialization_failure, deadlock_detected, admin_shutdown: the same statement may well succeed a moment later.
RETRIED_STATES = frozenset({"40001", "40P01", ADMIN_SHUTDOWN})
#: Classes of conditions that pass, and the codes of a schema that is not migrated yet, during a deployment.
#: https://www.postgresql.org/docs/current/errcodes-appendix.html
PASSING_CLASSES = frozenset({"", "08", "25", "28", "3D", "40", "53", "55", "57", "58", "XX"})
PASSING_STATES = frozenset({"42P01", "42703", "42883"})

NONE: Mapping[str, Any] = {}

logger = logging.getLogger(__name__)
_random = random.SystemRandom()


class Statement(NamedTuple):
    """SQL, and the names of its parameters $1, $2 and so on.

    ``is_planned_anew`` where the best plan depends on the parameters; otherwise the server may keep one.
    """

    sql: str
    names: tuple[str, ...] = ()
    is_planned_anew: bool = False

    def values(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """The parameters in the order in which they are sent."""
        return tuple(map(parameters.__getitem__, self.names))


class Database:
    """The connections of this process. Nothing is opened before the first statement.

    Args:
        address: where PostgreSQL is.
        pool_size: connections at most. A Lambda has one; the threads of `make run` share a few.
        renew_address: tells where PostgreSQL is when it refuses user or password.
        on_answer: called with the milliseconds that each answered statement took.
    """

    def __init__(
        self,
        address: DatabaseAddress,
        pool_size: int = 1,
        *,
        renew_address: Callable[[], DatabaseAddress] | None = None,
        on_answer: Callable[[float], object] = lambda _: None,
    ) -> None:
        self._address = address
        self._renew_address = renew_address
        self._on_answer = on_answer
        #: One entry for each connection that is not in use; None stands for one that is not open yet.
        self._idle: SimpleQueue[PipelinedConnection | None] = SimpleQueue()
        for _ in range(pool_size):
            self._idle.put(None)

    def read(self, statement: Statement, parameters: Mapping[str, Any] = NONE) -> Rows:
        """Run a statement that changes nothing, and return its rows.

        Raises:
            Unavailable: the database did not answer, twice if the first connection was dead.
        """
        return self._run(statement, parameters, is_write=False, is_repeatable=True)

    def write(self, statement: Statement, parameters: Mapping[str, Any] = NONE, *, is_repeatable: bool = False) -> Rows:
        """Run a statement that changes rows, and return those that it returns.

        One that ``is_repeatable`` has the effect of once when it runs twice: it is retried after a lost answer.

        Raises:
            StatementRefused: a constraint forbids it.
            OutcomeUnknown: it was sent, and it is unknown whether it ran.
            Unavailable: it did not run.
        """
        return self._run(statement, parameters, is_write=True, is_repeatable=is_repeatable)

    def write_later(self, statement: Statement, parameters: Mapping[str, Any]) -> None:
        """Send a statement without rows and do not wait; a failure is logged before the next statement.

        Raises:
            Unavailable: it could not be sent.
        """
        with self._connection() as connection:
            try:
                is_prepared = self._is_prepared(statement)
                connection.execute_later(statement.sql, statement.values(parameters), is_prepared=is_prepared)
            except InterfaceError as error:
                raise Unavailable("") from error

    @contextmanager
    def transaction(self) -> Iterator[Callable[..., Rows]]:
        """Yields a function that runs a statement with its parameters. All take effect together, or none if the block
        raises.

        Raises:
            OutcomeUnknown: the connection was lost in the middle.
            Unavailable: the database refused to go on; nothing took effect.
        """

        def run(statement: Statement, parameters: Mapping[str, Any] = NONE) -> Rows:
            try:
                return connection.execute_unnamed(statement.sql, statement.values(parameters)).rows or ()
            except (DatabaseError, InterfaceError) as error:
                raise _translate(error, is_write=True) from error

        with self._connection() as connection:
            try:
                run(Statement("BEGIN"))
                yield run
                run(Statement("COMMIT"))
            except BaseException:
                connection.close()  # the server rolls back
                raise

    def ping(self) -> None:
        """Check that the database answers, within ``HEALTH_SECONDS``.

        Raises:
            Unavailable: it does not.
        """
        try:
            self._run_once(Statement("SELECT 1"), (), HEALTH_SECONDS)
        except (DatabaseError, InterfaceError) as error:
            raise _translate(error, is_write=False) from error

    def sign(self, text: str) -> str:
        """A digest that tells nothing about the text without the database's password, its key: a copy of the tables
        does not have it.
        """
        return hmac.digest((self._address.password or "").encode(), text.encode(), "sha256").hex()

    def close(self) -> None:
        """Close the connections that are not in use."""
        for _ in range(self._idle.qsize()):
            if connection := self._idle.get():
                connection.close()
            self._idle.put(None)

    def _run(self, statement: Statement, parameters: Mapping[str, Any], *, is_write: bool, is_repeatable: bool) -> Rows:
        values = statement.values(parameters)
        last_start = time.monotonic() + RETRY_SECONDS
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._run_once(statement, values, ANSWER_SECONDS)
            except (DatabaseError, InterfaceError) as error:
                if time.monotonic() > last_start or not _may_retry(error, attempt, is_repeatable=is_repeatable):
                    raise _translate(error, is_write=is_write) from error
            time.sleep(_random.uniform(0, PAUSE_SECONDS * 2**attempt))

    def _run_once(self, statement: Statement, values: tuple[Any, ...], answer_seconds: float) -> Rows:
        connection = self._take(answer_seconds)  # `_connection`, a generator, would take four times as long
        try:
            started = time.monotonic()
            run = connection.execute_prepared if self._is_prepared(statement) else connection.execute_unnamed
            rows: Rows | None = run(statement.sql, values).rows
            self._on_answer((time.monotonic() - started) * 1000)
        except DatabaseError as error:
            if sqlstate(error) == READ_ONLY:
                connection.close()
            raise
        finally:
            self._idle.put(connection)
        return rows or ()

    def _is_prepared(self, statement: Statement) -> bool:
        """Behind a transaction pooler each statement may meet another server, which has not prepared it."""
        return not (statement.is_planned_anew or self._address.pooled)

    @contextmanager
    def _connection(self) -> Iterator[PipelinedConnection]:
        connection = self._take(ANSWER_SECONDS)
        try:
            yield connection
        finally:
            self._idle.put(connection)

    def _take(self, answer_seconds: float) -> PipelinedConnection:
        """A usable connection, which its user puts back.

        A dead one is replaced here, *before* anything is sent; afterwards it would be too late.
        """
        try:
            connection = self._idle.get(timeout=WAIT_SECONDS)
        except Empty:
            logger.error("All connections are in use", extra={"waited_s": WAIT_SECONDS})  # noqa: TRY400 - no traceback
            raise Unavailable("") from None
        try:
            if connection is None or not connection.is_usable():
                if connection is not None:
                    connection.close()
                connection = self._open(min(CONNECT_SECONDS, answer_seconds))
        except BaseException:
            self._idle.put(None)
            raise
        connection.answer_seconds = answer_seconds
        return connection

    def _open(self, seconds: float) -> PipelinedConnection:
        try:
            try:
                return open_connection(PipelinedConnection, self._address, seconds=seconds)
            except DatabaseError as error:
                if sqlstate(error) not in REFUSED_LOGINS or not self._has_new_address():
                    raise
                return open_connection(PipelinedConnection, self._address, seconds=seconds)
        except (DatabaseError, InterfaceError) as error:
            raise _logged(Unavailable(sqlstate(error)), error) from error

    def _has_new_address(self) -> bool:
        """Take over a changed address: after a change of the password, running functions still have the old one."""
        if self._renew_address is None or (address := self._renew_address()) == self._address:
            return False
        self._address = address
        logger.info("The database's address has changed")
        return True


def open_connection(
    kind: Callable[..., C], address: DatabaseAddress, *, seconds: float = CONNECT_SECONDS, limited: bool = True
) -> C:
    """Open a connection.

    Args:
        kind: one of pg8000_pipeline's connection classes.
        address: where PostgreSQL is.
        seconds: name resolution and TLS included.
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
        application_name=address.application_name,
        channel_binding=address.channel_binding,
        timeout=min(seconds, address.connect_seconds or seconds),
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
        rule = "a URL whose sslrootcert is 'system' or a readable file of PEM certificates"
        raise SettingError("DATABASE_URL", rule) from None
    if mode != "verify-full":
        context.check_hostname = False
    if mode == "require" and root_cert is None:  # given a certificate, libpq verifies it in this mode, too
        context.verify_mode = ssl.CERT_NONE
    return context


def _may_retry(error: DatabaseError | InterfaceError, attempt: int, *, is_repeatable: bool) -> bool:
    """Whether the statement had no effect that a retry would double, and a retry may succeed."""
    if sqlstate(error) in RETRIED_STATES:
        return attempt < MAX_ATTEMPTS
    return _is_lost(error) and is_repeatable and attempt == 1


def _translate(error: DatabaseError | InterfaceError, *, is_write: bool) -> CrudError:
    """What a failed statement means for the caller."""
    code = sqlstate(error)
    if is_write and _is_lost(error):
        return _logged(OutcomeUnknown(code), error)
    if code in PASSING_STATES or code[:2] in PASSING_CLASSES:
        return _logged(Unavailable(code), error)
    return StatementRefused(code, server_fields(error).get("n", ""))


def _is_lost(error: DatabaseError | InterfaceError) -> bool:
    """Whether the connection broke after the statement was sent, so that its outcome is unknown.

    An administrator's shutdown is not such a case: the server said so before it had completed the statement.
    """
    code = sqlstate(error)
    is_fatal = server_fields(error).get("V") != "ERROR" and code != ADMIN_SHUTDOWN
    return not code or code.startswith("08") or is_fatal


def _logged(failure: Unavailable, error: DatabaseError | InterfaceError) -> Unavailable:
    """Log what the client is not told: the type of the first cause, never its text."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    extra = {"sqlstate": failure.args[0], "cause": type(cause).__name__, "failure": type(failure).__name__}
    logger.error("The database is not available", extra=extra)
    return failure
