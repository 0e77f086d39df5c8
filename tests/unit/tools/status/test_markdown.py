from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tools.status.sample import BUSY, NOW, REPORTS, SLOTS, UNMEASURED
from tools.status.markdown import document
from tools.status.model import Alarm, LastHour, Status

GOLDEN = Path(__file__).parent


@pytest.mark.parametrize(("name", "status"), REPORTS.items())
def test_a_report_is_the_golden_document(name: str, status: Status) -> None:
    """``python -m tests.unit.tools.status.sample`` renews the documents."""
    assert document(status) == (GOLDEN / name).read_text("utf-8")


def test_a_report_does_not_tell_the_whole_account() -> None:
    assert BUSY.account not in document(BUSY)
    assert "account …9012" in document(BUSY)


def test_an_hour_without_requests_has_no_chart() -> None:
    assert isinstance(BUSY.last_hour, LastHour)
    idle = replace(BUSY.last_hour, slots=tuple(replace(slot, requests=0, errors=0) for slot in SLOTS))
    text = document(replace(BUSY, last_hour=idle))
    assert "No requests in the last hour." in text
    assert "mermaid" not in text


@pytest.mark.parametrize(("measured", "charts"), [(0, 1), (1, 1), (2, 2)])
def test_response_times_are_drawn_from_two_points_on(measured: int, charts: int) -> None:
    assert isinstance(BUSY.last_hour, LastHour)
    _, *busy = SLOTS
    slots = (*busy[:measured], *(replace(slot, latency=UNMEASURED) for slot in busy[measured:]))
    text = document(replace(BUSY, last_hour=replace(BUSY.last_hour, slots=slots)))
    assert text.count("```mermaid") == charts


@settings(deadline=None)
@given(st.text())
def test_no_word_of_aws_can_break_a_table_or_become_markup(text: str) -> None:
    row = document(replace(BUSY, alarms=(Alarm("a", "OK", text, NOW),)))
    table = row.partition("## Alarms")[2].strip().split("\n\n")[0].split("\n")
    assert len(table) == 3
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", table[2])) == 5
    assert not re.search(r"(?<!\\)(?:\\\\)*[<`\[]", table[2])
