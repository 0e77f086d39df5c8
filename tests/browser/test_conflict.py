"""Two people change the same employee."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import OpenTab
    from tests.browser.directory import Directory
    from tests.browser.stack import LocalStack


@pytest.fixture
def berta(stack: LocalStack, directory_of: OpenTab) -> Directory:
    """Berta's tab, in which she has just met the change of Carlos.

    He made it Jefa with 6000, she Directora from 2021 on.
    """
    row = stack.create(nombre="Ana Pérez", posicion="Analista", salario=5000, fecha_contratacion="2020-01-31")
    berta, carlos = directory_of(), directory_of()
    for person in (berta, carlos):
        person.open(f"#/empleados/{row['id']}/editar")
        expect(person.field("nombre")).to_have_value("Ana Pérez")
    carlos.fill(posicion="Jefa", salario="6000")
    carlos.press("Guardar")
    expect(carlos.notice("Guardado")).to_be_visible()
    berta.fill(posicion="Directora", fecha_contratacion="2021-01-01")
    berta.press("Guardar")
    expect(dialog_of(berta)).to_be_visible()
    return berta


def dialog_of(person: Directory) -> Locator:
    return person.page.get_by_role("dialog", name="Alguien cambió estos datos mientras usted los editaba")


def choice(person: Directory, field: str, whose: str) -> Locator:
    return dialog_of(person).get_by_role("group", name=field).get_by_role("radio", name=whose)


def only_row(stack: LocalStack) -> tuple[object, ...]:
    [row] = stack.employees()
    return row["posicion"], row["salario"], row["fecha_contratacion"], row["version"]


def test_both_versions_are_shown_and_only_where_they_differ(stack: LocalStack, berta: Directory) -> None:
    groups = dialog_of(berta).get_by_role("group")

    expect(groups).to_have_text(
        [
            "Posición (antes: Analista)Lo míoDirectoraLo guardadoJefa",
            "Salario (antes: 5.000,00)Lo mío5.000,00Lo guardado6.000,00",
            "Contratación (antes: 31 ene 2020)Lo mío1 ene 2021Lo guardado31 ene 2020",
        ]
    )
    assert only_row(stack) == ("Jefa", 6000, "2020-01-31", 2)


def test_who_alone_changed_a_field_is_taken_at_his_word(stack: LocalStack, berta: Directory) -> None:
    expect(choice(berta, "Posición", "Lo mío")).to_be_checked()
    expect(choice(berta, "Salario", "Lo guardado")).to_be_checked()
    expect(choice(berta, "Contratación", "Lo mío")).to_be_checked()

    berta.press("Guardar lo elegido")

    expect(berta.notice("Guardado")).to_be_visible()
    assert only_row(stack) == ("Directora", 6000, "2021-01-01", 3)


def test_each_field_can_be_chosen(stack: LocalStack, berta: Directory) -> None:
    choice(berta, "Posición", "Lo guardado").check()
    choice(berta, "Salario", "Lo mío").check()

    berta.press("Guardar lo elegido")

    expect(berta.notice("Guardado")).to_be_visible()
    assert only_row(stack) == ("Jefa", 5000, "2021-01-01", 3)


def test_discarding_leaves_what_the_other_saved(stack: LocalStack, berta: Directory) -> None:
    berta.press("Descartar lo mío")

    expect(berta.panel.get_by_text("Jefa", exact=True)).to_be_visible()
    assert only_row(stack) == ("Jefa", 6000, "2020-01-31", 2)


@pytest.mark.parametrize("way", ["Seguir editando", "Escape"])
def test_going_on_loses_nothing_and_the_next_save_asks_again(stack: LocalStack, berta: Directory, way: str) -> None:
    if way == "Escape":
        berta.page.keyboard.press("Escape")
    else:
        berta.press(way)

    expect(dialog_of(berta)).to_be_hidden()
    expect(berta.field("posicion")).to_have_value("Directora")
    assert only_row(stack) == ("Jefa", 6000, "2020-01-31", 2)
    berta.press("Guardar")
    expect(dialog_of(berta)).to_be_visible()


def test_a_third_change_during_the_choice_is_a_conflict_again(stack: LocalStack, berta: Directory) -> None:
    [row] = stack.employees()
    stack.change(row["id"], posicion="Presidenta")

    berta.press("Guardar lo elegido")

    expect(dialog_of(berta)).to_contain_text("Presidenta")
    assert only_row(stack)[0] == "Presidenta"


def test_an_unsaved_change_that_was_left_and_found_again_still_knows_what_it_was_based_on(
    stack: LocalStack, directory: Directory
) -> None:
    row = stack.create(posicion="Analista", salario=5000)
    directory.open(f"#/empleados/{row['id']}/editar")
    directory.fill(posicion="Directora")
    directory.go("Resumen")
    stack.change(row["id"], salario=9000)

    directory.go("Empleados")
    directory.press("Editar a Ana Pérez")
    expect(directory.field("posicion")).to_have_value("Directora")
    directory.press("Guardar")

    expect(choice(directory, "Salario", "Lo guardado")).to_be_checked()
    directory.press("Guardar lo elegido")
    expect(directory.notice("Guardado")).to_be_visible()
    assert only_row(stack)[:2] == ("Directora", 9000)


def test_a_row_that_somebody_deleted_meanwhile_can_be_created_again_from_what_was_typed(
    stack: LocalStack, directory: Directory
) -> None:
    row = stack.create()
    directory.open(f"#/empleados/{row['id']}/editar")
    directory.fill(posicion="Directora")
    stack.delete(row["id"])

    directory.press("Guardar")
    expect(directory.alert).to_contain_text("Alguien eliminó a este empleado mientras tanto")
    directory.press("Crear de nuevo con estos datos")
    expect(directory.field("posicion")).to_have_value("Directora")
    directory.press("Guardar")

    expect(directory.notice("Guardado")).to_be_visible()
    assert only_row(stack) == ("Directora", 5000.5, "2020-01-31", 1)
