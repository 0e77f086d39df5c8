from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tests.unit.tools.status.sample import BUSY, CLOSED, SLOTS, UNMEASURED
from tools.status.model import LastHour
from tools.status.terminal import print_status, sparkline

if TYPE_CHECKING:
    from tools.status.model import Status


def printed(status: Status, *, colour: bool = False) -> str:
    output = io.StringIO()
    console = Console(
        file=output, width=120, highlight=False, force_terminal=colour, color_system="standard" if colour else None
    )
    print_status(console, status)
    return output.getvalue()


def test_the_first_lines_say_where_and_what_needs_a_look() -> None:
    first, second, *_ = printed(BUSY).splitlines()
    assert first == "crud-app-dev  us-east-1, account 123456789012, 2026-11-24 09:30 UTC"
    assert second.startswith("! crud-app-dev-bff is unhealthy")


def test_a_quiet_deployment_is_told_so() -> None:
    quiet = replace(CLOSED, functions=(), account_concurrency=1_000, alarms=(), last_hour=BUSY.last_hour)
    assert printed(quiet).splitlines()[1] == "Nothing needs a look."


def test_an_emulator_is_named_by_its_address() -> None:
    assert "http://127.0.0.1:4566" in printed(CLOSED).splitlines()[0]


def test_every_part_is_a_row() -> None:
    text = printed(BUSY)
    assert re.search(r"crud-app-dev-bff +Active +python3.11 +512 MB +28 s +shared", text)
    assert re.search(r"crud-app-dev-registrar-resultado +does not exist", text)
    assert re.search(r"crud-app-dev-email-queue +1,200 +10 +0 +13 min", text)
    assert re.search(r"crud-app-dev-alb +3,800 +34 +99.11 % +25 ms +96 ms +590 ms", text)


def test_the_hour_is_drawn_only_when_something_happened() -> None:
    assert "at most 640 in 5 minutes" in printed(BUSY)
    assert "at most 590 ms" in printed(BUSY)
    assert "in 5 minutes" not in printed(CLOSED)
    assert isinstance(BUSY.last_hour, LastHour)
    idle = replace(BUSY.last_hour, slots=tuple(replace(slot, requests=0, errors=0) for slot in SLOTS))
    assert "in 5 minutes" not in printed(replace(BUSY, last_hour=idle))
    unmeasured = replace(BUSY.last_hour, slots=tuple(replace(slot, latency=UNMEASURED) for slot in SLOTS))
    assert "at most 590 ms" not in printed(replace(BUSY, last_hour=unmeasured))


def test_colour_adds_no_information() -> None:
    coloured = printed(BUSY, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == printed(BUSY)


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([0, 1, 7], " ▂█"),
        ([None, 5], " █"),
        ([0, 0], "  "),
        ([], ""),
        ([1, 1_000], "▁█"),
    ],
)
def test_a_bar_is_full_for_the_highest_and_blank_for_nothing(values: list[float | None], drawn: str) -> None:
    assert sparkline(values) == drawn
