"""The limits: where they are read, and where they are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scale.demand import Load, demand, reasons
from benchmarks.scale.limits import BadLimitError, load_limits
from tests.unit.packaging.conftest import ROOT
from tools.cost.assumptions import Assumptions
from tools.cost.profile import DEFAULT_WRITES

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.scale.limits import Limit

LOAD = Load()
LIMITS = load_limits()
HEAD = 'checked = 2026-11-24\nnote = "."\n'
GOOD = 'of = "requests"\nname = "n"\nvalue = 10\npage = "/p"\nthen = "t"\n'


@given(st.floats(0.1, 1e7))
def test_twice_the_rate_needs_twice_as_much(rate: float) -> None:
    once, twice = demand(rate, LOAD), demand(2 * rate, LOAD)
    assert twice == pytest.approx({name: 2 * needed for name, needed in once.items()})


@pytest.mark.parametrize("limit", LIMITS.limits, ids=lambda limit: limit.key)
def test_a_limit_is_reached_where_it_says(limit: Limit) -> None:
    assert demand(limit.breaks_at(LOAD), LOAD)[limit.of] == pytest.approx(limit.value)


def test_the_first_to_break_comes_first() -> None:
    rates = [limit.breaks_at(LOAD) for limit in LIMITS.first_to_last(LOAD)]
    assert rates == sorted(rates)


def test_what_this_project_sets_is_what_it_sets() -> None:
    variables = (ROOT / "infra" / "variables.tf").read_text("utf-8")
    (throttle,) = [limit for limit in LIMITS.limits if limit.key == "api_throttle"]
    assert f"default     = {{ rate = {throttle.value:g}, burst = 200 }}" in variables


def test_a_page_is_one_of_aws_or_a_file_here() -> None:
    for limit in LIMITS.limits:
        assert limit.link.startswith("https://docs.aws.amazon.com/") or (ROOT / limit.page).exists(), limit.key


def test_a_request_is_what_the_bill_takes_it_for() -> None:
    given = Assumptions()
    assert float(given.bff_seconds) == LOAD.bff_seconds
    assert float(given.crud_seconds) == LOAD.crud_seconds
    assert float(given.email_seconds) == LOAD.mail_seconds
    assert given.ledger_writes == LOAD.ledger_units
    assert float(DEFAULT_WRITES) == LOAD.writes


def test_every_assumption_has_a_reason() -> None:
    assert all(why for _, _, why in reasons(LOAD))
    assert len(reasons(LOAD)) == len(LOAD.__dataclass_fields__)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (GOOD.replace('of = "requests"', 'of = "hats"'), "nobody needs hats"),
        (GOOD.replace("value = 10", "value = 0"), "value must be above 0"),
        (GOOD + "raised = 9\n", "raised not below it"),
        (GOOD.replace('then = "t"\n', ""), "then"),
    ],
)
def test_a_bad_limit_is_named(table: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "limits.toml"
    file.write_text(f"{HEAD}[hat]\n{table}")
    with pytest.raises(BadLimitError, match=f"hat: .*{words}"):
        load_limits(file)


def test_what_nobody_raises_is_raised_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "limits.toml"
    file.write_text(f"{HEAD}[hat]\n{GOOD}")
    (limit,) = load_limits(file).limits
    assert limit.raised_breaks_at(LOAD) is None
