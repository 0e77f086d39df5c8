"""Deleting: the undo is within reach, and the server hears of it only afterwards."""

import pytest
from playwright.sync_api import expect

from tests.browser.directory import UNDO_SECONDS


@pytest.fixture
def leaving(stack, directory):
    """Ana, about to be deleted in the list; the page's clock is the test's."""
    row = stack.create(nombre="Ana Pérez")
    directory.page.clock.install()
    directory.open()
    directory.press("Eliminar a Ana Pérez")
    expect(directory.notice("Se eliminará a Ana Pérez.")).to_be_visible()
    directory.page.mouse.move(5, 5)  # a notice waits while the pointer is on it
    return row


def close_notice(directory):
    """Do not wait for the end of the time to undo."""
    directory.notice("Se eliminará").get_by_role("button", name="Cerrar").click()


def test_undo_in_the_notice_or_in_the_row_leaves_everything_as_it_was(stack, directory, leaving):
    directory.notice("Se eliminará").get_by_role("button", name="Deshacer").click()
    directory.press("Eliminar a Ana Pérez")
    directory.row("Ana Pérez").get_by_role("button", name="Deshacer").click()

    expect(directory.notice("Se eliminará")).to_be_hidden()
    directory.page.clock.run_for(3 * UNDO_SECONDS * 1000)
    assert stack.events(leaving["id"]) == ["creado"]


def test_after_the_time_to_undo_the_employee_is_gone_and_the_history_is_not(stack, directory, leaving):
    directory.notice("Se eliminará").hover()
    directory.page.clock.run_for(3 * UNDO_SECONDS * 1000)
    expect(directory.notice("Se eliminará")).to_be_visible()
    assert len(stack.employees()) == 1
    directory.page.mouse.move(5, 5)

    directory.page.clock.fast_forward(UNDO_SECONDS * 1000 + 500)

    expect(directory.notice("Eliminado: Ana Pérez")).to_be_visible()
    expect(directory.heading("Todavía no hay empleados")).to_be_visible()
    assert stack.events(leaving["id"]) == ["eliminado", "creado"]
    directory.page.clock.run_for(7_000)
    expect(directory.notice("Eliminado")).to_be_hidden()


def test_leaving_the_page_confirms_the_deletion(stack, directory, leaving):
    directory.page.goto("about:blank")

    stack.wait_for("the deletion", lambda: stack.events(leaving["id"]) == ["eliminado", "creado"])


def test_a_row_that_changed_meanwhile_is_not_deleted(stack, directory, leaving):
    stack.change(leaving["id"], posicion="Directora")

    close_notice(directory)

    expect(directory.notice("No se eliminó a Ana Pérez: alguien cambió sus datos")).to_be_visible()
    expect(directory.row("Ana Pérez")).to_contain_text("Directora")
    assert len(stack.employees()) == 1


def test_a_delete_that_fails_brings_the_row_back_and_says_why(stack, directory):
    row = stack.create(nombre="Ana Pérez")
    directory.page.clock.install()
    directory.open(f"#/empleados/{row['id']}")
    directory.cut(rf"/empleados/{row['id']}", method="DELETE")

    directory.press("Eliminar")
    close_notice(directory)

    expect(directory.notice("No se pudo eliminar a Ana Pérez. El servidor no responde")).to_be_visible()
    expect(directory.button("Eliminar a Ana Pérez")).to_be_visible()
    directory.page.mouse.move(5, 5)
    directory.page.clock.run_for(60_000)
    failed = directory.notice("No se pudo eliminar a Ana Pérez. El servidor no responde")
    expect(failed).to_be_visible()  # an error stays until it is closed
    directory.mend()
    failed.get_by_role("button", name="Reintentar").click()
    expect(directory.notice("Se eliminará a Ana Pérez.")).to_be_visible()
