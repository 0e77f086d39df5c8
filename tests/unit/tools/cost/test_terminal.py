from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from tools.cost.prices import FreeTier
from tools.cost.terminal import apportion, print_report
from tools.cost.wording import dollars

if TYPE_CHECKING:
    from decimal import Decimal

    from tools.cost.bill import Calculator
    from tools.cost.profile import Profile


def printed(calculator: Calculator, profile: Profile, *, colour: bool = False) -> str:
    output = io.StringIO()
    console = Console(
        file=output, width=80, highlight=False, force_terminal=colour, color_system="standard" if colour else None
    )
    print_report(console, calculator.report(profile, FreeTier.ALWAYS))
    return output.getvalue()


def test_the_bill_shows_the_same_line_with_and_without_free_tier(calculator: Calculator, small: Profile) -> None:
    text = printed(calculator, small)
    assert re.search(r"^ *hours +720 hours +\$16\.20 +\$16\.20 +\$0\.00", text, re.MULTILINE)
    bill = calculator.estimate(small).serverless
    totals = [dollars(bill.total(free_tier)) for free_tier in FreeTier]
    assert re.search(r"^ *total +" + " +".join(map(re.escape, totals)), text, re.MULTILINE)
    assert re.search(r"^ *PostgreSQL +1,000 rows +yours +yours +yours", text, re.MULTILINE)


def test_every_scale_is_a_row_and_a_bar(calculator: Calculator, small: Profile) -> None:
    text = printed(calculator, small)
    largest = calculator.report(small, FreeTier.ALWAYS).scales[-1]
    deployed, with_fargate = (dollars(bill.total(FreeTier.ALWAYS)) for bill in (largest.serverless, largest.fargate))
    row = rf"^ +1 B +\$[0-9,]+ +{re.escape(deployed)} +{re.escape(with_fargate)} +SES [0-9]+ %"
    assert re.search(row, text, re.MULTILINE)
    bars = re.findall(r"^ +(.+) ([A-Z]{44}) \$", text, re.MULTILINE)
    assert [scale for scale, _ in bars] == ["1,500", "10 k", "100 k", "1 M", "10 M", "100 M", "1 B"]
    assert bars[0][1].count("A") > 20
    assert bars[-1][1].count("E") > 22


def test_eighty_columns_are_enough(calculator: Calculator, small: Profile) -> None:
    assert max(len(line.rstrip()) for line in printed(calculator, small.at(10**12)).splitlines()) <= 80


def test_colour_adds_no_information(calculator: Calculator, small: Profile) -> None:
    coloured = printed(calculator, small, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == printed(calculator, small)


@settings(deadline=None)
@given(st.lists(st.decimals(0, 10**6, places=2), min_size=1).filter(any), st.integers(1, 200))
def test_bars_are_as_wide_as_asked_and_within_a_character_of_the_truth(amounts: list[Decimal], width: int) -> None:
    widths = apportion(amounts, width)
    assert sum(widths) == width
    total = sum(amounts)
    assert all(abs(got - amount * width / total) <= 1 for got, amount in zip(widths, amounts, strict=True))
