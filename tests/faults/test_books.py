"""The books notice what is not as it must be: a check that cannot fail is none."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults.books import Event, broken_histories, broken_promises, wrong_mails
from tests.faults.client import ACTUALIZADO, CREADO, ELIMINADO

ANA = "ana@example.com"
KEY = ("event-1", ANA)


def event(version: int = 1, kind: str = CREADO, *, is_published: bool = True) -> Event:
    return Event(f"event-{version}", kind, ANA, 7, version, is_published, is_of_batch=False)


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
        ([event(), event()._replace(employee=8)], {7: ANA, 8: ANA}, "two rows have one address"),
    ],
)
def test_a_broken_history_is_named(events: list[Event], rows: dict[int, str], difference: str) -> None:
    assert "".join(broken_histories(events, rows)) == difference


@pytest.mark.parametrize(
    ("done", "unknown", "events", "is_kept"),
    [
        ([CREADO, ELIMINADO], [ACTUALIZADO], HISTORY, True),
        ([CREADO, ELIMINADO], [ACTUALIZADO], [HISTORY[0], HISTORY[2]], True),
        ([CREADO], [], [], False),  # lost
        ([], [], [event()], False),  # done though refused
        ([], [CREADO], [event(), event()], False),
    ],
)
def test_a_broken_promise_is_named(done: list[str], unknown: list[str], events: list[Event], *, is_kept: bool) -> None:
    told, perhaps = (Counter((ANA, kind) for kind in kinds) for kinds in (done, unknown))
    assert (list(broken_promises(told, perhaps, events)) == []) == is_kept


@pytest.mark.parametrize(
    ("copies", "state", "is_right"),
    [(1, "entregado", True), (2, "enviado", True), (0, "fallido", True), (1, "fallido", False), (0, "enviado", False),
     (3, "entregado", False), (1, "incierto", False)],
)  # fmt: skip
def test_a_mail_without_a_known_end_or_without_an_event_is_named(copies: int, state: str, *, is_right: bool) -> None:
    assert (list(wrong_mails({KEY}, {KEY: copies}, {KEY: state})) == []) == is_right
    assert len(list(wrong_mails({KEY}, {KEY: 1, ("event-9", ANA): 1}, {KEY: "entregado"}))) == 1
