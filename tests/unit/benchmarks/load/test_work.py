from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load.profile import WRITES, Kind, Profile
from benchmarks.load.work import OWN_DOMAIN, Excerpt, Load, OwnRow, Request, Work, words_of

if TYPE_CHECKING:
    import random

EXCERPT = Excerpt(ids=(3, 4), words=("Núñez", "Pérez"), positions=("Analista",), second_page="orden=nombre&cursor=x")
LOAD = Load(
    url="http://localhost", headers={}, profile=Profile.READ, users=1, requests=50, seconds=60, seed=1, excerpt=EXCERPT
)  # fmt: skip
MIX = replace(LOAD, profile=Profile.MIX, run="a1", own_rows=(OwnRow(100, '"1"'), OwnRow(101, '"1"')))


def requests_of(load: Load) -> list[Request]:
    """All requests, each answered rightly."""
    work = Work(load)
    requests = []
    ids = iter(range(1_000, 9_000))
    while request := work.next():
        requests.append(request)
        work.settle(request, headers_for(request, ids))
    return requests


def headers_for(request: Request, ids: Any) -> dict[str, str]:
    if request.kind is Kind.CREATE:
        return {"Location": f"/empleados/{next(ids)}", "ETag": '"1"'}
    return {"ETag": '"2"'}


def test_there_are_as_many_requests_as_were_asked_for() -> None:
    assert len(requests_of(replace(LOAD, requests=7))) == 7
    assert len(requests_of(LOAD)) == 50


def test_the_same_load_gives_the_same_requests() -> None:
    assert requests_of(MIX) == requests_of(MIX)
    assert requests_of(MIX) != requests_of(replace(MIX, seed=2))


def test_nothing_is_handed_out_when_the_time_is_up() -> None:
    assert Work(replace(LOAD, seconds=-1)).next() is None


def test_nothing_is_handed_out_after_a_stop() -> None:
    work = Work(LOAD)
    assert work.next() is not None
    work.stop()
    assert work.next() is None


def test_reading_asks_for_what_the_directory_holds() -> None:
    requests = requests_of(replace(MIX, requests=500))
    paths = {request.kind: request.path for request in requests}
    assert paths[Kind.LIST] == "/empleados?orden=nombre&limite=50"
    assert paths[Kind.NEXT_PAGE] == "/empleados?orden=nombre&cursor=x"
    assert paths[Kind.FILTER] == "/empleados?orden=nombre&posicion=Analista&limite=50"
    assert paths[Kind.SUMMARY] == "/resumen"
    assert {request.path for request in requests if request.kind is Kind.SHOW} == {"/empleados/3", "/empleados/4"}
    assert paths[Kind.HISTORY] in {"/empleados/3/eventos", "/empleados/4/eventos"}
    assert paths[Kind.MAILS] in {"/correos?empleado=3", "/correos?empleado=4"}


def test_a_search_asks_for_the_beginning_of_a_word_with_accents_and_all() -> None:
    searches = [request for request in requests_of(replace(LOAD, requests=200)) if request.kind is Kind.SEARCH]
    asked = {parse_qs(urlsplit(request.path).query)["q"][0] for request in searches}
    assert "Núñez" in asked
    assert all(any(word.startswith(text) for word in EXCERPT.words) for text in asked)
    assert min(map(len, asked)) == 2


def test_reading_changes_nothing() -> None:
    assert {request.method for request in requests_of(LOAD)} == {"GET"}


def test_new_employees_carry_the_marker_and_no_address_comes_twice() -> None:
    created = [request.body for request in requests_of(replace(MIX, requests=500)) if request.kind is Kind.CREATE]
    emails = [body["email"] for body in created if body]
    assert len(set(emails)) == len(created) == 20
    assert all(email.startswith("a1-") and email.endswith(f"@{OWN_DOMAIN}") for email in emails)
    # Those of the rows that were there before.
    assert not {"a1-0", "a1-1"} & {email.partition("@")[0] for email in emails}


def test_only_rows_of_the_load_test_are_changed_and_in_the_version_that_it_knows() -> None:
    own, etags = {100, 101}, {100: '"1"', 101: '"1"'}
    work, created = Work(replace(MIX, requests=1_000)), 1_000
    while request := work.next():
        if request.kind is Kind.CREATE:
            created += 1
            own.add(created)
            etags[created] = '"1"'
            work.settle(request, {"Location": f"/empleados/{created}", "ETag": '"1"'})
        elif request.row:
            assert request.row.id in own
            assert request.path == f"/empleados/{request.row.id}"
            assert request.headers == {"If-Match": etags[request.row.id]}
            if request.kind is Kind.REMOVE:
                own.remove(request.row.id)
            else:
                etags[request.row.id] = f'"{len(own)}-{created}"'
            work.settle(request, {"ETag": etags[request.row.id]})


@given(st.integers(1, 20), st.integers(1, 200), st.integers(0, 1_000), st.randoms(use_true_random=False))
def test_rows_never_run_out_however_many_are_at_it_at_once(
    users: int, requests: int, seed: int, chance: random.Random
) -> None:
    """As long as creations succeed, one row for each person and one more is enough, in whichever order answers come."""
    own_rows = tuple(OwnRow(number, '"1"') for number in range(users + 1))
    load = replace(MIX, users=users, requests=requests, seed=seed, own_rows=own_rows)
    work, ids = Work(load), iter(range(1_000, 9_000))
    sent: list[Request] = []
    under_way: list[Request] = []
    while True:
        if len(under_way) < users and (request := work.next()):
            under_way.append(request)
            sent.append(request)
        elif under_way:
            answered = under_way.pop(chance.randrange(len(under_way)))
            work.settle(answered, headers_for(answered, ids))
        else:
            break

    def reads(requests: list[Request]) -> list[str]:
        return [request.path for request in requests if request.kind not in WRITES]

    one_by_one = requests_of(load)
    assert [request.kind for request in sent] == [request.kind for request in one_by_one]
    assert reads(sent) == reads(one_by_one)


def test_a_row_is_created_when_there_is_none_to_change() -> None:
    work = Work(replace(MIX, own_rows=()))
    kinds = Counter(request.kind for request in iter(work.next, None) if request.kind in WRITES)
    assert kinds == {Kind.CREATE: 5}


@pytest.mark.parametrize("load", [LOAD, MIX])
def test_a_load_survives_the_way_to_its_process(load: Load) -> None:
    line = load.to_json()
    assert "\n" not in line
    assert Load.from_json(line) == load


def test_words_to_search_for_have_letters_only_and_more_than_two() -> None:
    assert list(words_of(iter(["Íñigo de la Peña", "O'Neill Ñ 007"]))) == ["Íñigo", "Peña"]
