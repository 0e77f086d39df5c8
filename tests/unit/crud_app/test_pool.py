"""What the threads of `make run` may rely on when they share connections."""

from __future__ import annotations

import threading

import pytest

from chalicelib.directorio import pool as module
from chalicelib.directorio.database import Database
from chalicelib.directorio.errors import Unavailable
from chalicelib.directorio.pool import Pool
from chalicelib.directorio.settings import parse_database_url
from chalicelib.directorio.statement import Statement


class FakeConnection:
    """A connection that breaks when it is told to."""

    is_closed = is_broken = False

    def is_usable(self) -> bool:
        return not (self.is_closed or self.is_broken)

    def close(self) -> None:
        self.is_closed = True


def refuse():
    raise ZeroDivisionError


def test_the_connection_used_last_is_taken_first():
    """The others grow old, and the server may close them."""
    pool = Pool(2)
    first, second = pool.take(FakeConnection), pool.take(FakeConnection)
    pool.give_back(second)
    pool.give_back(first)
    assert [pool.take(refuse), pool.take(refuse)] == [first, second]


@pytest.mark.parametrize("flaw", ["is_broken", "is_closed"])
def test_a_dead_connection_is_replaced_and_closed(flaw):
    pool = Pool(1)
    dead = pool.take(FakeConnection)
    setattr(dead, flaw, True)
    pool.give_back(dead)
    assert pool.take(FakeConnection) is not dead
    assert dead.is_closed


def test_a_connection_that_cannot_be_opened_takes_no_place():
    pool = Pool(1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            pool.take(refuse)
    pool.take(FakeConnection)


def test_no_more_are_opened_than_allowed(monkeypatch, caplog):
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    pool = Pool(1)
    pool.take(FakeConnection)
    with pytest.raises(Unavailable):
        pool.take(FakeConnection)
    assert caplog.messages == ["All connections are in use"]


def test_idle_connections_are_closed():
    pool = Pool(2)
    idle, busy = pool.take(FakeConnection), pool.take(FakeConnection)
    pool.give_back(idle)
    pool.close()
    assert (idle.is_closed, busy.is_closed) == (True, False)


def test_threads_share_a_database(database_url):
    shared = Database(parse_database_url(database_url), pool_size=2)
    seen: list[object] = []
    threads = [
        threading.Thread(target=lambda: seen.extend(shared.read(Statement("SELECT 1", ()), {}))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shared.close()
    assert seen == [[1]] * 8
