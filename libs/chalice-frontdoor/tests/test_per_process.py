"""An object of the process: made once, replaceable, and closed when it goes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalice_frontdoor import PerProcess


def test_it_is_made_at_the_first_use_and_once():
    made = []
    held = PerProcess(lambda: made.append(object()) or made[-1])
    assert made == []
    assert held() is held()
    assert len(made) == 1


def test_threads_that_come_at_once_share_one():
    made, all_ready = [], threading.Barrier(8)

    def make():
        made.append(object())
        return made[-1]

    held = PerProcess(make)

    def ask(_):
        all_ready.wait(timeout=10)
        return held()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == set(made)
    assert len(made) == 1


def test_what_cannot_be_made_is_tried_again():
    outcomes = iter([KeyError("X"), 7])

    def make():
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    held = PerProcess(make)
    with pytest.raises(KeyError):
        held()
    assert held() == 7


def test_an_object_that_is_replaced_or_forgotten_is_closed():
    numbers, closed = iter(range(1, 9)), []
    held = PerProcess(lambda: next(numbers), close=closed.append)
    held.forget()
    assert (held(), closed) == (1, [])
    held.replace(10)
    assert (held(), closed) == (10, [1])
    held.forget()
    assert (held(), closed) == (2, [1, 10])
