"""The pace at which threads begin mails."""

from __future__ import annotations

import math
import threading

from chalicelib.correos.rate_limit import Pace


class Time:
    """Passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def pace(rate: float, time: Time) -> Pace:
    return Pace(rate, monotonic=lambda: time.now, sleep=time.sleep)


def test_the_first_turn_is_at_once():
    time = Time()
    assert pace(2, time).wait(math.inf)
    assert time.slept == []


def test_turns_are_evenly_spaced():
    time = Time()
    shared = pace(2, time)
    assert [shared.wait(math.inf) for _ in range(5)] == [True] * 5
    assert time.slept == [0.5] * 4


def test_a_pause_saves_no_turns_up():
    time = Time()
    shared = pace(2, time)
    shared.wait(math.inf)
    time.now += 60
    shared.wait(math.inf)
    shared.wait(math.inf)
    assert time.slept == [0.5]


def test_a_turn_after_the_deadline_is_not_taken():
    time = Time()
    shared = pace(1, time)
    shared.wait(math.inf)
    assert not shared.wait(time.now + 0.9)
    assert shared.wait(time.now + 1.0)
    assert time.slept == [1.0]


def test_threads_get_a_turn_each():
    now, slept, lock = 0.0, [], threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            slept.append(seconds)

    shared = Pace(10, monotonic=lambda: now, sleep=sleep)
    threads = [threading.Thread(target=shared.wait, args=(math.inf,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [round(seconds, 6) for seconds in sorted(slept)] == [round(number / 10, 6) for number in range(1, 20)]
