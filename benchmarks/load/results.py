"""What was measured, and the figures that it comes to."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PERCENTILES = (50, 90, 95, 99)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One answer, or that there was none."""

    at: float
    """When it was there: seconds since the beginning of the load."""
    ms: float
    """How long it took, from sending the request to the last byte of the answer."""
    kind: str
    failure: str
    """Why it is not the right answer; empty when it is."""


def percentile(ascending: Sequence[float], rank: int) -> float:
    """The least of the values that at least ``rank`` per cent do not exceed (nearest rank): one that was measured.

    Args:
        ascending: at least one value, in order.
        rank: 1 to 100.
    """
    return ascending[ceil(len(ascending) * rank / 100) - 1]


@dataclass(frozen=True)
class Results:
    """All answers of a load. The times are those of the right ones: a refusal may be as quick as it likes."""

    measurements: Sequence[Measurement]
    seconds: float
    """From the beginning to the last answer, or what part of that counts."""

    @property
    def total(self) -> int:
        return len(self.measurements)

    @property
    def succeeded(self) -> int:
        return self.total - self.failed

    @cached_property
    def failed(self) -> int:
        return sum(1 for each in self.measurements if each.failure)

    @property
    def failure_percent(self) -> float:
        """Of all; 0 when there are none at all."""
        return 100 * self.failed / self.total if self.total else 0.0

    @property
    def success_percent(self) -> float:
        """Of all; 0 when there are none at all."""
        return 100 * self.succeeded / self.total if self.total else 0.0

    @property
    def throughput(self) -> float:
        """Right answers a second."""
        return self.succeeded / self.seconds if self.seconds else 0.0

    @cached_property
    def milliseconds(self) -> Sequence[float]:
        """How long the right answers took, in order."""
        return sorted(each.ms for each in self.measurements if not each.failure)

    @property
    def mean(self) -> float | None:
        """Milliseconds; None without a right answer, as all that follow."""
        return fmean(self.milliseconds) if self.milliseconds else None

    @property
    def least(self) -> float | None:
        return self.milliseconds[0] if self.milliseconds else None

    @property
    def most(self) -> float | None:
        return self.milliseconds[-1] if self.milliseconds else None

    def percentile(self, rank: int) -> float | None:
        """See the function of that name."""
        return percentile(self.milliseconds, rank) if self.milliseconds else None

    @cached_property
    def failures(self) -> Mapping[str, int]:
        """How often each reason occurred, the most frequent first."""
        return dict(Counter(each.failure for each in self.measurements if each.failure).most_common())

    def by_kind(self) -> Mapping[str, Results]:
        """The same for each kind of request, that with most requests first."""
        kinds: dict[str, list[Measurement]] = defaultdict(list)
        for each in self.measurements:
            kinds[each.kind].append(each)
        by_size = sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))
        return {kind: Results(measurements, self.seconds) for kind, measurements in by_size}


def results_of(measurements: Sequence[Measurement]) -> Results:
    """All of a load, from its beginning to its last answer."""
    return Results(measurements, max((each.at for each in measurements), default=0.0))
