"""Nothing is changed without a yes."""

from __future__ import annotations

import io
import os
import pty
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tools.preflight import NotReady, confirm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def somebody_types(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """A terminal, and what is typed into it."""
    with terminal() as (keyboard, screen):
        monkeypatch.setattr("sys.stdin", screen)
        yield lambda text: (os.write(keyboard, f"{text}\n".encode()), None)[1]


@contextmanager
def terminal() -> Iterator[tuple[int, io.TextIOWrapper]]:
    keyboard, screen = pty.openpty()
    try:
        with open(screen, encoding="utf-8") as file:  # noqa: PTH123 - a file descriptor
            yield keyboard, file
    finally:
        os.close(keyboard)


@pytest.mark.parametrize("answer", ["yes", "Y", " sí "])
def test_a_yes_goes_on(somebody_types: Callable[[str], None], answer: str) -> None:
    somebody_types(answer)

    confirm("Migrate?", {})


@pytest.mark.parametrize("answer", ["no", "", "yes please"])
def test_anything_else_stops(somebody_types: Callable[[str], None], answer: str) -> None:
    somebody_types(answer)

    with pytest.raises(NotReady, match=r"^Nothing was changed\.$"):
        confirm("Migrate?", {})


def test_a_machine_says_yes_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())

    confirm("Migrate?", {"YES": "1"})


def test_where_nobody_is_there_to_ask_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))

    with pytest.raises(NotReady, match=r"^Migrate\? There is no terminal to answer on: say YES=1"):
        confirm("Migrate?", {})
