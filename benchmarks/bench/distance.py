"""A database that is some milliseconds away: a TCP port in front of a Unix socket that delays every answer."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 65_536


class Distance:
    """The port, and how far the database is behind it.

    Args:
        target: the path of its Unix socket.

    Attributes:
        port: on the loopback interface.
        seconds: by how much each answer is delayed from now on.
        trips: how many answers have begun since it was last set to 0.
    """

    def __init__(self, target: str) -> None:
        self.port = 0
        self.seconds = 0.0
        self.trips = 0
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._over = asyncio.Event()

    def run(self) -> None:
        """Serve until ``stop``."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def wait(self) -> None:
        """Wait until the port is open."""
        self._ready.wait()

    def stop(self) -> None:
        """End ``run``; from another thread."""
        self._loop.call_soon_threadsafe(self._over.set)

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, server = await asyncio.open_unix_connection(self._target)
        link = _Link(self, writer, server)
        # When it is over: asyncio of Python 3.11 would report a connection that was cancelled as a crash.
        with suppress(asyncio.CancelledError):
            await asyncio.gather(link.carry_requests(reader), link.carry_answers(answers))
        writer.close()
        server.close()


class _Link:
    """One connection."""

    def __init__(self, distance: Distance, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._distance = distance
        self._client = client
        self._server = server
        self._is_asked = False

    async def carry_requests(self, reader: asyncio.StreamReader) -> None:
        """From the client to the server, at once."""
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                self._is_asked = True
                self._server.write(data)
        self._server.close()

    async def carry_answers(self, reader: asyncio.StreamReader) -> None:
        """From the server to the client, late. Equal delays keep the order, and parts are as late as one whole."""
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                self._distance.trips += self._is_asked
                self._is_asked = False
                loop.call_later(self._distance.seconds, self._client.write, data)
        await asyncio.sleep(self._distance.seconds)


@contextmanager
def far_database(socket: str) -> Iterator[Distance]:
    """A way to the Unix socket for the length of a ``with`` block."""
    distance = Distance(socket)
    thread = threading.Thread(target=distance.run)
    thread.start()
    distance.wait()
    try:
        yield distance
    finally:
        distance.stop()
        thread.join()
