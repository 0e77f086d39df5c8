"""What threads that share connections may rely on: `chalice local` serves requests by threads."""

from __future__ import annotations

import threading

import pytest

from chalicelib.directorio import pool
from chalicelib.directorio.database import Database
from chalicelib.directorio.errors import Unavailable
from chalicelib.directorio.pool import Pool
from chalicelib.directorio.settings import parse_database_url
from chalicelib.directorio.statement import Statement


class FakeConnection:
    """A connection that breaks when it is told to."""

    def __init__(self) -> None:
        self.is_closed = False
        self.is_broken = False

    def is_usable(self) -> bool:
        return not (self.is_closed or self.is_broken)

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def opened():
    return []


@pytest.fixture
def make_pool(opened):
    def open_connection():
        opened.append(FakeConnection())
        return opened[-1]

    return lambda size: Pool(size, open_connection)


def test_opens_nothing_before_it_is_asked(make_pool, opened):
    make_pool(1)
    assert opened == []


def test_lends_the_same_connection_again(make_pool, opened):
    pool = make_pool(2)
    for _ in range(3):
        with pool.lend():
            pass
    assert len(opened) == 1


def test_lends_the_one_that_was_used_last(make_pool):
    """Those that are not needed grow old, and the server may close them."""
    pool = make_pool(2)
    with pool.lend(), pool.lend() as inner:
        pass
    with pool.lend() as first:
        assert first is not inner, "the outer one came back last"


@pytest.mark.parametrize("flaw", ["is_broken", "is_closed"])
def test_exchanges_a_connection_that_is_of_no_use(make_pool, opened, flaw):
    pool = make_pool(1)
    with pool.lend() as dead:
        setattr(dead, flaw, True)
    with pool.lend() as alive:
        assert alive is not dead
    assert dead.is_closed or flaw == "is_closed"
    assert len(opened) == 2


def test_a_failure_gives_the_connection_back(make_pool, opened):
    pool = make_pool(1)

    def fail():
        with pool.lend():
            raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            fail()
    assert len(opened) == 1


def test_a_connection_that_cannot_be_opened_takes_no_place():
    def refuse():
        raise ZeroDivisionError

    pool = Pool(1, refuse)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), pool.lend():
            pass


def test_who_waits_too_long_is_told(make_pool, monkeypatch):
    monkeypatch.setattr(pool, "WAIT_SECONDS", 0.05)
    crowded = make_pool(1)
    with crowded.lend(), pytest.raises(Unavailable), crowded.lend():
        pass


def test_closes_what_nobody_uses(make_pool, opened):
    pool = make_pool(2)
    with pool.lend(), pool.lend():
        pass
    pool.close()
    assert [each.is_closed for each in opened] == [True, True]


def test_threads_share_it(database_url):
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
