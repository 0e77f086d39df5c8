"""The books notice what is not as it must be: a check that cannot fail is none."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults.books import Event, broken_histories, broken_promises, wrong_mails
from tests.faults.client import ACTUALIZADO, CREADO, ELIMINADO, Promise

ANA = "ana@example.com"
KEY = ("event-1", ANA)


def event(version: int = 1, kind: str = CREADO, *, is_published: bool = True) -> Event:
    return Event(f"event-{version}", kind, ANA, 7, version, is_published, is_of_batch=False)


def promise(*done: str, unknown: tuple[str, ...] = ()) -> Promise:
    """Each kind of change as often as the client was told that it is done, or may be."""
    return Promise(Counter(done), Counter(unknown))


HISTORY = [event(), event(2, ACTUALIZADO), event(3, ELIMINADO)]
CONTRADICTION = "employee 7: the row and the last event contradict each other"


@pytest.mark.parametrize(
    ("events", "rows", "difference"),
    [
        (HISTORY, {}, ""),
        (HISTORY[:2], {7: ANA}, ""),
        ([], {7: ANA}, "employee 7 has no event"),
        ([event(), event(3, ACTUALIZADO)], {7: ANA}, "employee 7: the versions of the events have a gap"),
        ([event()], {}, CONTRADICTION),
        (HISTORY, {7: ANA}, CONTRADICTION),
        ([event(is_published=False)], {7: ANA}, "event event-1 was never published"),
    ],
)
def test_a_broken_history_is_named(events: list[Event], rows: dict[int, str], difference: str) -> None:
    assert "".join(broken_histories(events, rows)) == difference


@pytest.mark.parametrize(
    ("told", "events", "is_kept"),
    [
        (promise(CREADO, ELIMINADO, unknown=(ACTUALIZADO,)), HISTORY, True),
        (promise(CREADO, ELIMINADO, unknown=(ACTUALIZADO,)), [HISTORY[0], event(2, ELIMINADO)], True),
        (promise(CREADO), [], False),  # lost
        (promise(), [event()], False),  # done though refused
        (promise(unknown=(CREADO,)), [event(), event()], False),
    ],
)
def test_a_broken_promise_is_named(told: Promise, events: list[Event], *, is_kept: bool) -> None:
    assert (list(broken_promises({ANA: told}, events, {7: ANA})) == []) == is_kept
    assert list(broken_promises({}, [], {7: ANA, 8: ANA})) == ["two rows have one address"]


def test_unknown_outcomes_widen_what_is_expected() -> None:
    assert promise(CREADO, ACTUALIZADO, ACTUALIZADO, unknown=(ACTUALIZADO,)).bounds() == ((1, 1), (3, 4))
    assert promise(unknown=(CREADO, ELIMINADO)).bounds() == ((0, 1), (0, 2))


@pytest.mark.parametrize(
    ("copies", "state", "is_right"),
    [(1, "entregado", True), (2, "enviado", True), (0, "fallido", True), (0, "enviado", False), (3, "entregado", False),
     (1, "incierto", False)],
)  # fmt: skip
def test_a_mail_without_a_known_end_or_without_an_event_is_named(copies: int, state: str, *, is_right: bool) -> None:
    assert (list(wrong_mails({KEY}, {KEY: copies}, {KEY: state})) == []) == is_right
    assert len(list(wrong_mails({KEY}, {KEY: 1, ("event-9", ANA): 1}, {KEY: "entregado"}))) == 1
