"""The books notice what is not as it must be: a check that cannot fail is none."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults.books import Event, Tally, broken_histories, broken_promises, wrong_mails
from tests.faults.client import ACTUALIZADO, CREADO, ELIMINADO, Promise

ANA = "ana@example.com"


def event(version: int = 1, kind: str = CREADO, *, is_published: bool = True) -> Event:
    return Event(f"event-{version}", kind, ANA, 7, version, is_published)


def promise(**kinds: tuple[int, int]) -> Promise:
    """How often each kind of change was said to be done, and was unknown."""
    done, unknown = ({kind: counts[place] for kind, counts in kinds.items()} for place in (0, 1))
    return Promise(Counter(done), Counter(unknown))


HISTORY = [event(), event(2, ACTUALIZADO), event(3, ELIMINADO)]


def test_a_history_without_gaps_is_right() -> None:
    assert not list(broken_histories(HISTORY, {}))
    assert not list(broken_histories(HISTORY[:2], {7: ANA}))


@pytest.mark.parametrize(
    ("events", "rows", "sentence"),
    [
        ([], {7: ANA}, "employee 7 has no event"),
        ([event(), event(3, ACTUALIZADO)], {7: ANA}, "employee 7: the versions of the events have a gap"),
        ([event(), event()], {7: ANA}, "employee 7: the versions of the events have a gap"),
        ([event()], {}, "employee 7: the row and the last event contradict each other"),
        (HISTORY, {7: ANA}, "employee 7: the row and the last event contradict each other"),
        ([event(is_published=False)], {7: ANA}, "event event-1 was never published"),
    ],
)
def test_a_broken_history_is_named(events: list[Event], rows: dict[int, str], sentence: str) -> None:
    assert list(broken_histories(events, rows)) == [sentence]


def test_a_promise_that_is_kept_is_right() -> None:
    kept = {ANA: promise(creado=(1, 0), actualizado=(0, 1), eliminado=(1, 0))}
    assert not list(broken_promises(kept, HISTORY, {}))
    assert not list(broken_promises(kept, [HISTORY[0], event(2, ELIMINADO)], {}))


@pytest.mark.parametrize(
    ("told", "events"),
    [
        (promise(creado=(1, 0)), []),
        (promise(), [event()]),
        (promise(creado=(1, 0)), [event(), event(2, ACTUALIZADO)]),
        (promise(creado=(1, 0), actualizado=(2, 0)), HISTORY[:2]),
        (promise(creado=(0, 1)), [event(), event()]),
    ],
    ids=["lost", "done though refused", "a change that nobody made", "a change lost", "twice"],
)
def test_a_broken_promise_is_named(told: Promise, events: list[Event]) -> None:
    (sentence,) = broken_promises({ANA: told}, events, {7: ANA})
    assert ANA in sentence


def test_two_rows_with_one_address_are_named() -> None:
    assert list(broken_promises({}, [], {7: ANA, 8: ANA})) == ["two rows have one address"]


KEY = ("event-1", ANA)


@pytest.mark.parametrize(
    ("copies", "states"),
    [
        ({KEY: 1}, {KEY: "entregado"}),
        ({KEY: 2}, {KEY: "enviado"}),
        ({}, {KEY: "fallido"}),
    ],
    ids=["sent", "sent twice", "a recorded failure"],
)
def test_a_mail_with_a_known_end_is_right(
    copies: dict[tuple[str, str], int], states: dict[tuple[str, str], str]
) -> None:
    assert not list(wrong_mails({KEY}, copies, states))


@pytest.mark.parametrize(
    ("copies", "states"),
    [
        ({}, {}),
        ({}, {KEY: "enviado"}),
        ({KEY: 3}, {KEY: "entregado"}),
        ({KEY: 1}, {KEY: "incierto"}),
        ({KEY: 1}, {KEY: "pendiente"}),
        ({KEY: 1, ("event-9", ANA): 1}, {KEY: "entregado"}),
    ],
    ids=["lost", "recorded and not sent", "three times", "never settled", "not recorded", "of no event"],
)
def test_a_mail_without_is_named(copies: dict[tuple[str, str], int], states: dict[tuple[str, str], str]) -> None:
    (sentence,) = wrong_mails({KEY}, copies, states)
    assert "mail" in sentence


@pytest.mark.parametrize(("found", "is_right"), [(2, False), (3, True), (4, True), (5, False)])
def test_a_tally_is_right_within_its_bounds(found: int, is_right: bool) -> None:  # noqa: FBT001 - a parameter
    tally = Tally(3, 4, found)
    assert (tally.is_right, str(tally)) == (is_right, f"{found}/3 to 4")
