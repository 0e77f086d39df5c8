"""Contestants take turns: in each round everybody once, in another order."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    T = TypeVar("T")
    Progress = Callable[[float], None]

# The same orders in each run.
SEED = 11


def take_turns(contestants: Sequence[T], rounds: int, advance: Progress) -> Iterator[T]:
    """Each of the contestants ``rounds`` times. ``advance`` is told which part of all turns is over, from 0 to 1."""
    source = random.Random(SEED)  # noqa: S311 - an order
    for number in range(rounds):
        order = source.sample(contestants, k=len(contestants))
        for place, contestant in enumerate(order):
            yield contestant
            advance((number * len(contestants) + place + 1) / (rounds * len(contestants)))
