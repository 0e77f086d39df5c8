"""What Lambda makes of a memory size: a part of a processor, and a price."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from tools.cost.prices import FreeTier, Price, load_prices

#: MB: from the least that there is to the one with a whole processor.
SIZES = (128, 256, 512, 1024, 1769)
#: "At 1,769 MB, a function has the equivalent of one vCPU":
#: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
ONE_PROCESSOR = 1769
#: MiB that Lambda's own part of the process takes, roughly, beside what is measured here.
RUNTIME_MIB = 30
#: So many calls to one that finds no process. Lambda bills its start, too.
CALLS_A_START = 1_000
MILLION = 1_000_000
MB_IN_GB = 1024


class Effort(NamedTuple):
    """Milliseconds of a call: of the processor, and of waiting for others."""

    processor: float
    waiting: float

    def milliseconds(self, size: int) -> float:
        """How long it takes with ``size`` MB. The processor's part grows as that is shared; waiting stays as it is."""
        return self.waiting + self.processor * max(1.0, ONE_PROCESSOR / size)


class Need(NamedTuple):
    """What a function needs.

    Attributes:
        mebibytes: at its peak.
        first: a call that finds no process, its start included.
        next: any other.
    """

    mebibytes: float
    first: Effort
    next: Effort

    def fits(self, size: int) -> bool:
        """Whether ``size`` MB hold it."""
        return self.mebibytes + RUNTIME_MIB <= size

    def dollars(self, size: int) -> float:
        """The price of a million calls. Lambda rounds each up to a millisecond."""
        billed = math.ceil(self.next.milliseconds(size)) + math.ceil(self.first.milliseconds(size)) / CALLS_A_START
        seconds = Decimal(billed) / 1000 * MILLION
        duration = _price("lambda_duration").cost(seconds * size / MB_IN_GB, FreeTier.NONE)
        return float(duration + _price("lambda_requests").cost(Decimal(MILLION), FreeTier.NONE))

    def cheapest(self) -> int:
        """The size with the lowest price; of several, the largest, which is the fastest."""
        return min((size for size in SIZES if self.fits(size)), key=lambda size: (self.dollars(size), -size))


@cache
def _price(key: str) -> Price:
    return load_prices().prices[key]
