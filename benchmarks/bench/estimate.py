"""Numbers that were measured on a machine that does other things, too: what they are worth.

Contestants take turns. Each turn of all of them is a round, and what disturbed a round disturbed everybody in it. So a
ratio is not that of two medians: each round has a ratio of its own, and their median counts. Its 95 % interval is the
bootstrap's (Efron): the medians of many samples of as many rounds, drawn with replacement.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# How many samples the bootstrap draws: more do not move the interval's ends by what anybody would notice.
DRAWS = 1_000
# The same numbers give the same interval.
SEED = 20_261_124
# Fewer rounds say nothing of how far the next one might be.
FEWEST_ROUNDS = 5
# A ratio whose interval is wider than this part of itself is not printed: the next run would say something else.
WIDEST = 0.30


@dataclass(frozen=True)
class Estimate:
    """A value, the ends of its 95 % interval, which holds the value, and the number of rounds behind it."""

    value: float
    low: float
    high: float
    rounds: int

    @property
    def width(self) -> float:
        """The interval's width as a part of the value; 0 for what does not vary."""
        return (self.high - self.low) / abs(self.value) if self.high > self.low else 0.0

    @property
    def is_meaningful(self) -> bool:
        """Whether the value may be printed."""
        return self.rounds >= FEWEST_ROUNDS and self.width <= WIDEST


def estimate(values: Sequence[float]) -> Estimate:
    """The median of values, one a round.

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("There is nothing to estimate from")
    source = random.Random(SEED)  # noqa: S311 - statistics
    medians = sorted(median(source.choices(values, k=len(values))) for _ in range(DRAWS))
    return Estimate(median(values), medians[int(0.025 * DRAWS)], medians[ceil(0.975 * DRAWS) - 1], len(values))


def estimate_ratio(ours: Sequence[float], theirs: Sequence[float], bare: Sequence[float] | None = None) -> Estimate:
    """The median of the rounds' ratios.

    Args:
        ours: one value a round.
        theirs: those of the same rounds.
        bare: what both contain that does not count, such as the start of the interpreter; in the same rounds.

    Raises:
        ValueError: the numbers of rounds differ, or are 0.
    """
    base = bare if bare is not None else [0.0] * len(ours)
    rounds = zip(ours, theirs, base, strict=True)
    return estimate([(mine - start) / (other - start) for mine, other, start in rounds])


def quantile(values: Sequence[float], rank: int) -> float:
    """The least of the values that at least ``rank`` per cent (1 to 100) do not exceed: one that was measured."""
    return sorted(values)[ceil(len(values) * rank / 100) - 1]
