from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from benchmarks.load.directory import Directory, DirectoryEmpty, DirectoryRefused, RowsLeft
from benchmarks.load.fake_directory import json_answer
from benchmarks.load.work import OWN_DOMAIN, OWN_POSITION, OwnRow, own_employee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.load.fake_directory import FakeDirectory
    from local.wire import WireAnswer, WireRequest


@pytest.fixture
def directory(fake_directory: FakeDirectory) -> Iterator[Directory]:
    with httpx.Client(trust_env=False) as client:
        yield Directory(client, fake_directory.url)


def add_own(fake: FakeDirectory, number: int) -> list[int]:
    return [fake.add(**own_employee("a1", index)) for index in range(number)]


def test_an_excerpt_is_of_the_first_rows_and_of_the_last(directory: Directory, fake_directory: FakeDirectory) -> None:
    for number in range(400):
        fake_directory.add(nombre="Íñigo Peña", email=f"i{number}@example.com", posicion="Contable")
    excerpt = directory.excerpt()
    assert set(excerpt.ids) == {*range(1, 201), *range(321, 521)}
    assert excerpt.words == ("Ana", "Núñez", "Peña", "Íñigo")
    assert excerpt.positions == ("Analista", "Contable")
    assert excerpt.second_page == "orden=nombre&limite=50&cursor=50"


def test_the_second_page_is_the_first_when_there_is_no_other(
    directory: Directory, fake_directory: FakeDirectory
) -> None:
    for id_ in list(fake_directory.rows)[10:]:
        del fake_directory.rows[id_]
    assert directory.excerpt().second_page == "orden=nombre&limite=50"


def test_names_without_a_word_to_search_for_do_not_stop_a_load(
    directory: Directory, fake_directory: FakeDirectory
) -> None:
    for row in fake_directory.rows.values():
        row["nombre"] = "Li 2"
    assert directory.excerpt().words == ("ana",)


def test_rows_of_load_tests_are_not_asked_for(directory: Directory, fake_directory: FakeDirectory) -> None:
    own = add_own(fake_directory, 3)
    excerpt = directory.excerpt()
    assert not set(own) & set(excerpt.ids)
    assert OWN_POSITION not in excerpt.positions


@pytest.mark.parametrize("own", [0, 2])
def test_an_empty_directory_is_no_directory_to_measure(
    own: int, directory: Directory, fake_directory: FakeDirectory
) -> None:
    fake_directory.rows.clear()
    add_own(fake_directory, own)
    with pytest.raises(DirectoryEmpty, match="is empty: fill it with `make demo`"):
        directory.excerpt()


def test_own_rows_are_created_with_the_marker(directory: Directory, fake_directory: FakeDirectory) -> None:
    rows = directory.create_own_rows("a1", 2)
    assert rows == (OwnRow(121, '"1"'), OwnRow(122, '"1"'))
    assert [fake_directory.rows[row.id]["email"] for row in rows] == [f"a1-{number}@{OWN_DOMAIN}" for number in (0, 1)]


def test_all_rows_of_load_tests_are_removed_and_no_others(directory: Directory, fake_directory: FakeDirectory) -> None:
    theirs = set(fake_directory.rows)
    # Somebody real may mention the domain, or have the position: neither makes him a row of a load test.
    theirs.add(fake_directory.add(email="ana@example.com", nombre=OWN_DOMAIN, posicion=OWN_POSITION))
    theirs.add(fake_directory.add(email=f"ana@{OWN_DOMAIN}.example", posicion=OWN_POSITION))
    theirs.add(fake_directory.add(email=f"ana@otra-{OWN_DOMAIN}", posicion=OWN_POSITION))
    own = add_own(fake_directory, 250)
    assert sorted(directory.remove_own_rows()) == own
    assert set(fake_directory.rows) == theirs


def test_a_row_that_somebody_else_removes_meanwhile_is_gone_too(
    directory: Directory, fake_directory: FakeDirectory
) -> None:
    own = add_own(fake_directory, 3)

    def vanish(request: WireRequest) -> WireAnswer | None:
        if request.method == "DELETE" and request.path == f"/empleados/{own[1]}":
            del fake_directory.rows[own[1]]
        return None

    fake_directory.fault = vanish
    assert list(directory.remove_own_rows()) == own


def test_rows_that_cannot_be_removed_are_named_as_what_they_are(
    directory: Directory, fake_directory: FakeDirectory
) -> None:
    add_own(fake_directory, 3)
    fake_directory.fault = lambda request: json_answer({}, 503) if request.method == "DELETE" else None
    with pytest.raises(RowsLeft, match=rf"503 to DELETE .* Employees of {re.escape(OWN_DOMAIN)} are left: the next "):
        list(directory.remove_own_rows())
    assert len(fake_directory.asked("DELETE")) == 1


def test_a_wrong_answer_is_named(directory: Directory, fake_directory: FakeDirectory) -> None:
    fake_directory.fault = lambda _: json_answer({}, 500)
    with pytest.raises(DirectoryRefused, match=r"answered 500 to GET /empleados\.$"):
        directory.excerpt()


def test_a_directory_that_is_gone_is_named(directory: Directory, fake_directory: FakeDirectory) -> None:
    fake_directory.stop()
    with pytest.raises(DirectoryRefused, match=r"does not answer any more \(ConnectError\)\.$"):
        directory.create_own_rows("a1", 1)
