"""A pg8000 connection that needs one round trip per statement and is never left half read.

pg8000 waits after Parse, after Describe and after Execute, and sends a Sync each time. Here one flush contains Parse,
Bind, Describe, Execute and **one** Sync ("Pipelining" in
https://www.postgresql.org/docs/current/protocol-flow.html). This also makes autocommit safe behind a transaction
pooler, which may give the server connection, and the unnamed statement on it, to another client after any Sync.

After a statement, either its answer was read up to ReadyForQuery or the connection is closed: the next statement can
never read the rest of this one's answer. What goes wrong on the way to the server is an ``InterfaceError``, whatever
the socket, TLS, SCRAM or a malformed message raised; ``args[0]`` of a ``DatabaseError`` has the fields of the server's
answer. SQLAlchemy knows both.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import select
import time
from typing import TYPE_CHECKING, NamedTuple

from pg8000 import core
from pg8000.converters import make_params
from pg8000.core import NULL_BYTE, SYNC_MSG, H_pack, ci_unpack, i_pack
from pg8000.exceptions import DatabaseError, Error, InterfaceError
from scramp import ScramException

from pg8000_pipeline.opening import open_socket, scram_client, seconds_left

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Hashable, Sequence
    from typing import Any, BinaryIO

logger = logging.getLogger(__name__)

#: AWS NAT gateways and network load balancers drop a flow that was idle for 350 s, and say so only when something is
#: sent. https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
MAX_IDLE_SECONDS = 300
#: Seconds to wait for an answer to `PipelinedConnection.execute_later` when the next statement needs the connection.
OWED_SECONDS = 2
#: Prepared statements per connection; the oldest is closed to make room.
MAX_PREPARED = 256
OPEN_STATES = frozenset({core.IN_TRANSACTION, core.IN_FAILED_TRANSACTION})
#: invalid_sql_statement_name, and "cached plan must not change result type": the statement did not run.
STALE_STATES = frozenset({"26000", "0A000"})
#: Read at a time, if that much has arrived: a page of 50 rows in one go.
READ_BYTES = 16_384
#: A message begins with a code and its length, which counts itself but not the code.
CODE_BYTES, LENGTH_BYTES, HEADER_BYTES = 1, 4, 5
SASL, SASL_FINAL = 10, 12
#: AuthenticationOk, CleartextPassword and MD5Password: without SCRAM before them, nothing is bound.
UNBOUND = frozenset({0, 3, 5})
NOT_BOUND = "the server does not support channel binding, which is required"
SASL_MECHANISMS = slice(4, -2)
NO_TYPES = ALL_TEXT = H_pack(0)  # parameters and columns in the text format
DESCRIBE_PORTAL = core.DESCRIBE + i_pack(6) + core.PORTAL + NULL_BYTE
UNNAMED = b""
#: One message, of its code and its data.
message: Callable[[bytes, bytes], bytes] = core._create_message  # noqa: SLF001


def parse(name: bytes, statement: bytes, oids: Sequence[int | None] = ()) -> bytes:
    """Parse: the server infers the type of a parameter whose oid is missing, None or -1."""
    types = NO_TYPES
    if oids:
        types = H_pack(len(oids)) + b"".join(i_pack(0 if oid in {None, -1} else oid) for oid in oids)
    return message(core.PARSE, name + NULL_BYTE + statement + NULL_BYTE + types)


def close_statement(name: bytes) -> bytes:
    """Close a prepared statement; no error if there is none of this name."""
    return message(core.CLOSE, core.STATEMENT + name + NULL_BYTE)


def bind_start(name: bytes) -> bytes:
    """How the body of a Bind to the unnamed portal begins, whatever the parameters."""
    return b"".join((NULL_BYTE, name, NULL_BYTE, ALL_TEXT))


def run(start: bytes, parameters: Sequence[str | None], encoding: str = "utf8", *, describe: bool = True) -> bytes:
    """Bind, Describe and Execute of the unnamed portal."""
    parts = [start, H_pack(len(parameters))]
    for parameter in parameters:
        if parameter is None:
            parts.append(i_pack(-1))
        else:
            value = parameter.encode(encoding)
            parts += (i_pack(len(value)), value)
    parts.append(ALL_TEXT)
    return b"".join((message(core.BIND, b"".join(parts)), DESCRIBE_PORTAL if describe else b"", core.EXECUTE_MSG))


class Prefix(NamedTuple):
    """Statements without parameters and rows that go ahead of another one in the same flush."""

    flow: bytes  # by the extended protocol
    text: str  # by the simple protocol
    statements: int

    @classmethod
    def of(cls, *statements: str) -> Prefix:
        """Empty statements count as none."""
        given = [statement for statement in statements if statement]
        flow = b"".join(parse(UNNAMED, each.encode()) + run(UNNAMED_BIND, (), describe=False) for each in given)
        return cls(flow, "".join(f"{each};" for each in given), len(given))


UNNAMED_BIND = bind_start(UNNAMED)
NO_PREFIX = Prefix(b"", "", 0)


class Prepared(NamedTuple):
    """A statement that the server has under a name, and how its rows are read."""

    name: bytes
    bind: bytes
    columns: Sequence[dict[str, Any]] | None
    readers: Sequence[Callable[[str], object]]


class Answer(core.Context):  # type: ignore[misc] # pg8000 has no types
    """What has arrived so far."""

    def __init__(
        self, statement: str, *, stream: object = None, prefix: Prefix = NO_PREFIX, prepared: Prepared | None = None
    ) -> None:
        super().__init__(statement, stream, *(() if prepared is None else prepared[2:]))
        #: How many statements of the prefix are still to be answered; they are not the caller's.
        self.prefixed = prefix.statements
        #: Whether the server said that the caller's statement ran to its end.
        self.completed = False
        #: The key, name and Bind of a statement that is prepared by it.
        self.prepares: tuple[Hashable, bytes, bytes] | None = None


class PipelinedConnection(core.CoreConnection):  # type: ignore[misc] # pg8000 has no types
    """A connection whose statements take one round trip each, with parameters $1, $2 and so on.

    Outside a transaction each statement is its own. A connection belongs to one thread at a time, as in pg8000.

    Args:
        user, host, port, unix_sock, sock, source_address, tcp_keepalive: as in pg8000. A given ``sock`` should have
            TCP_NODELAY.
        timeout: seconds to open the connection, all addresses and TLS included, and later for each answer; None waits
            for ever.
        preamble: a statement without parameters and rows that is sent ahead of each statement outside a transaction,
            in the same flush and hence in the same transaction. It sets limits behind a pooler, which refuses start-up
            parameters and forgets ``SET``.
        channel_binding: ``disable``, ``prefer`` or ``require``, as in libpq: the last trusts no server that does not
            prove by SCRAM that it knows the password and has the key of its TLS certificate.
        named: whether `execute` prepares statements under a name; not behind a transaction pooler.
        options: pg8000's others.

    Raises:
        DatabaseError: the server refused the connection.
        InterfaceError: it could not be opened in time, or the server is not the one that it should be.
    """

    auth: Any = None
    _is_bound = False
    _usock: socket.socket | None = None
    _sock: BinaryIO | None = None

    def __init__(  # noqa: PLR0913 - pg8000's names
        self,
        user: str,
        *,
        host: str = "localhost",
        port: int = 5432,
        unix_sock: str | None = None,
        sock: socket.socket | None = None,
        source_address: tuple[str, int] | None = None,
        tcp_keepalive: bool = True,
        timeout: float | None = None,
        preamble: str = "",
        channel_binding: str = "prefer",
        named: bool = False,
        **options: object,
    ) -> None:
        self._binding = channel_binding
        self._owed: list[Answer] = []
        self._prepared: dict[Hashable, Prepared] = {}
        self._prefix = Prefix.of(preamble)
        self._named = named
        self._used_at = time.time()
        self._unread = b""
        #: Seconds to wait for each answer; the connection is closed when it does not come. None waits for ever.
        self.answer_seconds = timeout
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            if sock is None and unix_sock is None:
                sock = open_socket(host, port, deadline, source_address, keepalive=tcp_keepalive)
            if sock is not None:
                sock.settimeout(seconds_left(deadline))
            super().__init__(user, host=host, unix_sock=unix_sock, sock=sock, timeout=timeout, **options)
        except BaseException as error:
            self._abandon()
            if sock is not None:
                sock.close()
            if isinstance(error, OSError):
                raise InterfaceError("network error") from error
            if isinstance(error, ScramException):
                raise InterfaceError("SCRAM authentication failed") from error
            if isinstance(error, Error | TypeError) or not isinstance(error, Exception):
                raise
            raise InterfaceError("the server's greeting cannot be read") from error
        assert self._usock is not None  # with TLS, another one than ``sock``
        self._poll = select.poll()
        self._poll.register(self._usock, select.POLLIN)

    @property
    def is_closed(self) -> bool:
        """Whether either side has closed it, as far as this side has noticed."""
        return self._usock is None

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction block is open, failed or not."""
        return self._transaction_status in OPEN_STATES

    def is_usable(self) -> bool:
        """Whether the server is still there, as far as can be known without a round trip.

        It is not when there is something to read although nothing was asked (the server's reason for closing, say), nor
        after `MAX_IDLE_SECONDS` by the wall clock: a frozen Lambda's monotonic clock stands still.
        """
        try:
            self.settle()
        except InterfaceError:
            return False
        if self._usock is None or not 0 <= time.time() - self._used_at <= MAX_IDLE_SECONDS:
            return False
        return not self._unread and not self._poll.poll(0)

    def execute(
        self, statement: str, vals: Sequence[object] = (), oids: Sequence[int] = (), stream: object = None
    ) -> Answer:
        """Run one statement in one round trip, prepared if the connection is ``named``.

        The server infers the types of parameters that are missing in ``oids``. What ``stream``, which COPY reads from
        or writes to, raises itself is raised unchanged.

        Raises:
            DatabaseError: the server refused it; the fields of its answer are in ``args[0]``. It had no effect. The
                connection stays open unless `is_closed`.
            InterfaceError: the connection was lost and is closed. Whether the statement took effect is unknown.
        """
        if self._named and stream is None:
            return self.execute_prepared(statement, vals, oids)
        self.settle()
        return self._receive(self._send_unnamed(statement, vals, oids, stream))

    #: Under its name in pg8000, whose interfaces call it.
    execute_unnamed = execute

    def execute_prepared(self, statement: str, vals: Sequence[object] = (), oids: Sequence[int] = ()) -> Answer:
        """Like `execute`, for a statement that will be repeated: the server keeps its parse tree, and perhaps
        its plan (https://www.postgresql.org/docs/current/sql-prepare.html#SQL-PREPARE-NOTES).

        After a change of the schema it is prepared again, in a second round trip.
        """
        self.settle()
        key: Hashable = (statement, *oids) if oids else statement
        values = make_params(self.py_types, vals)
        prefix = self._prefix_now()
        try:
            return self._receive(self._send_prepared(key, statement, values, oids, prefix))
        except DatabaseError as error:
            is_stale = sqlstate(error) in STALE_STATES and prefix is not NO_PREFIX
            if not is_stale or self._prepared.pop(key, None) is None:
                raise
        if self.in_transaction:  # which the prefix began, and in which nothing else was done
            self.execute_simple("ROLLBACK")
        return self._receive(self._send_prepared(key, statement, values, oids, prefix))

    def _send_prepared(
        self, key: Hashable, statement: str, values: Sequence[str | None], oids: Sequence[int], prefix: Prefix
    ) -> Answer:
        if prepared := self._prepared.get(key):
            self._send(prefix.flow + run(prepared.bind, values, self._client_encoding, describe=False) + SYNC_MSG)
            return Answer(statement, prefix=prefix, prepared=prepared)
        # One that no other statement has: if an undeclared pooler mixes up two clients, each still runs its own.
        name = hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest().encode()
        bind = bind_start(name)
        flow = [prefix.flow]
        if len(self._prepared) >= MAX_PREPARED:
            flow.append(close_statement(self._prepared.pop(next(iter(self._prepared))).name))
        # The server has it already if its first execution failed. Closing what is not there is no error.
        flow += [close_statement(name), parse(name, statement.encode(self._client_encoding), oids)]
        self._send(b"".join((*flow, run(bind, values, self._client_encoding), SYNC_MSG)))
        answer = Answer(statement, prefix=prefix)
        answer.prepares = key, name, bind
        return answer

    def execute_later(self, statement: str, vals: Sequence[object] = (), *, is_prepared: bool = False) -> None:
        """Send a statement without rows, and read its answer before the next one; a refusal is logged and dropped.

        One that ``is_prepared`` is sent as by `execute_prepared`, and prepared again after a refusal.
        """
        self.settle()
        if is_prepared:
            values = make_params(self.py_types, vals)
            answer = self._send_prepared(statement, statement, values, (), self._prefix_now())
        else:
            answer = self._send_unnamed(statement, vals)
        self._owed.append(answer)

    def settle(self) -> None:
        """Read the answers that are owed since `execute_later`.

        Raises:
            InterfaceError: the connection was lost meanwhile and is closed.
        """
        if self._owed and self._usock is not None:
            self._usock.settimeout(OWED_SECONDS)
        while self._owed:
            answer = self._owed.pop(0)
            try:
                self._receive(answer)
            except DatabaseError as error:
                self._prepared.pop(answer.statement, None)
                logger.warning("A statement sent by execute_later failed", extra={"sqlstate": sqlstate(error)})

    def execute_simple(self, statement: str) -> Answer:
        """Run statements without parameters by the simple protocol, in one round trip; see `execute`."""
        self.settle()
        prefix = self._prefix_now()
        self._send(message(core.QUERY, (prefix.text + statement).encode(self._client_encoding) + NULL_BYTE))
        return self._receive(Answer(statement, prefix=prefix))

    def close(self) -> None:
        """Say goodbye without waiting. Closing twice is allowed."""
        if self._usock is not None:
            with contextlib.suppress(OSError):
                self._usock.settimeout(0)
                self._usock.sendall(core.TERMINATE_MSG)
        self._abandon()

    def _prefix_now(self) -> Prefix:
        """What goes ahead of the next statement: `NO_PREFIX` itself means that a transaction is open."""
        return NO_PREFIX if self._transaction_status in OPEN_STATES else self._prefix

    def _send_unnamed(
        self, statement: str, vals: Sequence[object], oids: Sequence[int] = (), stream: object = None
    ) -> Answer:
        prefix = self._prefix_now()
        flow = run(UNNAMED_BIND, make_params(self.py_types, vals), self._client_encoding)
        self._send(prefix.flow + parse(UNNAMED, statement.encode(self._client_encoding), oids) + flow + SYNC_MSG)
        return Answer(statement, stream=stream, prefix=prefix)

    def _send(self, data: bytes) -> None:
        """Send all of it or close the connection: part of a message would spoil the next one."""
        if self._usock is None:
            raise InterfaceError("connection is closed")
        try:
            if self._usock.gettimeout() != self.answer_seconds:
                self._usock.settimeout(self.answer_seconds)  # a system call
            self._usock.sendall(data)
            # Not when an answer is read: a thawed Lambda may find an old one waiting.
            self._used_at = time.time()
        except OSError as error:
            self._abandon()
            raise InterfaceError("network error") from error

    def _receive(self, answer: Answer) -> Answer:
        """Read one answer up to ReadyForQuery, or close the connection.

        When the server ends the connection before the statement was complete, its reason is raised: the statement had
        no effect. When the statement was complete, it may or may not have been committed: the connection was lost.
        """
        try:
            self.handle_messages(answer)
        except BaseException as error:
            if error is answer.error:
                raise
            self._abandon()
            if answer.error is not None and not answer.completed:
                answer.error.args += ("the connection is closed",)  # by which SQLAlchemy knows that it is lost
                raise answer.error from error
            is_callers = answer.stream is not None or not isinstance(error, Exception)
            if is_callers or isinstance(error, InterfaceError):
                raise
            raise InterfaceError("the answer cannot be read; the connection is closed") from error
        if answer.prepares is not None:
            key, name, bind = answer.prepares
            self._prepared[key] = Prepared(name, bind, answer.columns, answer.input_funcs)
        return answer

    def handle_messages(self, context: Answer) -> None:
        """Read up to ReadyForQuery, as many messages at a time as have arrived; pg8000 reads twice for each."""
        handlers, code = self.message_types, b""
        data, start = self._unread, 0
        while code != core.READY_FOR_QUERY:
            if len(data) < start + HEADER_BYTES:
                data, start = self._read_on(data[start:], HEADER_BYTES), 0
            code, length = ci_unpack(data, start)
            if not LENGTH_BYTES <= length < len(data) - start:
                if length < LENGTH_BYTES:
                    raise InterfaceError("network error")  # the peer does not speak the protocol
                data, start = self._read_on(data[start:], CODE_BYTES + length), 0
            end = start + CODE_BYTES + length
            handlers[code](data[start + HEADER_BYTES : end], context)
            start = end
        self._unread = data[start:]
        if context.error is not None:
            raise context.error

    def _read_on(self, data: bytes, size: int) -> bytes:
        """``data`` and what comes after it, at least ``size`` bytes."""
        assert self._usock is not None
        parts = [data]
        size -= len(data)
        while size > 0:
            try:
                part = self._usock.recv(max(size, READ_BYTES))
            except OSError as error:
                raise InterfaceError("network error") from error
            if not part:
                raise InterfaceError("network error")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def handle_ROW_DESCRIPTION(self, data: bytes, context: Answer) -> None:  # noqa: N802 - pg8000's name
        """Skip the prefix's, which has no rows."""
        if not context.prefixed:
            super().handle_ROW_DESCRIPTION(data, context)

    def handle_COMMAND_COMPLETE(self, data: bytes, context: Answer) -> None:  # noqa: N802 - pg8000's name
        """Note that the caller's statement ran to its end; only its commit remains."""
        if context.prefixed:
            context.prefixed -= 1
            return
        super().handle_COMMAND_COMPLETE(data, context)
        context.completed = True

    def handle_AUTHENTICATION_REQUEST(self, data: bytes, context: core.Context) -> None:  # noqa: N802 - pg8000's name
        """Begin SCRAM with the password that libpq would use; leave the rest to pg8000."""
        code = core.i_unpack(data)[0]
        if code in UNBOUND and self._binding == "require" and not self._is_bound:
            raise InterfaceError(NOT_BOUND)
        if code != SASL:
            super().handle_AUTHENTICATION_REQUEST(data, context)
            self._is_bound = code == SASL_FINAL and self.auth.mechanism_name.endswith("-PLUS")
            return
        if self.password is None:
            raise InterfaceError("the server requests a password, but none was given")
        may_bind = self._binding != "disable" and hasattr(self._usock, "getpeercert")
        binding = ("tls-server-end-point", self._usock) if may_bind else None
        mechanisms = [name.decode("ascii") for name in data[SASL_MECHANISMS].split(NULL_BYTE)]
        self.auth = scram_client(mechanisms, self.password, binding)
        if self._binding == "require" and not self.auth.mechanism_name.endswith("-PLUS"):
            raise InterfaceError(NOT_BOUND)
        first = self.auth.get_client_first().encode()
        self._send_message(core.PASSWORD, self.auth.mechanism_name.encode() + NULL_BYTE + i_pack(len(first)) + first)
        assert self._sock is not None
        self._sock.flush()

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


def server_fields(error: BaseException | None) -> dict[str, str]:
    """The fields of the server's ErrorResponse by their letters, or none if the server did not answer.

    https://www.postgresql.org/docs/current/protocol-error-fields.html
    """
    fields = error.args[0] if error is not None and error.args else None
    return fields if isinstance(fields, dict) else {}


def sqlstate(error: BaseException | None) -> str:
    """The server's five-character code, or "" if the server did not answer."""
    return server_fields(error).get("C", "")
