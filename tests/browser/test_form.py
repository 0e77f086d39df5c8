"""Creating and changing an employee: clear errors, one save, and nothing typed is lost."""

import re

from playwright.sync_api import expect

LUCIA = {
    "nombre": "Lucía Gómez",
    "email": "Lucia@Example.com",
    "posicion": "Diseñadora",
    "salario": "4200,50",
    "fecha_contratacion": "2024-02-29",
}


def open_new(directory, **values):
    """Open the form for a new employee and fill it."""
    directory.open("#/empleados/nuevo")
    directory.fill(**values)


def test_a_new_employee_is_saved_once_and_a_change_sends_only_what_changed(stack, directory):
    directory.open()
    directory.press("Nuevo empleado")
    expect(directory.field("nombre")).to_be_focused()
    directory.fill(**LUCIA)
    writes = directory.requests(writes=True)

    directory.button("Guardar").dblclick()

    expect(directory.notice("Guardado: Lucía Gómez")).to_be_visible()
    expect(directory.heading("Lucía Gómez")).to_be_visible()
    expect(directory.page).to_have_title("Lucía Gómez · Directorio")
    directory.expect_names("Lucía Gómez")
    assert [request.method for request in writes] == ["POST"]
    [row] = stack.employees()
    assert (row["email"], row["salario"], row["fecha_contratacion"]) == ("lucia@example.com", 4200.5, "2024-02-29")
    directory.page.go_back()  # to the list, not into the form
    expect(directory.panel).to_be_hidden()
    expect(directory.page).to_have_title("Empleados (1) · Directorio")
    directory.press("Editar a Lucía Gómez")
    expect(directory.field("salario")).to_have_value("4200,50")
    directory.fill(posicion="Jefa de análisis")
    directory.press("Guardar")
    expect(directory.row("Lucía Gómez")).to_contain_text("Jefa de análisis")
    expect(directory.page.get_by_label("Filtrar por posición")).to_contain_text("Jefa de análisis (1)")
    assert writes[1].post_data_json == {"posicion": "Jefa de análisis"}
    assert writes[1].headers["if-match"] == '"1"'
    assert stack.events(row["id"]) == ["actualizado", "creado"]


def test_all_errors_come_at_once_in_plain_words(stack, directory):
    open_new(directory, nombre="", email="no es un correo", posicion=" ", salario="99999999")

    directory.press("Guardar")

    for name, text in {
        "nombre": "Escriba el nombre.",
        "email": re.compile("^No es una dirección de correo"),
        "posicion": "Escriba la posición.",
        "salario": re.compile("^Debe estar entre 0 y "),
    }.items():
        expect(directory.error_of(name)).to_have_text(text)
        expect(directory.field(name)).to_have_attribute("aria-invalid", "true")
    expect(directory.error_of("fecha_contratacion")).to_be_hidden()
    expect(directory.alert).to_be_focused()
    directory.expect_accessible()
    directory.alert.get_by_role("link", name=re.compile("^Correo:")).click()
    expect(directory.field("email")).to_be_focused()
    directory.fill(salario="1.23.4")
    directory.fill(fecha_contratacion="31/2/2020")
    directory.press("Guardar")
    expect(directory.error_of("salario")).to_have_text(re.compile("^Debe ser un número"))
    expect(directory.error_of("fecha_contratacion")).to_have_text(re.compile("^Debe ser una fecha"))
    assert stack.employees() == []


def test_an_address_that_is_taken_is_refused_in_the_readers_language(stack, directory):
    stack.create(nombre="Otra", email="lucia@example.com")
    open_new(directory, **LUCIA)
    directory.choose_language("English")
    directory.press("Save")

    expect(directory.error_of("email")).to_contain_text("Another employee has it. Otra")
    expect(directory.field("nombre")).to_have_value("Lucía Gómez")
    assert len(stack.employees()) == 1


def test_what_is_unusual_is_said_and_may_be_saved(stack, directory):
    stack.create(posicion="Técnico", email="t@example.com")
    open_new(directory)
    expect(directory.panel.locator("datalist option")).to_have_count(1)  # the positions that are known
    directory.fill(**{**LUCIA, "posicion": "tecnico", "salario": "0", "fecha_contratacion": "1/1/2100"})
    doubts = directory.panel.locator(".field-doubt:visible")
    expect(doubts).to_contain_text(
        ["Ya hay 1 persona con esta posición, escrita de otra forma.", "El salario es cero.", "Es una fecha futura."]
    )
    for name, attributes in {
        "nombre": "required",
        "salario": "required inputmode",
        "fecha_contratacion": "dir",
    }.items():
        for attribute in attributes.split():
            expect(directory.field(name)).to_have_attribute(attribute, re.compile(".*"))
    expect(directory.field("salario")).to_have_accessible_name("Salario (€/año)")
    expect(directory.field("fecha_contratacion")).to_have_accessible_description(re.compile("Día, mes y año"))
    directory.press("Usar «Técnico»")
    expect(doubts).to_have_count(2)

    directory.press("Guardar y añadir otro")

    expect(directory.notice("Guardado: Lucía Gómez")).to_be_visible()
    expect(directory.field("nombre")).to_be_focused()
    expect(directory.field("posicion")).to_have_value("")
    directory.fill(**{**LUCIA, "nombre": "Eva", "email": "eva@example.com"})
    directory.press("Guardar")
    expect(directory.heading("Eva")).to_be_visible()
    assert [row["posicion"] for row in stack.employees(q="lucia")] == ["Técnico"]
    directory.press("Editar")
    writes = directory.requests(writes=True)
    directory.press("Guardar")
    expect(directory.notice("No había cambios que guardar.")).to_be_visible()
    expect(directory.heading("Eva")).to_be_visible()
    assert writes == []


def test_a_draft_outlives_a_reload_another_view_and_a_cancellation_until_it_is_discarded(directory):
    warnings = []
    directory.open("#/empleados/nuevo")
    directory.page.on("dialog", lambda dialog: (warnings.append(dialog.type), dialog.accept()))
    directory.page.reload()
    assert warnings == []  # nothing to lose yet
    directory.field("nombre").press_sequentially("Lucía")

    directory.page.reload()
    assert warnings == ["beforeunload"]
    expect(directory.field("nombre")).to_have_value("Lucía")
    directory.go("Resumen")
    directory.go("Empleados")
    directory.press("Nuevo empleado")
    expect(directory.field("nombre")).to_have_value("Lucía")
    directory.choose_language("English")
    expect(directory.field("nombre")).to_have_value("Lucía")
    directory.choose_language("Español")
    expect(directory.panel.get_by_text("Se recuperó lo que no había guardado.")).to_be_visible()
    directory.expect_accessible()
    directory.press("Cancelar")
    expect(directory.panel).to_be_hidden()
    directory.press("Deshacer")
    expect(directory.field("nombre")).to_have_value("Lucía")

    directory.press("Descartarlo")

    expect(directory.field("nombre")).to_have_value("")


def test_a_save_that_failed_offline_is_retried_once_when_the_network_returns(stack, directory):
    open_new(directory, **LUCIA)
    directory.page.context.set_offline(True)
    directory.press("Guardar")
    expect(directory.alert).to_contain_text("Se intentará otra vez en cuanto vuelva.")
    writes = directory.requests(writes=True)
    for name in ("Lucía G", LUCIA["nombre"]):  # what is being typed by then is not sent, nor anything later
        directory.fill(nombre=name)
        directory.page.evaluate("dispatchEvent(new Event('online'))")
    directory.press("Guardar")
    expect(directory.alert).to_contain_text("Se intentará otra vez en cuanto vuelva.")

    directory.page.context.set_offline(False)

    expect(directory.notice("Guardado: Lucía Gómez")).to_be_visible()
    assert [request.post_data_json["nombre"] for request in writes] == ["Lucía Gómez"] * 2
    assert len(stack.employees()) == 1


def test_a_lost_answer_does_not_create_twice_even_after_a_reload_and_is_no_conflict(stack, directory):
    open_new(directory, **LUCIA)
    held = directory.hold("/empleados")
    directory.press("Guardar")
    route = held.first
    directory.fill(salario="1")  # typed while the first save is under way
    route.fetch()
    route.abort()
    expect(directory.alert).to_contain_text("No sabemos si llegó a guardarse")
    expect(directory.field("salario")).to_have_value("1")
    directory.cut("/empleados", method="POST", is_late=True)
    directory.fill(email="lucia.gomez@example.com")
    directory.press("Guardar")
    expect(directory.alert).to_contain_text("El servidor no responde")
    directory.mend()
    directory.page.on("dialog", lambda dialog: dialog.accept())
    directory.page.reload()
    expect(directory.field("salario")).to_have_value("1")
    directory.fill(posicion="Jefa")

    directory.press("Guardar")

    expect(directory.notice("Guardado: Lucía Gómez")).to_be_visible()
    [row] = stack.employees()
    assert (row["email"], row["salario"], row["posicion"]) == ("lucia.gomez@example.com", 1, "Jefa")
    directory.press("Editar")
    directory.fill(posicion="Directora")
    directory.cut(r"/empleados/\d+", method="PUT", is_late=True)
    directory.press("Guardar")
    expect(directory.alert).to_contain_text("El servidor no responde")
    directory.mend()
    directory.press("Guardar")
    expect(directory.panel.locator("dl")).to_contain_text("Directora")
    expect(directory.page.locator(".toast", has_text="Guardado: Lucía Gómez")).to_have_count(2)
    assert stack.events(row["id"]) == ["actualizado", "actualizado", "creado"]


def test_the_address_of_an_employee_who_never_was_says_so_and_leads_back(directory):
    directory.open("#/empleados/999999")

    expect(directory.panel.get_by_text("No hay ni hubo un empleado con el número 999999.")).to_be_visible()
    expect(directory.alert).to_have_count(0)
    directory.press("Ir a la lista de empleados")
    expect(directory.panel).to_be_hidden()
