"""Deleting: undo is in reach, and the server is told only when it is not any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.directory import UNDO_SECONDS

if TYPE_CHECKING:
    from tests.browser.directory import Directory
    from tests.browser.stack import LocalStack


def test_undo_leaves_everything_as_it_was(stack: LocalStack, directory: Directory) -> None:
    row = stack.create(nombre="Ana Pérez")
    directory.open()

    directory.press("Eliminar a Ana Pérez")
    expect(directory.notice("Se eliminará a Ana Pérez.")).to_be_visible()
    directory.notice("Se eliminará").get_by_role("button", name="Deshacer").click()

    expect(directory.page.get_by_role("button", name="Eliminar a Ana Pérez")).to_be_visible()
    assert stack.employees()[0]["id"] == row["id"]
    assert stack.events(row["id"]) == ["creado"]


def test_undo_is_in_the_row_too(stack: LocalStack, directory: Directory) -> None:
    stack.create(nombre="Ana Pérez")
    directory.open()
    directory.press("Eliminar a Ana Pérez")

    directory.row("Ana Pérez").get_by_role("button", name="Deshacer").click()

    expect(directory.notice("Se eliminará")).to_be_hidden()
    assert len(stack.employees()) == 1


def test_after_the_time_to_undo_the_employee_is_gone_and_the_history_is_not(
    stack: LocalStack, directory: Directory
) -> None:
    row = stack.create(nombre="Ana Pérez")
    directory.page.clock.install()
    directory.open()
    directory.press("Eliminar a Ana Pérez")
    expect(directory.notice("Se eliminará")).to_be_visible()
    directory.page.mouse.move(5, 5)  # pointed at, a notice waits

    directory.page.clock.fast_forward(UNDO_SECONDS * 1000 + 500)

    expect(directory.notice("Eliminado: Ana Pérez")).to_be_visible()
    expect(directory.heading("Todavía no hay empleados")).to_be_visible()
    assert stack.events(row["id"]) == ["eliminado", "creado"]


def test_the_time_to_undo_waits_while_somebody_is_at_the_notice(stack: LocalStack, directory: Directory) -> None:
    stack.create(nombre="Ana Pérez")
    directory.page.clock.install()
    directory.open()
    directory.press("Eliminar a Ana Pérez")

    directory.notice("Se eliminará").hover()
    directory.page.clock.run_for(3 * UNDO_SECONDS * 1000)

    expect(directory.notice("Se eliminará")).to_be_visible()
    assert len(stack.employees()) == 1


def test_who_leaves_the_page_has_deleted(stack: LocalStack, directory: Directory) -> None:
    row = stack.create(nombre="Ana Pérez")
    directory.open()
    directory.press("Eliminar a Ana Pérez")
    expect(directory.notice("Se eliminará")).to_be_visible()

    directory.page.goto("about:blank")

    directory.page.wait_for_timeout(500)
    assert stack.events(row["id"]) == ["eliminado", "creado"]


def test_a_row_that_changed_meanwhile_is_not_deleted(stack: LocalStack, directory: Directory) -> None:
    row = stack.create(nombre="Ana Pérez")
    directory.open()
    directory.press("Eliminar a Ana Pérez")
    stack.change(row["id"], posicion="Directora")

    directory.notice("Se eliminará").get_by_role("button", name="Cerrar").click()

    expect(directory.alert).to_contain_text("No se eliminó a Ana Pérez: alguien cambió sus datos")
    expect(directory.row("Ana Pérez")).to_contain_text("Directora")
    assert len(stack.employees()) == 1


def test_a_row_that_somebody_else_deleted_is_simply_gone(stack: LocalStack, directory: Directory) -> None:
    row = stack.create(nombre="Ana Pérez")
    directory.open()
    directory.press("Eliminar a Ana Pérez")
    stack.delete(row["id"])

    directory.notice("Se eliminará").get_by_role("button", name="Cerrar").click()

    expect(directory.notice("Ana Pérez ya estaba eliminado.")).to_be_visible()


def test_a_delete_that_fails_brings_the_row_back_and_says_why(stack: LocalStack, directory: Directory) -> None:
    row = stack.create(nombre="Ana Pérez")
    directory.open(f"#/empleados/{row['id']}")
    directory.cut(rf"/empleados/{row['id']}", method="DELETE")

    directory.press("Eliminar")
    directory.notice("Se eliminará").get_by_role("button", name="Cerrar").click()

    expect(directory.alert).to_contain_text("No se pudo eliminar a Ana Pérez. El servidor no responde")
    expect(directory.page.get_by_role("button", name="Eliminar a Ana Pérez")).to_be_visible()
    directory.mend()
    directory.press("Reintentar")
    expect(directory.notice("Se eliminará a Ana Pérez.")).to_be_visible()
