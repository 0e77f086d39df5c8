"""`make faults`: each test breaks the whole system in one way; afterwards the books must balance."""

from __future__ import annotations

import inspect
import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from rich import box
from rich.console import Console
from rich.table import Table

from tests.faults.books import balance
from tests.faults.directory import Directory, new_directory
from tests.faults.trial import FAULTS, Trial

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 200
HEADINGS = ("fault", "what was done", "rows", "events", "mails", "twice", "dead", "recovery")
LEGEND = (
    "Rows, events, mails and dead letters: found/expected, with two bounds where the client cannot know the outcome. "
    "Twice: mails sent a second time. Recovery: from the end of the fault to the first change that succeeded."
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the longer faults to `make faults`."""
    long = [] if FAULTS else [each for each in items if "trial" in fixtures_of(each) and not is_short(each)]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


def fixtures_of(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def is_short(item: pytest.Item) -> bool:
    return item.get_closest_marker("short") is not None


@pytest.fixture(scope="session")
def directory() -> Iterator[Directory]:
    """The system that the faults break, one after the other."""
    # The servers report a function that dies, which is the purpose here.
    logging.getLogger("chalice_devserver").setLevel(logging.CRITICAL)
    with ExitStack() as cleanup:
        yield new_directory(cleanup)
    logging.getLogger("chalice_devserver").setLevel(logging.NOTSET)


@pytest.fixture
def trial(directory: Directory, request: pytest.FixtureRequest) -> Iterator[Trial]:
    """The fresh system; when the test has broken it, everything settles and is counted."""
    directory.reset()
    with ExitStack() as afterwards:
        trial = Trial(directory, afterwards)
        yield trial
        assert directory.settle(), "it does not settle"
        account = balance(directory, trial.client)
        counts = (account.rows, account.events, account.mails, account.twice or "", account.dead_letters)
        recovery = "" if trial.recovery is None else f"{trial.recovery:.2f} s"
        done = "; ".join([(inspect.getdoc(request.function) or "").rstrip("."), *trial.notes])
        title = request.node.name.removeprefix("test_").replace("_", " ")
        request.node.user_properties.append(("fault", [title, done, *map(str, counts), recovery]))
        assert account.differences == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of `make faults`."""
    stats = terminalreporter.stats
    wrong = {report.nodeid for kind in ("failed", "error") for report in stats.get(kind, [])}
    reports = [each for kind in stats.values() for each in kind if isinstance(each, pytest.TestReport)]
    table = Table(box=box.SIMPLE_HEAD, title="What was broken, and what was left", title_justify="left", caption=LEGEND)
    table.add_column("")
    for heading in HEADINGS:
        is_number = heading in HEADINGS[2:]
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=is_number)
    for report in reports:
        if report.when == "teardown" and (row := dict(report.user_properties).get("fault")):
            table.add_row("[red]✗" if report.nodeid in wrong else "[green]✓", *row)  # type: ignore[misc] # texts
    if FAULTS:
        Console(highlight=False, width=WIDTH).print(table)
