"""Two people change the same employee."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def berta(stack, directory):
    """Berta's tab with the conflict: Carlos made Ana Jefa with 6000, Berta Directora from 2021 on."""
    row = stack.create(nombre="Ana Pérez", posicion="Analista", salario=5000, fecha_contratacion="2020-01-31")
    directory.open(f"#/empleados/{row['id']}/editar")
    expect(directory.field("nombre")).to_have_value("Ana Pérez")
    stack.change(row["id"], posicion="Jefa", salario=6000)
    directory.fill(posicion="Directora", fecha_contratacion="2021-01-01")
    directory.press("Guardar")
    expect(dialog_of(directory)).to_be_visible()
    return directory


def dialog_of(person):
    return person.page.get_by_role("dialog", name="Alguien cambió estos datos mientras usted los editaba")


def choice(person, field, whose):
    return dialog_of(person).get_by_role("group", name=field).get_by_role("radio", name=whose)


def only_row(stack):
    [row] = stack.employees()
    return row["posicion"], row["salario"], row["fecha_contratacion"], row["version"]


def test_differing_fields_are_shown_and_what_only_one_changed_is_suggested(stack, berta):
    expect(dialog_of(berta).get_by_role("group")).to_have_text(
        [
            "Posición (antes: Analista)Lo míoDirectoraLo guardadoJefa",
            "Salario (antes: 5.000,00)Lo mío5.000,00Lo guardado6.000,00",
            "Contratación (antes: 31 ene 2020)Lo mío1 ene 2021Lo guardado31 ene 2020",
        ]
    )
    expect(choice(berta, "Posición", "Lo mío")).to_be_checked()
    expect(choice(berta, "Salario", "Lo guardado")).to_be_checked()
    expect(choice(berta, "Contratación", "Lo mío")).to_be_checked()
    assert only_row(stack) == ("Jefa", 6000, "2020-01-31", 2)

    for field, whose in {"Posición": "Lo guardado", "Salario": "Lo mío"}.items():
        choice(berta, field, whose).check()
    berta.press("Guardar lo elegido")

    expect(berta.notice("Guardado")).to_be_visible()
    assert only_row(stack) == ("Jefa", 5000, "2021-01-01", 3)


def test_postponing_loses_nothing_and_discarding_leaves_what_the_other_saved(stack, berta):
    for postpone in (lambda: berta.press("Seguir editando"), lambda: berta.page.keyboard.press("Escape")):
        postpone()
        expect(dialog_of(berta)).to_be_hidden()
        expect(berta.field("posicion")).to_have_value("Directora")
        assert only_row(stack) == ("Jefa", 6000, "2020-01-31", 2)
        berta.press("Guardar")
        expect(dialog_of(berta)).to_be_visible()
    berta.press("Descartar lo mío")

    expect(berta.panel.get_by_text("Jefa", exact=True)).to_be_visible()
    assert only_row(stack) == ("Jefa", 6000, "2020-01-31", 2)


def test_a_draft_knows_the_version_it_was_based_on(stack, directory):
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


def test_an_employee_deleted_meanwhile_can_be_created_again(stack, directory):
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
