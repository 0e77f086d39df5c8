"""Creating and changing an employee: the server's words, and nothing that was typed is lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Request

    from tests.browser.directory import Directory
    from tests.browser.stack import LocalStack

LUCIA = {
    "nombre": "Lucía Gómez",
    "email": "Lucia@Example.com",
    "posicion": "Diseñadora",
    "salario": "4200,50",
    "fecha_contratacion": "2024-02-29",
}


def writes_of(directory: Directory) -> list[Request]:
    """The requests that change something, from now on."""
    requests: list[Request] = []
    directory.page.on("request", lambda request: requests.append(request) if request.method != "GET" else None)
    return requests


def test_a_new_employee_is_saved_and_shown(stack: LocalStack, directory: Directory) -> None:
    directory.open()
    directory.press("Nuevo empleado")
    expect(directory.field("nombre")).to_be_focused()
    directory.fill(**LUCIA)

    directory.press("Guardar")

    expect(directory.notice("Guardado: Lucía Gómez")).to_be_visible()
    expect(directory.heading("Lucía Gómez")).to_be_visible()
    directory.expect_names("Lucía Gómez")
    [row] = stack.employees()
    assert (row["email"], row["salario"], row["fecha_contratacion"]) == ("lucia@example.com", 4200.5, "2024-02-29")


def test_the_back_button_after_saving_leads_to_the_list_and_not_into_the_form(directory: Directory) -> None:
    directory.open()
    directory.press("Nuevo empleado")
    directory.fill(**LUCIA)
    directory.press("Guardar")
    expect(directory.heading("Lucía Gómez")).to_be_visible()

    directory.page.go_back()

    expect(directory.panel).to_be_hidden()


def test_every_error_stands_beside_its_field_in_the_servers_words(stack: LocalStack, directory: Directory) -> None:
    directory.open("#/empleados/nuevo")
    directory.fill(nombre="", email="no es un correo", posicion="Analista", salario="doce")

    directory.press("Guardar")

    refused = stack.http.post(
        "/empleados", json={"nombre": "", "email": "no es un correo", "posicion": "Analista", "salario": "doce"}
    )
    words = {error["campo"]: error["mensaje"] for error in refused.json()["errores"]}
    assert set(words) == {"nombre", "email", "salario"}
    for name, text in words.items():
        expect(directory.error_of(name)).to_have_text(text)
        expect(directory.field(name)).to_have_attribute("aria-invalid", "true")
    expect(directory.error_of("posicion")).to_be_hidden()
    expect(directory.alert).to_be_focused()
    directory.alert.get_by_role("link", name=re.compile("^Correo:")).click()
    expect(directory.field("email")).to_be_focused()


def test_the_servers_words_come_in_the_readers_language(directory: Directory) -> None:
    directory.open("#/empleados/nuevo")
    directory.press("English")
    directory.fill(nombre="Ana", email="x", posicion="Analyst", salario="1")

    directory.press("Save")

    expect(directory.error_of("email")).to_have_text("It is not a valid e-mail address.")


def test_an_address_that_is_taken_is_said_beside_the_address(stack: LocalStack, directory: Directory) -> None:
    stack.create(email="lucia@example.com")
    directory.open("#/empleados/nuevo")
    directory.fill(**LUCIA)

    directory.press("Guardar")

    expect(directory.error_of("email")).to_have_text("Ya lo tiene otro empleado.")
    expect(directory.field("nombre")).to_have_value("Lucía Gómez")
    assert len(stack.employees()) == 1


@pytest.mark.parametrize(
    ("typed", "saved"), [("1.234,5", 1234.5), ("1,234.50", 1234.5), ("1 234 567", 1234567), ("0", 0)]
)
def test_a_salary_may_be_written_as_people_write_it(
    stack: LocalStack, directory: Directory, typed: str, saved: float
) -> None:
    directory.open("#/empleados/nuevo")
    directory.fill(**{**LUCIA, "salario": typed})

    directory.press("Guardar")

    expect(directory.notice("Guardado")).to_be_visible()
    assert [row["salario"] for row in stack.employees()] == [saved]


def test_a_salary_that_can_be_read_in_two_ways_is_not_guessed(stack: LocalStack, directory: Directory) -> None:
    directory.open("#/empleados/nuevo")
    directory.fill(**{**LUCIA, "salario": "1.234"})

    directory.press("Guardar")

    expect(directory.error_of("salario")).to_contain_text("miles o decimales")
    assert stack.employees() == []


def test_a_double_click_on_save_sends_once(stack: LocalStack, directory: Directory) -> None:
    directory.open("#/empleados/nuevo")
    directory.fill(**LUCIA)
    writes = writes_of(directory)

    directory.page.get_by_role("button", name="Guardar").dblclick()

    expect(directory.notice("Guardado: Lucía Gómez")).to_be_visible()
    assert [(request.method, request.post_data_json["nombre"]) for request in writes] == [("POST", "Lucía Gómez")]
    assert len(stack.employees()) == 1


def test_a_change_sends_only_what_changed_and_the_version_it_was_made_on(
    stack: LocalStack, directory: Directory
) -> None:
    row = stack.create(nombre="Ana Pérez")
    directory.open()
    directory.press("Editar a Ana Pérez")
    expect(directory.field("salario")).to_have_value("5000,50")
    writes = writes_of(directory)

    directory.fill(posicion="Jefa de análisis")
    directory.press("Guardar")

    expect(directory.row("Ana Pérez")).to_contain_text("Jefa de análisis")
    [request] = writes
    assert request.post_data_json == {"posicion": "Jefa de análisis"}
    assert request.headers["if-match"] == '"1"'
    assert stack.events(row["id"]) == ["actualizado", "creado"]


def test_what_was_typed_outlives_a_reload(stack: LocalStack, directory: Directory) -> None:
    directory.open("#/empleados/nuevo")
    directory.field("nombre").press_sequentially("Lucía a medio escribir")
    directory.page.on("dialog", lambda dialog: dialog.accept())  # the browser warns about leaving

    directory.page.reload()

    expect(directory.field("nombre")).to_have_value("Lucía a medio escribir")
    expect(directory.panel.get_by_text("Se recuperó lo que no había guardado.")).to_be_visible()
    directory.press("Descartarlo")
    expect(directory.field("nombre")).to_have_value("")
    assert stack.employees() == []


def test_what_was_typed_outlives_a_walk_to_another_view(directory: Directory) -> None:
    directory.open("#/empleados/nuevo")
    directory.field("nombre").press_sequentially("Lucía")

    directory.go("Resumen")
    directory.go("Empleados")
    directory.press("Nuevo empleado")

    expect(directory.field("nombre")).to_have_value("Lucía")


def test_cancelling_forgets_and_can_be_taken_back(directory: Directory) -> None:
    directory.open("#/empleados/nuevo")
    directory.field("nombre").press_sequentially("Lucía")

    directory.press("Cancelar")
    expect(directory.panel).to_be_hidden()
    directory.press("Deshacer")

    expect(directory.field("nombre")).to_have_value("Lucía")


def test_leaving_with_something_unsaved_is_warned_about_and_without_is_not(directory: Directory) -> None:
    warnings: list[str] = []
    directory.open("#/empleados/nuevo")
    directory.page.on("dialog", lambda dialog: (warnings.append(dialog.type), dialog.accept()))

    directory.page.reload()
    assert warnings == []
    directory.field("nombre").press_sequentially("L")
    directory.page.reload()

    assert warnings == ["beforeunload"]


def test_the_network_failing_in_the_middle_of_a_save_loses_nothing(stack: LocalStack, directory: Directory) -> None:
    directory.open("#/empleados/nuevo")
    directory.fill(**LUCIA)
    directory.cut("/empleados", method="POST")

    directory.press("Guardar")
    expect(directory.alert).to_contain_text("El servidor no responde")
    expect(directory.alert).to_contain_text("Lo que escribió sigue aquí")
    expect(directory.field("nombre")).to_have_value("Lucía Gómez")
    directory.mend()
    directory.press("Guardar")

    expect(directory.notice("Guardado: Lucía Gómez")).to_be_visible()
    assert len(stack.employees()) == 1


def test_a_creation_whose_answer_was_lost_is_recognised_and_not_done_twice(
    stack: LocalStack, directory: Directory
) -> None:
    directory.open("#/empleados/nuevo")
    directory.fill(**LUCIA)
    directory.lose_answers("/empleados", method="POST")
    directory.press("Guardar")
    expect(directory.alert).to_contain_text("No sabemos si llegó a guardarse")
    directory.mend()
    directory.press("Guardar")

    expect(directory.notice("Guardado: Lucía Gómez")).to_be_visible()
    [row] = stack.employees()
    assert stack.events(row["id"]) == ["creado"]


def test_a_save_that_is_corrected_after_its_answer_was_lost_makes_nobody_else(
    stack: LocalStack, directory: Directory
) -> None:
    """The first save came through. What is saved next has another address, which no rule of the table would refuse."""
    directory.open("#/empleados/nuevo")
    directory.fill(**LUCIA)
    directory.lose_answers("/empleados", method="POST")
    directory.press("Guardar")
    expect(directory.alert).to_contain_text("No sabemos si llegó a guardarse")
    directory.fill(email="lucia.gomez@example.com", salario="1")
    directory.press("Guardar")
    expect(directory.alert).to_contain_text("El servidor no responde")
    directory.mend()
    directory.fill(posicion="Jefa")
    directory.press("Guardar")

    expect(directory.notice("Guardado: Lucía Gómez")).to_be_visible()
    [row] = stack.employees()
    assert (row["email"], row["salario"], row["posicion"]) == ("lucia.gomez@example.com", 1, "Jefa")
    assert stack.events(row["id"]) == ["actualizado", "creado"]


def test_a_save_whose_answer_was_lost_is_not_done_twice_after_a_reload(stack: LocalStack, directory: Directory) -> None:
    directory.open("#/empleados/nuevo")
    directory.fill(**LUCIA)
    directory.lose_answers("/empleados", method="POST")
    directory.press("Guardar")
    expect(directory.alert).to_contain_text("No sabemos si llegó a guardarse")
    directory.mend()
    directory.page.on("dialog", lambda dialog: dialog.accept())
    directory.page.reload()
    directory.fill(email="lucia.gomez@example.com")
    directory.press("Guardar")

    expect(directory.notice("Guardado: Lucía Gómez")).to_be_visible()
    assert [row["email"] for row in stack.employees()] == ["lucia.gomez@example.com"]


def test_each_form_has_a_key_of_its_own(stack: LocalStack, directory: Directory) -> None:
    writes = writes_of(directory)
    for number in range(2):
        directory.open("#/empleados/nuevo")
        directory.page.reload()
        directory.fill(**{**LUCIA, "email": f"lucia{number}@example.com"})
        directory.press("Guardar")
        expect(directory.notice("Guardado: Lucía Gómez")).to_be_visible()

    assert len({request.headers["idempotency-key"] for request in writes}) == 2
    assert len(stack.employees()) == 2


def test_a_change_whose_answer_was_lost_is_recognised_and_is_no_conflict(
    stack: LocalStack, directory: Directory
) -> None:
    row = stack.create()
    directory.open(f"#/empleados/{row['id']}/editar")
    directory.fill(posicion="Jefa")
    directory.lose_answers(r"/empleados/\d+", method="PUT")
    directory.press("Guardar")
    expect(directory.alert).to_contain_text("El servidor no responde")
    directory.mend()
    directory.press("Guardar")

    expect(directory.notice("Guardado")).to_be_visible()
    assert stack.events(row["id"]) == ["actualizado", "creado"]
