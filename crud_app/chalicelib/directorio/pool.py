"""The connections of this process. Each is opened when it is first needed, and lent to one thread at a time."""

from __future__ import annotations

import logging
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from chalicelib.directorio.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from chalicelib.directorio.pipeline import PipelinedConnection

#: Seconds to wait for a connection, where more than one thread wants one (``chalice local``).
WAIT_SECONDS = 5

logger = logging.getLogger(__name__)


class Pool:
    """At most ``size`` connections.

    Args:
        size: how many may be in use at a time.
        open_connection: opens one.
    """

    def __init__(self, size: int, open_connection: Callable[[], PipelinedConnection]) -> None:
        self._open = open_connection
        # In C, unlike threading's semaphores: each request takes a permit and gives it back.
        self._permits: SimpleQueue[None] = SimpleQueue()
        for _ in range(size):
            self._permits.put(None)
        self._idle: list[PipelinedConnection] = []  # its methods are atomic

    def lend(self, answer_seconds: float | None = None) -> Loan:
        """A connection for the length of a ``with`` block, the one that was used last if it is usable.

        It is exchanged for a new one *before* something is sent if it is dead: afterwards it would be too late.
        A block that fails within a transaction must close it.

        Args:
            answer_seconds: how long it waits for each answer; None waits for ever.

        Raises:
            Unavailable: all are in use, and nobody gave one back within ``WAIT_SECONDS``.
        """
        return Loan(self, answer_seconds)

    def take(self) -> PipelinedConnection:
        """What ``lend`` lends."""
        try:
            self._permits.get(timeout=WAIT_SECONDS)
        except Empty:
            logger.error("All connections are in use", extra={"waited_s": WAIT_SECONDS})  # noqa: TRY400 - says it all
            raise Unavailable("") from None
        try:
            return self._find_usable()
        except BaseException:
            self._permits.put(None)
            raise

    def give_back(self, connection: PipelinedConnection) -> None:
        """End a loan."""
        if not connection.is_closed:
            self._idle.append(connection)
        self._permits.put(None)

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop().close()

    def _find_usable(self) -> PipelinedConnection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable():
                return connection
            connection.close()
        return self._open()


class Loan:
    """``Pool.lend``'s block. A generator would do the same in four times the time."""

    __slots__ = ("_answer_seconds", "_connection", "_pool")

    def __init__(self, pool: Pool, answer_seconds: float | None) -> None:
        self._pool = pool
        self._answer_seconds = answer_seconds

    def __enter__(self) -> PipelinedConnection:
        self._connection = self._pool.take()
        self._connection.answer_seconds = self._answer_seconds
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.give_back(self._connection)
