"""Traffic over time: a working day in a few minutes, and a burst in the middle of it."""

from __future__ import annotations

from math import cos, pi
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 1_800
# The night's part of the day's rate.
NIGHT = 0.05
# A message to everybody: at half time, for so long, as much as the day's peak on top of what there is.
BURST_SECONDS = 60


def working_day(peak: float) -> Sequence[float]:
    """Requests a second for each second of half an hour: night, day, night, and a burst at noon that doubles the peak.

    The highest value is ``peak``.
    """
    day = peak / 2
    return [_day(second) * day + (day if _is_burst(second) else 0.0) for second in range(SECONDS)]


def _day(second: int) -> float:
    return NIGHT + (1 - NIGHT) * (1 - cos(2 * pi * second / SECONDS)) / 2


def _is_burst(second: int) -> bool:
    return abs(second - SECONDS / 2) <= BURST_SECONDS / 2
