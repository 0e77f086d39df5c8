"""What numbers are worth that were measured on a machine that does other things, too.

Contestants take turns, in another order in each round, so that what disturbs a round disturbs all of them. A ratio is
therefore the median of the rounds' own ratios. Its 95 % interval is the bootstrap's (Efron): the medians of many
samples of as many rounds, drawn with replacement.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import TYPE_CHECKING, TypeVar

from rich.progress import track

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")

DRAWS = 1_000  # samples of the bootstrap: more do not move the ends of the interval noticeably
SEED = 11  # the same orders and the same intervals in each run
FEWEST_ROUNDS = 5  # fewer say nothing about how far off the next one might be
WIDEST = 0.30  # a ratio whose interval is wider than this part of itself is not printed


@dataclass(frozen=True)
class Estimate:
    """A value, the ends of its 95 % interval, and the number of rounds behind it."""

    value: float
    low: float
    high: float
    rounds: int

    @property
    def is_meaningful(self) -> bool:
        """Whether the value may be printed: the next run would print much the same."""
        return self.rounds >= FEWEST_ROUNDS and self.high - self.low <= WIDEST * abs(self.value)


def estimate(values: Sequence[float]) -> Estimate:
    """The median of values, one for each round."""
    source = random.Random(SEED)  # noqa: S311 - statistics
    medians = sorted(median(source.choices(values, k=len(values))) for _ in range(DRAWS))
    return Estimate(median(values), medians[int(0.025 * DRAWS)], medians[ceil(0.975 * DRAWS) - 1], len(values))


def estimate_ratio(ours: Sequence[float], theirs: Sequence[float], bare: Sequence[float] | None = None) -> Estimate:
    """The median of the rounds' ratios, after ``bare`` (what both contain that does not count) is subtracted."""
    rounds = zip(ours, theirs, bare or [0.0] * len(ours), strict=True)
    return estimate([(mine - start) / (other - start) for mine, other, start in rounds])


def quantile(values: Sequence[float], rank: int) -> float:
    """The least measured value that at least ``rank`` per cent (1 to 100) of them do not exceed."""
    return sorted(values)[ceil(len(values) * rank / 100) - 1]


def take_turns(contestants: Sequence[T], rounds: int) -> Iterable[T]:
    """Each of the contestants once a round, in another order each time, with a bar on a terminal."""
    source = random.Random(SEED)  # noqa: S311 - an order
    turns = [each for _ in range(rounds) for each in source.sample(contestants, k=len(contestants))]
    return track(turns, description="", transient=True, disable=not sys.stdout.isatty())
