from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.tools.status.sample import BUSY, CLOSED
from tools.status.model import LoadBalancer, TargetGroup, Unread
from tools.status.sections import Section, Tone, age, milliseconds, sections


def by_title(tables: list[Section]) -> dict[str, Section]:
    return {table.title: table for table in tables}


def texts(table: Section) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 d"), (None, "unknown")],
)
def test_an_age_has_the_unit_that_one_would_say(seconds: float | None, words: str) -> None:
    assert age(seconds) == words


@pytest.mark.parametrize(
    ("value", "words"), [(None, "-"), (0.123, "0.12 ms"), (8.25, "8.2 ms"), (10, "10 ms"), (1_204, "1,204 ms")]
)
def test_milliseconds_have_two_digits_or_more(value: float | None, words: str) -> None:
    assert milliseconds(value) == words


def test_every_row_has_a_cell_for_each_heading() -> None:
    for table in (*sections(BUSY), *sections(CLOSED)):
        assert {len(row) for row in table.rows} == {len(table.headings)}


def test_what_is_wrong_has_a_tone() -> None:
    tables = by_title(sections(BUSY))
    assert tables["Targets"].rows[0][1].tone is Tone.BAD
    assert [row[1].tone for row in tables["Alarms"].rows] == [Tone.GOOD, Tone.FAINT, Tone.BAD]
    shared, stopped, capped, closed, _ = tables["Functions"].rows
    assert [row[5].tone for row in (shared, stopped, capped, closed)] == [Tone.PLAIN, Tone.BAD, Tone.PLAIN, Tone.FAINT]
    assert tables["The last hour: requests"].rows[0][2].tone is Tone.BAD


def test_success_is_a_share_of_requests_or_nothing() -> None:
    rows = texts(by_title(sections(BUSY))["The last hour: requests"])
    assert [row[3] for row in rows] == ["99.11 %", "-"]


def test_an_empty_queue_has_no_oldest_message() -> None:
    empty = replace(BUSY.queues[0], waiting=0, in_flight=0)
    assert texts(by_title(sections(replace(BUSY, queues=(empty,))))["Queues"])[0][4] == ""


def test_parts_of_a_part_that_are_closed_are_said_so() -> None:
    denied = Unread("listeners", "access denied (DescribeListeners)")
    assert isinstance(BUSY.load_balancer, LoadBalancer)
    assert isinstance(BUSY.target_group, TargetGroup)
    partly = replace(
        BUSY,
        load_balancer=replace(BUSY.load_balancer, listeners=denied),
        target_group=replace(BUSY.target_group, targets=Unread("targets", "no answer")),
    )
    tables = by_title(sections(partly))
    assert ["listeners", "access denied (DescribeListeners)"] in texts(tables["Load balancer"])
    assert texts(tables["Targets"]) == [["targets", "no answer", ""]]


def test_a_closed_hour_is_one_row() -> None:
    assert texts(by_title(sections(CLOSED))["The last hour"]) == [["last hour", "access denied (GetMetricData)"]]
