"""What a memory size makes of a call."""

from __future__ import annotations

import pytest

from benchmarks.bench.memory_size import ONE_PROCESSOR, SIZES, Effort, Need

WAITS = Effort(processor=0.01, waiting=200)
COMPUTES = Effort(processor=100, waiting=0)


def test_waiting_takes_as_long_with_any_memory() -> None:
    assert WAITS.milliseconds(128) == pytest.approx(WAITS.milliseconds(ONE_PROCESSOR), rel=0.01)


def test_half_a_processor_takes_twice_as_long() -> None:
    assert COMPUTES.milliseconds(ONE_PROCESSOR) == 100
    assert COMPUTES.milliseconds(ONE_PROCESSOR // 2) == pytest.approx(200, rel=0.01)


def test_more_than_one_processor_makes_nothing_faster() -> None:
    assert COMPUTES.milliseconds(2 * ONE_PROCESSOR) == 100


def test_who_waits_is_cheapest_with_little_memory() -> None:
    assert Need(50, WAITS, WAITS).cheapest() == min(SIZES)


def test_what_does_not_fit_is_not_advised() -> None:
    assert Need(120, WAITS, WAITS).cheapest() == 256
    assert not Need(120, WAITS, WAITS).fits(128)


def test_the_price_is_that_of_awss_page() -> None:
    """A million calls of 100 ms at 1 GB: 100,000 GB-seconds for 0.0000166667 each, and 0.20 for the requests."""
    steady = Effort(processor=0, waiting=100)

    dollars = Need(50, first=Effort(0, 0), next=steady).dollars(1024)

    assert dollars == pytest.approx(100_000 * 0.0000166667 + 0.20)


def test_a_call_is_rounded_up_to_a_millisecond() -> None:
    short, whole = (Need(50, Effort(0, 0), Effort(0, waiting)) for waiting in (0.2, 1))

    assert short.dollars(512) == whole.dollars(512)


def test_a_start_is_billed_too() -> None:
    """One call in a thousand takes a second more: a million calls, 1,000 seconds more."""
    slow, quick = (Need(50, Effort(0, waiting), Effort(0, 1)) for waiting in (1000, 0))

    assert slow.dollars(1024) - quick.dollars(1024) == pytest.approx(1_000 * 0.0000166667)
