"""A pg8000 connection that needs one round trip a statement, and that is never left half read.

Stock pg8000 executes a statement with parameters in three round trips: it waits after Parse, after Describe and after
Execute, with a Sync behind each. Here one flush holds Parse, Bind, Describe, Execute and **one** Sync for the unnamed
statement (PostgreSQL's documentation, "Extended Query", "Pipelining"). That is also what makes it safe in autocommit
behind a transaction pooler: a pooler may give the server connection to somebody else after each Sync, and between two
of stock pg8000's the unnamed statement may become another client's.

What is sent again and again over a connection of one's own need not be parsed and planned each time
(`PipelinedConnection.execute_prepared`): the first time is as above, with a name; later Parse and Describe are
left out.

Three more promises, each of which stock pg8000 breaks:

- After a statement the answer was read up to ReadyForQuery, or the connection is closed. There is no third state in
  which the next statement would read the rest of this one's answer.
- Whatever the socket raises (a reset, a time-out, an end of file) is ``InterfaceError("network error")``.
- A connection that was closed from the other side meanwhile says so, without a round trip, *before* a statement is
  sent (`is_usable`). After that nobody could know whether the statement ran.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import select
import time
from typing import TYPE_CHECKING, NamedTuple

from pg8000.converters import make_params
from pg8000.core import (
    BIND,
    CLOSE,
    DESCRIBE,
    EXECUTE_MSG,
    IDLE,
    NULL_BYTE,
    PARSE,
    PORTAL,
    QUERY,
    READY_FOR_QUERY,
    STATEMENT,
    SYNC_MSG,
    TERMINATE_MSG,
    Context,
    CoreConnection,
    H_pack,
    ci_unpack,
    i_pack,
)
from pg8000.exceptions import DatabaseError, InterfaceError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from typing import Any, BinaryIO

logger = logging.getLogger(__name__)

#: AWS's NAT gateways and network load balancers forget a flow that was idle for 350 s, and say so only after
#: something was sent. https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
MAX_IDLE_SECONDS = 300

#: invalid_sql_statement_name, and "cached plan must not change result type": what was prepared is of no use any more.
#: The statement was not begun.
STALE_STATES = frozenset({"26000", "0A000"})

#: Seconds for an answer that is owed when the next statement wants the connection: it should have come long ago.
OWED_SECONDS = 2

#: A message begins with its code and its length, which counts itself but not the code.
CODE_BYTES, LENGTH_BYTES, HEADER_BYTES = 1, 4, 5
#: So much is read at a time, if as much has come: a page of 50 rows in one go.
READ_BYTES = 16_384

NO_TYPES = H_pack(0)  # the server infers each parameter's type
ALL_TEXT = H_pack(0)  # parameters and columns in the text format
DESCRIBE_PORTAL = DESCRIBE + i_pack(6) + PORTAL + NULL_BYTE


class Prepared(NamedTuple):
    """A statement that the server has under a name, and how its rows are read."""

    bind: bytes  # how its Bind begins
    columns: Sequence[dict[str, Any]] | None
    readers: Sequence[Callable[[str], object]]


class Answer(Context):  # type: ignore[misc] # pg8000 has no types
    """What came back so far. ``preambles`` of its statements are not the caller's; ``completed`` says that his ran."""

    def __init__(
        self, statement: str, *, stream: object = None, preambles: int = 0, prepared: Prepared | None = None
    ) -> None:
        if prepared is None:
            super().__init__(statement, stream=stream)
        else:
            super().__init__(statement, columns=prepared.columns, input_funcs=prepared.readers)
        self.preambles = preambles
        self.completed = False


class PipelinedConnection(CoreConnection):  # type: ignore[misc] # pg8000 has no types
    """See the module. Each statement is a transaction, unless one that began goes on; parameters are $1, $2 and so on.

    Args:
        arguments: those of pg8000's connections.
        preamble: a statement that returns no row and needs no parameter; it is sent in the same flush before each
            other statement, and so runs in the same transaction. It is the way to set limits behind a pooler, which
            refuses start-up parameters and forgets ``SET``.
        options: those of pg8000's connections.

    A connection belongs to one thread at a time, as in pg8000.
    """

    _usock: socket.socket | None
    _sock: BinaryIO | None

    def __init__(self, *arguments: object, preamble: str = "", **options: object) -> None:
        self._owed: list[Answer] = []
        self._prepared: dict[str, Prepared] = {}
        self._used_at = time.time()
        self._unread = b""
        #: How long to wait for each answer; the connection is closed when it does not come. None waits for ever.
        self.answer_seconds: float | None = None
        super().__init__(*arguments, **options)
        assert self._usock is not None
        self._poll = select.poll()
        self._poll.register(self._usock, select.POLLIN)
        self._preamble = _flow(preamble, (), describe=False) if preamble else b""

    @property
    def is_closed(self) -> bool:
        """Whether either side has closed it, as far as this side has seen."""
        return self._usock is None

    def is_usable(self) -> bool:
        """Whether a statement that is sent now has a server at the other end, as far as can be known without asking.

        It is not when there is something to read though nothing was asked: an end of file, a reset, or the server's
        last words. Nor when it was idle for so long that a gateway on the way may have forgotten it. The clock is the
        wall clock: a frozen Lambda's monotonic clock stands still.
        """
        try:
            self.settle()
        except InterfaceError:
            return False
        if self._usock is None or not 0 <= time.time() - self._used_at <= MAX_IDLE_SECONDS:
            return False
        return not self._unread and not self._poll.poll(0)

    def execute_unnamed(
        self, statement: str, vals: Sequence[object] = (), oids: Sequence[int] = (), stream: object = None
    ) -> Answer:
        """Run one statement in one round trip.

        Raises:
            DatabaseError: the server refused it; the fields of its answer are in ``args[0]``. It has had no effect.
                The connection goes on, unless it `is_closed`.
            InterfaceError: the connection was lost, and is closed. Whether the statement took effect is not known.
        """
        del oids  # the statement casts its parameters where their types matter
        self.settle()
        return self._receive(self._send_statement(statement, vals, stream=stream))

    def execute_prepared(self, statement: str, vals: Sequence[object] = ()) -> Answer:
        """Like ``execute_unnamed``, for a statement that will come again on this connection.

        The server keeps its parse tree, and its plan once a plan for any values seems as good as one for these
        (https://www.postgresql.org/docs/current/sql-prepare.html#SQL-PREPARE-NOTES). It keeps them until the connection
        ends: the caller bounds their number. When the schema has changed, it is prepared anew, in a second trip.

        Not for a connection through a transaction pooler, where the next statement may meet another server process.
        """
        self.settle()
        try:
            return self._run_prepared(statement, vals)
        except DatabaseError as error:
            is_stale = sqlstate(error) in STALE_STATES and self._transaction_status == IDLE
            if not is_stale or self._prepared.pop(statement, None) is None:
                raise
        return self._run_prepared(statement, vals)

    def _run_prepared(self, statement: str, vals: Sequence[object]) -> Answer:
        values = make_params(self.py_types, vals)
        if prepared := self._prepared.get(statement):
            self._send(_run_of(prepared.bind, values, describe=False) + SYNC_MSG)
            return self._receive(Answer(statement, prepared=prepared))
        name = _name_of(statement)
        bind = _bind(name)
        # The server may have it from a first time that failed. To close what is not there is no error.
        self._send(_close(name) + _parse(name, statement) + _run_of(bind, values) + SYNC_MSG)
        answer = self._receive(Answer(statement))
        self._prepared[statement] = Prepared(bind, answer.columns, answer.input_funcs)
        return answer

    def execute_later(self, statement: str, vals: Sequence[object] = ()) -> None:
        """Send a statement without rows whose outcome nobody waits for: its answer is read before the next is sent.

        A refusal is logged and forgotten. Only for statements that may as well not have run.
        """
        self.settle()
        self._owed.append(self._send_statement(statement, vals))

    def settle(self) -> None:
        """Read the answers that are owed since ``execute_later``.

        Raises:
            InterfaceError: the connection was lost meanwhile, and is closed. Nothing that follows was sent.
        """
        if self._owed and self._usock is not None:
            self._usock.settimeout(OWED_SECONDS)
        while self._owed:
            try:
                self._receive(self._owed.pop(0))
            except DatabaseError as error:
                logger.warning("A statement that nobody waited for failed", extra={"sqlstate": sqlstate(error)})

    def execute_simple(self, statement: str) -> Answer:
        """Run statements without parameters by the simple protocol, in one round trip; see ``execute_unnamed``."""
        self.settle()
        self._send(_message(QUERY, statement.encode() + NULL_BYTE))
        return self._receive(Answer(statement))

    def _send_statement(self, statement: str, vals: Sequence[object], *, stream: object = None) -> Answer:
        self._send(self._preamble + _flow(statement, make_params(self.py_types, vals)) + SYNC_MSG)
        return Answer(statement, stream=stream, preambles=1 if self._preamble else 0)

    def _receive(self, answer: Answer) -> Answer:
        """Read one answer up to ReadyForQuery, or close the connection: there is nothing in between.

        When the server takes its leave (a fatal error, then an end of file) before it had completed the statement, the
        reason that it gave is raised: the statement has had no effect. When it had completed the statement, that may
        or may not have been committed, and the connection counts as lost.
        """
        try:
            self.handle_messages(answer)
        except BaseException as error:
            if error is answer.error:
                raise
            self._abandon()
            if answer.error is not None and not answer.completed:
                raise answer.error from error
            if isinstance(error, OSError | InterfaceError):
                raise InterfaceError("network error") from error
            raise
        return answer

    def handle_messages(self, context: Answer) -> None:
        """Read up to ReadyForQuery, as many messages at once as have come; pg8000's own asks twice for each.

        Raises:
            DatabaseError: the server refused the statement.
            InterfaceError: the connection ended before.
            OSError: the socket's.
        """
        handlers, code = self.message_types, b""
        data, start = self._unread, 0
        while code != READY_FOR_QUERY:
            if len(data) < start + HEADER_BYTES:
                data, start = self._read_on(data[start:], HEADER_BYTES), 0
            code, length = ci_unpack(data, start)
            if not LENGTH_BYTES <= length < len(data) - start:
                if length < LENGTH_BYTES:
                    raise InterfaceError("network error")  # whoever that is does not speak the protocol
                data, start = self._read_on(data[start:], CODE_BYTES + length), 0
            end = start + CODE_BYTES + length
            handlers[code](data[start + HEADER_BYTES : end], context)
            start = end
        self._unread = data[start:]
        if context.error is not None:
            raise context.error

    def _read_on(self, data: bytes, size: int) -> bytes:
        """``data`` and what comes after it, ``size`` bytes at least."""
        assert self._usock is not None
        parts = [data]
        size -= len(data)
        while size > 0:
            part = self._usock.recv(max(size, READ_BYTES))
            if not part:
                raise InterfaceError("network error")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def handle_COMMAND_COMPLETE(self, data: bytes, context: Answer) -> None:  # noqa: N802 - pg8000's name
        """Note that the caller's statement ran to its end; what remains is its commit."""
        if context.preambles:
            context.preambles -= 1
            return
        super().handle_COMMAND_COMPLETE(data, context)
        context.completed = True

    def close(self) -> None:
        """Take leave of the server, without waiting. A connection that is already closed stays so."""
        if self._usock is not None:
            with contextlib.suppress(OSError):
                self._usock.settimeout(0)
                self._usock.sendall(TERMINATE_MSG)
        self._abandon()

    def _send(self, data: bytes) -> None:
        """Hand over everything at once, or close the connection: a part of a message would spoil the next one."""
        if self._usock is None:
            raise InterfaceError("connection is closed")
        try:
            if self._usock.gettimeout() != self.answer_seconds:
                self._usock.settimeout(self.answer_seconds)  # a system call
            self._usock.sendall(data)
            self._used_at = time.time()  # not when an answer is read: a thawed Lambda may find an old one waiting
        except OSError as error:
            self._abandon()
            raise InterfaceError("network error") from error

    def _abandon(self) -> None:
        """Close without a word, and drop what was buffered."""
        stream, self._sock = self._sock, None
        connection, self._usock = self._usock, None
        self._owed.clear()
        self._unread = b""
        for part in (stream, connection):
            if part is not None:
                with contextlib.suppress(OSError, ValueError):
                    part.close()


def _flow(statement: str, parameters: Sequence[str | None], *, describe: bool = True) -> bytes:
    """Parse, Bind, Describe and Execute of the unnamed statement and portal, without the Sync."""
    return _parse(b"", statement) + _run_of(_bind(b""), parameters, describe=describe)


def _parse(name: bytes, statement: str) -> bytes:
    return _message(PARSE, name + NULL_BYTE + statement.encode() + NULL_BYTE + NO_TYPES)


def _close(name: bytes) -> bytes:
    return _message(CLOSE, STATEMENT + name + NULL_BYTE)


def _run_of(bind: bytes, parameters: Sequence[str | None], *, describe: bool = True) -> bytes:
    bound = _message(BIND, bind + _bound(parameters))
    return b"".join((bound, DESCRIBE_PORTAL if describe else b"", EXECUTE_MSG))


def _name_of(statement: str) -> bytes:
    """A name that no other statement has: should an undeclared pooler mix up two clients, each runs its own."""
    return hashlib.blake2b(statement.encode(), digest_size=16).hexdigest().encode()


def _bind(name: bytes) -> bytes:
    """How a Bind to the unnamed portal begins, whatever the parameters."""
    return b"".join((NULL_BYTE, name, NULL_BYTE, ALL_TEXT))


def _bound(parameters: Sequence[str | None]) -> bytes:
    """The parameters in a Bind, and what follows them."""
    parts = [H_pack(len(parameters))]
    for parameter in parameters:
        if parameter is None:
            parts.append(i_pack(-1))
        else:
            value = parameter.encode()
            parts += (i_pack(len(value)), value)
    parts.append(ALL_TEXT)
    return b"".join(parts)


def _message(code: bytes, data: bytes) -> bytes:
    message: bytes = code + i_pack(len(data) + LENGTH_BYTES) + data
    return message


def server_fields(error: BaseException | None) -> dict[str, str]:
    """The fields of the server's ErrorResponse in a pg8000 error by their letters; none if the server did not speak.

    https://www.postgresql.org/docs/current/protocol-error-fields.html
    """
    fields = error.args[0] if error is not None and error.args else None
    return fields if isinstance(fields, dict) else {}


def sqlstate(error: BaseException | None) -> str:
    """The server's five-character code in a pg8000 error, or "" when the server did not speak."""
    return server_fields(error).get("C", "")
