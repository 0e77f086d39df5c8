"""The connections of this process. A Lambda has one; the threads of ``make run`` share a few."""

from __future__ import annotations

import logging
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from chalicelib.directorio.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pg8000_pipeline import PipelinedConnection

#: Seconds to wait for a connection when all are in use.
WAIT_SECONDS = 5

logger = logging.getLogger(__name__)


class Pool:
    """At most ``size`` connections, each used by one thread at a time. Nothing is opened before it is needed."""

    def __init__(self, size: int) -> None:
        # In C, unlike threading's semaphores: every request takes a permit and returns it.
        self._permits: SimpleQueue[None] = SimpleQueue()
        for _ in range(size):
            self._permits.put(None)
        self._idle: list[PipelinedConnection] = []  # its methods are atomic

    def take(self, open_connection: Callable[[], PipelinedConnection]) -> PipelinedConnection:
        """A usable connection, the one used last if there is one. Follow it with `give_back`.

        A dead connection is replaced here, *before* anything is sent; afterwards it would be too late.

        Raises:
            Unavailable: all are in use, and none was given back within ``WAIT_SECONDS``.
        """
        try:
            self._permits.get(timeout=WAIT_SECONDS)
        except Empty:
            logger.error("All connections are in use", extra={"waited_s": WAIT_SECONDS})  # noqa: TRY400 - no traceback
            raise Unavailable("") from None
        try:
            while self._idle:
                connection = self._idle.pop()
                if connection.is_usable():
                    return connection
                connection.close()
            return open_connection()
        except BaseException:
            self._permits.put(None)
            raise

    def give_back(self, connection: PipelinedConnection) -> None:
        """End what `take` began. Within a transaction that failed, close the connection first."""
        if not connection.is_closed:
            self._idle.append(connection)
        self._permits.put(None)

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop().close()
