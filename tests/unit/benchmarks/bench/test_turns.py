"""Contestants take turns."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.bench.turns import take_turns


@given(st.integers(1, 6), st.integers(1, 8))
def test_each_round_has_everybody_once(contestants: int, rounds: int) -> None:
    parts: list[float] = []
    turns = list(take_turns(range(contestants), rounds, parts.append))
    for number in range(rounds):
        assert sorted(turns[number * contestants : (number + 1) * contestants]) == list(range(contestants))
    assert parts[-1] == 1.0
    assert parts == sorted(parts)


def test_nobody_is_always_first() -> None:
    turns = list(take_turns(["a", "b", "c"], 30, lambda _: None))
    assert set(Counter(turns[::3])) == {"a", "b", "c"}
