"""What ends where: the limits of ``limits.toml``, and the rate at which each is reached."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.scale.demand import Load, demand

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

FILE = Path(__file__).with_name("limits.toml")
AWS = "https://docs.aws.amazon.com"


class BadLimitError(ValueError):
    """The file has a limit that cannot be used; the message names it."""


@dataclass(frozen=True)
class Limit:
    """One of them.

    Attributes:
        of: what is counted, by the name that ``demand`` gives it.
        name: what people read.
        value: how much there is by default.
        raised: how much there is for the asking; None where nobody says.
        page: where the number stands.
        then: what takes over beyond it.
    """

    key: str
    of: str
    name: str
    value: float
    raised: float | None
    page: str
    then: str

    def breaks_at(self, load: Load) -> float:
        """The rate, in requests a second, that needs all there is by default: demand grows with the rate."""
        return self.value / demand(1.0, load)[self.of]

    def raised_breaks_at(self, load: Load) -> float | None:
        """The same for what there is for the asking."""
        return None if self.raised is None else self.raised / demand(1.0, load)[self.of]

    @property
    def link(self) -> str:
        """The address of its page, as docs/scale.md needs it."""
        return f"{AWS}{self.page}" if self.page.startswith("/") else f"../{self.page}"


@dataclass(frozen=True)
class Limits:
    """All of them, in the order of a request's way."""

    checked: dt.date
    note: str
    limits: Sequence[Limit]

    def first_to_last(self, load: Load) -> Sequence[Limit]:
        """In the order in which they break, by their defaults."""
        return sorted(self.limits, key=lambda limit: limit.breaks_at(load))


def load_limits(path: Path = FILE) -> Limits:
    """Read the file.

    Raises:
        BadLimitError: a limit lacks something, or counts what nobody needs.
    """
    content = tomllib.loads(path.read_text("utf-8"))
    checked, note = content.pop("checked"), content.pop("note")
    return Limits(checked, note, [_limit(key, table) for key, table in content.items()])


def _limit(key: str, table: dict[str, Any]) -> Limit:
    try:
        limit = Limit(key=key, raised=table.pop("raised", None), **table)
    except TypeError as error:
        raise BadLimitError(f"{key}: {error}") from None
    if limit.of not in demand(1.0, Load()):
        raise BadLimitError(f"{key}: nobody needs {limit.of}")
    if limit.value <= 0 or (limit.raised is not None and limit.raised < limit.value):
        raise BadLimitError(f"{key}: value must be above 0, and raised not below it")
    return limit
