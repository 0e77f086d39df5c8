"""The traffic whose cost is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

# The original's report tested with 50 requests; 50 a day is the smallest directory that is used at all.
DEFAULT_REQUESTS = 50 * 30
DEFAULT_EMPLOYEES = 1_000
DEFAULT_WRITES = Decimal("0.1")

PAGE_ROWS = 50  # GET /empleados without `limite`
ROW_BYTES = 300  # one employee as JSON: about 200 bytes of names, 100 of values
LIST_SHARE = Fraction(1, 2)  # of all requests; the others read or write one row


@dataclass(frozen=True)
class Profile:
    """A month (30 days) of traffic.

    ``response_bytes`` is the mean body; ``writes`` the fraction (0 to 1) of requests that change a row, each of which
    makes one event; ``emails`` counts mails, not events: two recipients make two.
    """

    requests: int
    response_bytes: int
    employees: int
    emails: int
    writes: Decimal
    cloudfront: bool = True

    @property
    def events(self) -> Decimal:
        """Changes of a row in a month."""
        return self.requests * self.writes

    def at(self, requests: int) -> Profile:
        """The same directory and habits with another number of requests: e-mails grow with them."""
        return replace(self, requests=requests, emails=self.emails * requests // self.requests)


def typical_response_bytes(employees: int) -> int:
    """Half of the requests list a page of rows, half read or write one."""
    rows = LIST_SHARE * min(PAGE_ROWS, employees) + (1 - LIST_SHARE)
    return int(rows * ROW_BYTES)
