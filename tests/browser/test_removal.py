"""Deleting takes effect at once, can be undone, and never undoes what another person changed."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def ana(stack, directory):
    """Ana, in the list."""
    row = stack.create(nombre="Ana Pérez")
    directory.open()
    expect(directory.row("Ana Pérez")).to_be_visible()
    return row


def test_a_deletion_can_be_undone_also_with_a_key_and_after_a_reload(stack, directory, ana):
    directory.page.clock.set_fixed_time("2026-11-29")  # ten seconds, also after a reload
    for undo in (
        lambda: directory.press("Deshacer"),
        lambda: directory.page.keyboard.press("u"),
        lambda: (directory.page.reload(), directory.press("Deshacer")),
    ):
        directory.press("Eliminar a Ana Pérez")
        expect(directory.notice("Eliminado: Ana Pérez")).to_be_visible()
        expect(directory.heading("Todavía no hay empleados")).to_be_visible()
        directory.expect_accessible()
        undo()
        expect(directory.notice("Restaurado: Ana Pérez")).to_be_visible()
        directory.expect_names("Ana Pérez")
    assert stack.events(ana["id"]) == ["restaurado", "eliminado"] * 3 + ["creado"]
    assert [row["id"] for row in stack.employees()] == [ana["id"]]


@pytest.mark.usefixtures("ana")
def test_without_network_a_deletion_waits_and_is_sent_once(directory):
    directory.page.context.set_offline(True)
    directory.press("Eliminar a Ana Pérez")
    expect(directory.notice("Se eliminará a Ana Pérez cuando vuelva la red.")).to_be_visible()
    deletes = directory.requests(writes=True)
    directory.page.context.set_offline(False)

    expect(directory.notice("Eliminado: Ana Pérez")).to_be_visible()
    assert [request.method for request in deletes] == ["DELETE"]


def test_a_delete_that_fails_says_why_until_it_is_retried_and_spares_a_row_that_changed(stack, directory, ana):
    directory.page.clock.install()
    directory.cut(rf"/empleados/{ana['id']}", method="DELETE")
    directory.press("Eliminar a Ana Pérez")
    failed = directory.notice("No se pudo eliminar a Ana Pérez. El servidor no responde")
    expect(failed).to_be_visible()
    directory.page.clock.run_for(60_000)
    directory.expect_accessible()
    expect(failed).to_be_visible()  # an error stays until it is closed
    directory.mend()

    retry = failed.get_by_role("button", name="Reintentar")
    stack.change(ana["id"], posicion="Directora")
    retry.click()
    expect(directory.notice("No se eliminó a Ana Pérez: alguien cambió sus datos")).to_be_visible()
    expect(failed).to_be_hidden()
    expect(directory.row("Ana Pérez")).to_contain_text("Directora")
    directory.press("Eliminar a Ana Pérez")
    deleted = directory.notice("Eliminado: Ana Pérez")
    expect(deleted).to_be_visible()
    assert stack.events(ana["id"]) == ["eliminado", "actualizado", "creado"]
    directory.page.clock.run_for(60_000)
    expect(deleted).to_be_visible()  # while the pointer is on it
    directory.page.evaluate("delete HTMLElement.prototype.matches")
    directory.page.clock.run_for(11_000)
    expect(deleted).to_have_count(0)
