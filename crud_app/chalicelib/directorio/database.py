"""PostgreSQL for this app: one round trip a statement, and honest about what it does not know.

Each statement is its own transaction (autocommit), so there is neither BEGIN nor COMMIT to wait for, and it may be
sent through a transaction pooler. What a failure means depends on when it came:

- before anything was sent (no connection could be had): nothing happened, ``Unavailable``;
- the server refused the statement: nothing happened; 40001, 40P01 and 57P01 are repeated here;
- the connection was lost after the statement was sent: what does the same when it is done twice (a read, a write under
  an Idempotency-Key) is repeated once, any other write is an ``OutcomeUnknown``.
"""

from __future__ import annotations

import logging
import random
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pg8000.exceptions import DatabaseError, InterfaceError

from chalicelib.directorio.connection import (
    CONNECT_SECONDS,
    LIMITS_STATEMENT,
    SERVER_LIMITS,
    STATEMENT_SECONDS,
    Connector,
)
from chalicelib.directorio.errors import CrudError, OutcomeUnknown, StatementRefused, Unavailable
from chalicelib.directorio.pipeline import PipelinedConnection, server_fields, sqlstate
from chalicelib.directorio.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chalicelib.directorio.pool import Loan
    from chalicelib.directorio.settings import DatabaseAddress
    from chalicelib.directorio.statement import Statement

    Rows = Sequence[Sequence[Any]]

#: Seconds for an answer. The server's own limit comes first; this one is for a server that is not there any more.
ANSWER_SECONDS = STATEMENT_SECONDS + 2
#: A repeat begins within so many seconds or not at all, so that the slowest one ends before the Lambda does:
#: 3 + CONNECT_SECONDS + ANSWER_SECONDS = 20 of 22.
REPEAT_SECONDS = 3
MAX_ATTEMPTS = 4
#: The pause before a repeat is a random part of this times two to the number of attempts, so that rivals part.
PAUSE_SECONDS = 0.05

ADMIN_SHUTDOWN = "57P01"
#: The server became a standby (a failover): only another connection may reach the new primary.
READ_ONLY = "25006"
#: invalid_authorization_specification, invalid_password: what a rotated password looks like.
REFUSED_LOGINS = frozenset({"28000", "28P01"})
#: serialization_failure, deadlock_detected, admin_shutdown: the same statement has a good chance a moment later.
REPEATABLE_STATES = frozenset({"40001", "40P01", ADMIN_SHUTDOWN})
#: Classes of conditions that pass without a change of this program, and the codes of a schema that is not (yet)
#: migrated, which a deployment shows for a moment. https://www.postgresql.org/docs/current/errcodes-appendix.html
PASSING_CLASSES = frozenset({"", "08", "25", "28", "3D", "40", "53", "55", "57", "58", "XX"})
PASSING_STATES = frozenset({"42P01", "42703", "42883"})

logger = logging.getLogger(__name__)
_random = random.SystemRandom()


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds: for a connection, and for an answer."""

    connect: float = CONNECT_SECONDS
    answer: float = ANSWER_SECONDS


#: For ``/health?deep=1``: who asks wants an answer now, and a database that needs longer is not healthy.
HEALTH_PATIENCE = Patience(connect=2, answer=2)


class Database:
    """The connections of this process. Nothing is opened before the first statement.

    Args:
        address: where PostgreSQL is.
        pool_size: connections at most.
        renew_address: asked where PostgreSQL is now, once for each connection whose user or password it refuses.
        on_answer: told how many milliseconds each statement took that was answered.
    """

    def __init__(
        self,
        address: DatabaseAddress,
        pool_size: int = 1,
        *,
        renew_address: Callable[[], DatabaseAddress] | None = None,
        on_answer: Callable[[float], object] | None = None,
    ) -> None:
        self._address = address
        self._connector = Connector(address)
        self._renew_address = renew_address
        self._on_answer = on_answer
        self._patience: ContextVar[Patience] = ContextVar("patience", default=Patience())  # noqa: B039 - it is frozen
        self._pool = Pool(pool_size, self._open)

    def read(self, statement: Statement, parameters: Mapping[str, Any], *, plan_anew: bool = False) -> Rows:
        """Run a statement that changes nothing, and return its rows.

        Args:
            statement: what to ask.
            parameters: with what.
            plan_anew: whether its best plan depends on its parameters; if not, one may be kept.

        Raises:
            Unavailable: the database did not answer, twice if the first connection was dead.
        """
        return self._run(statement, parameters, is_write=False, is_repeatable=True, plan_anew=plan_anew)

    def write(self, statement: Statement, parameters: Mapping[str, Any], *, is_repeatable: bool = False) -> Rows:
        """Run a statement that changes rows, and return those that it returns.

        Args:
            statement: what to do.
            parameters: with what.
            is_repeatable: whether it does once what it is asked twice, so that a lost answer can be asked for again.

        Raises:
            StatementRefused: a constraint forbids it.
            OutcomeUnknown: it was sent, and nobody knows whether it was done.
            Unavailable: it was not done.
        """
        return self._run(statement, parameters, is_write=True, is_repeatable=is_repeatable)

    def write_later(self, statement: Statement, parameters: Mapping[str, Any]) -> None:
        """Send a statement without rows, and do not wait for its outcome; a failure is logged before the next one.

        Raises:
            Unavailable: it could not even be sent.
        """
        with self._lend() as connection:
            try:
                connection.execute_later(statement.sql, statement.values(parameters))
            except InterfaceError as error:
                raise Unavailable("") from error

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Several statements that take effect together; rolled back when the block raises.

        Raises:
            OutcomeUnknown: the connection was lost in the middle.
            Unavailable: the database refused to go on; nothing took effect.
        """
        with self._lend() as connection:
            transaction = Transaction(connection)
            try:
                transaction.execute("BEGIN")
                yield transaction
                transaction.execute("COMMIT")
            except BaseException:
                connection.close()  # the server rolls back
                raise

    def ping(self) -> None:
        """Ask the database for a sign of life, within ``HEALTH_PATIENCE``.

        Raises:
            Unavailable: there was none.
        """
        token = self._patience.set(HEALTH_PATIENCE)
        try:
            self._run_once("SELECT 1", ())
        except (DatabaseError, InterfaceError) as error:
            raise _translate(error, is_write=False) from error
        finally:
            self._patience.reset(token)

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._pool.close()

    def _run(
        self,
        statement: Statement,
        parameters: Mapping[str, Any],
        *,
        is_write: bool,
        is_repeatable: bool,
        plan_anew: bool = False,
    ) -> Rows:
        values = statement.values(parameters)
        last_start = time.monotonic() + REPEAT_SECONDS
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._run_once(statement.sql, values, plan_anew=plan_anew)
            except (DatabaseError, InterfaceError) as error:
                if time.monotonic() > last_start or not _may_repeat(error, attempt, is_repeatable=is_repeatable):
                    raise _translate(error, is_write=is_write) from error
            time.sleep(_random.uniform(0, PAUSE_SECONDS * 2**attempt))

    def _run_once(self, sql: str, values: tuple[Any, ...], *, plan_anew: bool = False) -> Rows:
        with self._lend() as connection:
            started = time.monotonic()
            try:
                # Behind a transaction pooler each statement may meet another server, which has not prepared it.
                is_prepared = not (plan_anew or self._address.pooled)
                answer = (connection.execute_prepared if is_prepared else connection.execute_unnamed)(sql, values)
            except DatabaseError as error:
                if sqlstate(error) == READ_ONLY:
                    connection.close()
                raise
            if self._on_answer is not None:
                self._on_answer((time.monotonic() - started) * 1000)
        return answer.rows or ()

    def _lend(self) -> Loan:
        return self._pool.lend(self._patience.get().answer)

    def _open(self) -> PipelinedConnection:
        try:
            return self._open_with_current_password()
        except (DatabaseError, InterfaceError) as error:
            raise _logged(Unavailable(sqlstate(error)), error) from error

    def _open_with_current_password(self) -> PipelinedConnection:
        try:
            return self._open_once()
        except DatabaseError as error:
            if sqlstate(error) not in REFUSED_LOGINS or not self._find_new_address():
                raise
            return self._open_once()

    def _open_once(self) -> PipelinedConnection:
        limits = {"preamble": LIMITS_STATEMENT} if self._address.pooled else {"startup_params": SERVER_LIMITS}
        return self._connector.open(PipelinedConnection, seconds=self._patience.get().connect, **limits)

    def _find_new_address(self) -> bool:
        """Whether the address has changed: a password does, and the functions that run go on with the old one."""
        if self._renew_address is None or (address := self._renew_address()) == self._address:
            return False
        self._address, self._connector = address, Connector(address)
        logger.info("The database's address has changed")
        return True


class Transaction:
    """What ``Database.transaction`` lends: statements that take effect together.

    Args:
        connection: one that nobody else uses meanwhile.
    """

    def __init__(self, connection: PipelinedConnection) -> None:
        self._connection = connection

    def run(self, statement: Statement, parameters: Mapping[str, Any]) -> Rows:
        """Run a statement, and return its rows.

        Raises:
            OutcomeUnknown: the connection was lost.
            Unavailable: the database failed, and the transaction with it.
        """
        return self.execute(statement.sql, statement.values(parameters))

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> Rows:
        """Like ``run``, for SQL that needs no preparation."""
        try:
            return self._connection.execute_unnamed(sql, values).rows or ()
        except (DatabaseError, InterfaceError) as error:
            raise _translate(error, is_write=True) from error


def _may_repeat(error: DatabaseError | InterfaceError, attempt: int, *, is_repeatable: bool) -> bool:
    """Whether the statement had no effect that a repeat would double, and a repeat may succeed."""
    if sqlstate(error) in REPEATABLE_STATES:
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

    An administrator's shutdown is no such case: the server said so before it had completed the statement.
    """
    fields = server_fields(error)
    code = sqlstate(error)
    return not code or code.startswith("08") or (fields.get("V") != "ERROR" and code != ADMIN_SHUTDOWN)


def _logged(failure: Unavailable, error: DatabaseError | InterfaceError) -> Unavailable:
    """Say in the log what the client is not told: the kind of the first cause, never its text."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    logger.error(
        "The database is not available",
        extra={"sqlstate": failure.args[0], "cause": type(cause).__name__, "failure": type(failure).__name__},
    )
    return failure
