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
    directory.fill(posicion="Directora", fecha_contratacion="1/1/2021")
    directory.press("Guardar")
    expect(directory.dialog).to_be_visible()
    return directory


def only_row(stack):
    [row] = stack.employees()
    return row["posicion"], row["salario"], row["fecha_contratacion"], row["version"]


def test_only_what_both_changed_is_asked_and_the_other_person_is_named(stack, berta):
    expect(berta.dialog.get_by_role("heading")).to_have_text("admin@example.com cambió estos datos a la vez que usted")
    expect(berta.dialog.get_by_role("group")).to_have_text(
        ["Posición (antes: Analista)UstedDirectoraadmin@example.comJefa"]
    )
    berta.expect_accessible()
    for postpone in (lambda: berta.press("Seguir editando"), lambda: berta.page.keyboard.press("Escape")):
        postpone()
        expect(berta.dialog).to_be_hidden()
        expect(berta.field("posicion")).to_have_value("Directora")
        assert only_row(stack) == ("Jefa", 6000, "2020-01-31", 2)
        berta.press("Guardar")
        expect(berta.dialog.get_by_role("radio", name="Usted")).to_be_checked()
    berta.dialog.get_by_role("radio", name="admin@example.com").check()

    berta.press("Guardar lo elegido")

    expect(berta.notice("Guardado: Ana Pérez")).to_be_visible()
    assert only_row(stack) == ("Jefa", 6000, "2021-01-01", 3)


def test_discarding_leaves_what_the_other_saved(stack, berta):
    berta.press("Descartar lo mío")

    expect(berta.notice("queda lo guardado")).to_be_visible()
    expect(berta.notice("Guardado:")).to_have_count(0)
    expect(berta.panel.locator("dl").get_by_text("Jefa", exact=True)).to_be_visible()
    assert only_row(stack) == ("Jefa", 6000, "2020-01-31", 2)


def test_a_draft_over_a_newer_row_keeps_what_each_changed(stack, directory):
    row = stack.create(posicion="Analista", salario=5000)
    directory.open(f"#/empleados/{row['id']}/editar")
    directory.fill(posicion="Directora")
    directory.go("Resumen")
    expect(directory.notice("Lo que escribió queda como borrador.")).to_be_visible()
    stack.change(row["id"], salario=9000)

    directory.press("Continuar")
    expect(directory.field("posicion")).to_have_value("Directora")
    directory.press("Guardar")

    expect(directory.notice("Guardado: Ana Pérez")).to_be_visible()
    assert only_row(stack)[:2] == ("Directora", 9000)


def test_an_employee_deleted_meanwhile_can_be_restored_with_the_change(stack, directory):
    row = stack.create()
    directory.open(f"#/empleados/{row['id']}/editar")
    directory.fill(posicion="Directora")
    stack.delete(row["id"])

    directory.press("Guardar")
    expect(directory.alert).to_contain_text("Alguien eliminó a este empleado mientras tanto")
    directory.press("Restaurar y guardar")

    expect(directory.notice("Guardado: Ana Pérez")).to_be_visible()
    assert only_row(stack)[0] == "Directora"
    assert stack.events(row["id"]) == ["actualizado", "restaurado", "eliminado", "creado"]
