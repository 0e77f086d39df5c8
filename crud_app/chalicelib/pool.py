"""The connections of this process. Each is opened when it is first needed, and lent to one thread at a time."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chalicelib.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalicelib.pipeline import PipelinedConnection

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
        self._free = threading.BoundedSemaphore(size)
        self._idle: list[PipelinedConnection] = []  # its methods are atomic

    @contextmanager
    def lend(self) -> Iterator[PipelinedConnection]:
        """A connection for the length of a ``with`` block, the one that was used last if it is usable.

        It is exchanged for a new one *before* something is sent if it is dead: afterwards it would be too late.
        A block that fails within a transaction must close it.

        Raises:
            Unavailable: all are in use, and nobody gave one back within ``WAIT_SECONDS``.
        """
        if not self._free.acquire(timeout=WAIT_SECONDS):
            logger.error("All connections are in use", extra={"waited_s": WAIT_SECONDS})
            raise Unavailable("")
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                if not connection.is_closed:
                    self._idle.append(connection)
        finally:
            self._free.release()

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> PipelinedConnection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable():
                return connection
            connection.close()
        return self._open()
