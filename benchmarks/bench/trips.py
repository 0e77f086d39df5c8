"""How many answers of the database a request gets: counted in a TCP port before it.

An answer counts when it follows something that was asked. Of the first request of a new process, opening the connection
does not count: one answer (the server trusts this machine), and one for a driver that asks for TLS. Ours creates the
row with its event, and here it publishes nothing, so that no mark follows the answer.
`tests/unit/crud_app/test_round_trips.py` counts the protocol's own messages.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target
from benchmarks.bench.subject import Process
from benchmarks.bench.warm import ANSWERS, events_of, remove_created
from benchmarks.bench.workshop import CHALICE_ORM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench.workshop import Workshop

CALLS = 5


class Counter:
    """Passes connections on to the Unix socket ``target``, and counts answers."""

    def __init__(self, target: str) -> None:
        self.port = 0
        self.answers = 0
        self.ready, self.over = threading.Event(), threading.Event()
        self._target = target

    async def serve(self) -> None:
        async with await asyncio.start_server(self._accept, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
            await asyncio.to_thread(self.over.wait)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, server = await asyncio.open_unix_connection(self._target)
        is_asked = asyncio.Event()

        async def carry_requests() -> None:
            while data := await reader.read(65_536):
                is_asked.set()
                server.write(data)
            server.close()

        async def carry_answers() -> None:
            while data := await answers.read(65_536):
                self.answers += is_asked.is_set()
                is_asked.clear()
                writer.write(data)

        with suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(carry_requests(), carry_answers())
        writer.close()


@contextmanager
def counting(target: str) -> Iterator[Counter]:
    """A port before a Unix socket for the length of a ``with`` block."""
    counter = Counter(target)
    thread = threading.Thread(target=lambda: asyncio.run(counter.serve()))
    thread.start()
    counter.ready.wait()
    try:
        yield counter
    finally:
        counter.over.set()
        thread.join()


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    del is_quick  # a count says as much as many
    row_id = workshop.sql("SELECT min(id) FROM empleados")
    kinds = ("first", *ANSWERS)
    table = Table(
        "Answers of the database", "count", [Target(kind, ("crud_app", kind), most=1, is_exact=True) for kind in kinds]
    )
    with counting(workshop.socket) as counter:
        environment = {"DATABASE_URL": f"{workshop.address('libpq', counter.port)}", "TOPIC": "down"}
        ours = workshop.ours("crud_app", environment, "unpublished.handler")
        for subject in (ours, *workshop.database_peers(counter.port)):
            with Process(subject) as process:
                before = counter.answers + (2 if subject.name == CHALICE_ORM else 1)
                process.call(events_of("get", subject, 1, row_id)).require(subject, 200)
                table.add(subject.name, "first", counter.answers - before)
                for operation, answer in ANSWERS.items():
                    before = counter.answers
                    process.call(events_of(operation, subject, CALLS, row_id), CALLS).require(subject, *answer)
                    table.add(subject.name, operation, (counter.answers - before) / CALLS)
            remove_created(workshop)
    return [table]
