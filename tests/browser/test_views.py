"""History, summary, activity, operations, and what belongs to the person: language and theme."""

import pytest
from playwright.sync_api import expect

from tests.browser.stack import an_employee
from tests.support.stack import ROOT


def test_the_history_is_a_time_line_with_the_fate_of_each_mail(stack, directory):
    row = stack.create(nombre="Ana Pérez")
    stack.change(row["id"], posicion="Jefa", salario=6000)
    stack.wait_for_mails(row["id"])
    mails = stack.http.get("/correos", params={"empleado": row["id"]}).json()
    directory.answer_json(rf"/correos\?empleado={row['id']}", [{**mail, "estado": "enviado"} for mail in mails])
    directory.page.clock.install(time=0)
    directory.page.clock.pause_at(1000)

    directory.open(f"#/empleados/{row['id']}")

    events = directory.panel.locator(".event")
    expect(events).to_have_count(2)
    expect(events.nth(0)).to_contain_text("posición Analista → Jefa, salario 5.000,50 € → 6.000,00 €")
    expect(events.nth(1)).to_contain_text("Creado")
    directory.page.clock.run_for(1)  # only now it asks for mails
    for event in (events.nth(0), events.nth(1)):
        expect(event.locator(".event-mails li")).to_contain_text(["rrhh@example.com"])
        expect(event.get_by_text("Enviado")).to_be_visible()
    directory.mend()
    directory.page.clock.run_for(1000)  # then it asks again
    for event in (events.nth(0), events.nth(1)):
        expect(event.get_by_text("Entregado")).to_be_visible()


def test_a_leaver_keeps_number_and_history_and_can_be_restored(stack, directory_of):
    row = stack.create(nombre="Ana Pérez", posicion="Analista", salario=5000)
    stack.delete(row["id"])
    reader = directory_of("lector")
    reader.open(f"#/empleados/{row['id']}")
    expect(reader.heading("Ya no está en el directorio")).to_be_visible()
    directory = directory_of("rrhh")
    directory.cut(r"/correos\?.*")  # the history stands without them
    directory.open()
    directory.press("Bajas", menu="Más")
    directory.page.get_by_role("searchbox").fill("ana")
    directory.page.get_by_role("table").get_by_role("link", name="Ana Pérez").click()
    expect(directory.panel).to_contain_text("Sus datos se borran el")
    expect(directory.panel).to_contain_text("5.000,00")
    expect(directory.panel.locator(".event").first).to_contain_text("Eliminado")
    other = directory_of("rrhh")
    other.open("#/bajas")
    expect(other.button("Restaurar a Ana Pérez")).to_be_visible()  # read before the other one restores

    directory.panel.get_by_role("button", name="Restaurar").click()

    expect(directory.notice("Restaurado: Ana Pérez")).to_be_visible()
    expect(directory.panel.get_by_role("link", name="Editar")).to_be_visible()
    expect(directory.panel.locator(".event").first).to_contain_text("Restaurado")
    assert [(found["id"], found["salario"]) for found in stack.employees()] == [(row["id"], 5000)]
    other.press("Restaurar a Ana Pérez")  # who was just restored by someone else
    expect(other.notice("Ana Pérez ya no está entre las bajas.")).to_be_visible()
    expect(other.heading("No hay bajas")).to_be_visible()


def test_an_erased_person_keeps_a_history_without_words(stack, directory):
    row = stack.create(nombre="Ana Pérez")
    stack.delete(row["id"])
    events = stack.http.get(f"/empleados/{row['id']}/eventos").json()
    for event in events:
        event["empleado"] |= {"nombre": None, "email": None, "posicion": None}
    directory.answer(r"/bajas/\d+", 404, {"title": "No", "status": 404})
    directory.answer_json(rf"/empleados/{row['id']}/eventos.*", events)
    directory.answer_json(r"/eventos(\?.*)?", events)
    mail = {"id": "1", "evento": events[0]["id"], "empleado": row["id"], "estado": "entregado", "motivo": None}
    mail |= {"destinatario": None, "asunto": None, "creado_en": events[0]["ocurrido_en"]}
    directory.answer_json(r"/correos(\?.*)?", [mail])

    directory.open(f"#/empleados/{row['id']}")

    expect(directory.heading(f"Empleado {row['id']} (datos borrados)")).to_be_visible()
    expect(directory.panel.get_by_text("Queda qué ocurrió, cuándo y quién lo hizo.")).to_be_visible()
    expect(directory.panel.locator(".event").first).to_contain_text("Eliminado")
    directory.open("#/actividad")
    expect(directory.page.locator(".event").first).to_contain_text(f"Empleado {row['id']} (datos borrados)")
    directory.open("#/correos?estado=todos")
    expect(directory.page.locator("tbody tr").first.get_by_text("datos borrados")).to_have_count(2)


def test_the_summary_counts_and_compares_positions(stack, directory):
    stack.insert(
        [
            an_employee(email="a@example.com", posicion="Analista", salario=1000),
            an_employee(email="b@example.com", posicion="Analista", salario=2000),
            an_employee(email="c@example.com", posicion="Contable", salario=4500.5),
            *(an_employee(email=f"d{n}@example.com", posicion="Analista", salario=1500) for n in range(8)),
        ]
    )

    directory.open("#/resumen")

    table = directory.page.get_by_role("table")
    expect(table.get_by_role("row")).to_have_text(
        [
            "PosiciónEmpleadosMínimoSalario medioMáximoSalarios",
            "Analista101.000,001.500,002.000,00",
            "Contable14.500,504.500,504.500,50",
        ]
    )
    expect(directory.page.locator(".tiles > div", has_text="Empleados")).to_contain_text("11")
    expect(directory.page.locator(".tiles > div", has_text="Salario medio")).to_contain_text("1.772,77")
    bars = directory.page.locator(".chart")
    expect(bars).to_have_count(4)
    ten, _, one, _ = (bar.bounding_box()["x"] for bar in bars.all())
    assert ten == pytest.approx(one, abs=0.5), "bars begin at one edge"


def test_activity_is_the_history_of_all_and_can_be_filtered(stack, directory):
    row = stack.create(nombre="Ana Pérez")
    luis = stack.create(nombre="Luis Gil", email="luis@example.com")
    stack.delete(row["id"])

    directory.open("#/actividad")

    expect(directory.page.locator(".event-body > p:first-child")).to_have_text(
        ["Ana Pérez eliminado", "Luis Gil creado", "Ana Pérez creado"]
    )
    filters = directory.page.locator("summary", has_text="Filtros")
    for label, text, left in (
        ("Desde", "1/1/2100", 0),
        ("Hasta", "1/1/2000", 0),
        ("Empleado (nombre, correo o número)", "luis gil", 1),
        ("Quién lo hizo", "nadie@example.com", 0),
    ):
        filters.click()
        directory.page.get_by_label(label).fill(text)
        directory.page.keyboard.press("Tab")
        expect(directory.page.locator(".event")).to_have_count(left)
        expect(directory.heading("No hay nada con esos filtros")).to_have_count(int(left == 0))
        directory.press("Quitar los filtros")
        expect(directory.page.locator(".event")).to_have_count(3)
    directory.link("Luis Gil").click()
    expect(directory.heading("Luis Gil")).to_be_visible()
    for number in range(51):
        stack.change(luis["id"], salario=number)
    directory.open("#/actividad")
    expect(directory.page.locator(".event")).to_have_count(50)
    directory.press("Ver más")
    expect(directory.page.locator(".event")).to_have_count(54)
    expect(directory.page.locator(".event").last).to_contain_text("Ana Pérez creado")


def test_operations_show_the_parts_the_queue_and_failed_messages_to_resend_or_drop(stack, directory):
    directory.page.clock.install()
    with directory.page.expect_response("**/cola/fallidos"):  # what one request reads is hidden from the next
        directory.open("#/operacion")
    expect(directory.page.get_by_text("Funciona")).to_have_count(3)
    expect(directory.page.locator(".tiles > div", has_text="Mensajes con problemas")).to_contain_text("0")
    letters = directory.page.get_by_role("region", name="Mensajes con problemas").get_by_role("row")
    event = (ROOT / "tests" / "contracts" / "creado.json").read_text("utf-8")
    for message, reason, button, said in (
        (event, "Empleado n.º 7El correo no se pudo enviar", "Reenviar", "El mensaje vuelve a la cola."),
        ("not a message of ours", "No se entiende el mensaje", "Descartar", "El mensaje se descartó."),
    ):
        stack.set_aside(message)
        directory.press("Actualizar")
        expect(letters.nth(1)).to_contain_text(reason)
        directory.expect_accessible()
        with directory.page.expect_response("**/cola/fallidos"):
            letters.nth(1).get_by_role("button", name=button).click()
        expect(directory.notice(said)).to_be_visible()
        expect(letters).to_have_count(0)
    stack.set_aside(event)
    directory.page.clock.run_for(6_000)  # the view looks again by itself
    expect(directory.page.get_by_text("Mensajes que no se pudieron procesar y esperan aparte: 1.")).to_be_visible()
    directory.press("Reenviar los apartados")
    expect(directory.dialog).to_be_visible()
    directory.expect_accessible()
    directory.press("Cancelar")
    assert stack.http.get("/cola").json()["fallidos"]["visibles"] == 1
    directory.press("Reenviar los apartados")
    directory.dialog.get_by_role("button", name="Reenviar").click()
    expect(directory.notice("Mensajes que vuelven a la cola: 1; quedan aparte: 0.")).to_be_visible()
    parts = {"crud": {"estado": "error", "http": None, "ms": 6000}, "email": {"estado": "ok", "http": 200, "ms": 3}}
    document = {"title": "No", "status": 503, "partes": parts, "request_id": "r"}
    directory.answer(r"/health\?deep=1", 503, document)
    directory.press("Actualizar")
    failed = directory.page.locator(".details > div", has_text="No funciona (sin respuesta)")
    expect(failed).to_contain_text("Directorio")


def test_undelivered_mails_are_counted_in_the_menu_and_explained(stack, directory_of):
    row = stack.create(nombre="Berta Rebotada")
    stack.wait_for_mails(row["id"])
    mail = {"id": "1", "evento": "e", "empleado": row["id"], "estado": "rebotado", "motivo": "Bounce.Permanent.General"}
    mail |= {"destinatario": "berta@example.com", "asunto": "Bienvenida", "creado_en": row["creado_en"]}
    directory = directory_of("rrhh")
    directory.answer_json(
        r"/correos/total\?estado=rebotado&estado=queja&estado=fallido", {"total": 200, "exacto": False}
    )
    directory.answer_json(r"/correos\?estado=rebotado&estado=queja&estado=fallido", [mail])
    directory.open()
    expect(directory.menu).to_contain_text("200+ 200 sin entregar")
    directory.menu.get_by_role("link", name="Correos").click()
    expect(directory.page.get_by_role("row").nth(1)).to_contain_text("Rebotado La dirección no existe")
    state = directory.page.get_by_label("Filtrar por estado")
    state.select_option("fallido")
    expect(directory.heading("No hay correos.")).to_be_visible()
    directory.page.go_back()
    expect(state).to_have_value("")
    state.select_option("todos")
    expect(directory.page.get_by_role("row").filter(has_text="Berta Rebotada").first).to_contain_text("Entregado")


def test_the_page_speaks_the_browsers_language_or_spanish_until_another_and_a_theme_are_chosen(stack, directory_of):
    stack.insert([an_employee(salario=5000)])
    for locale, title in {"en-GB": "Employees", "es-MX": "Empleados", "de-DE": "Empleados"}.items():
        directory = directory_of(locale=locale, color_scheme="light")
        directory.open()
        expect(directory.heading(title)).to_be_visible()
        expect(directory.page.locator("html")).to_have_attribute("lang", "en" if title == "Employees" else "es")
    body, background = directory.page.locator("body"), "body => getComputedStyle(body).backgroundColor"
    light = body.evaluate(background)

    directory.open_menu().get_by_label("Tema").select_option("Tema: oscuro")
    assert body.evaluate(background) != light
    directory.page.keyboard.press("Escape")
    directory.choose_language("English")
    directory.page.reload()

    expect(directory.row("Ana Pérez")).to_contain_text("5,000.00")
    expect(directory.row("Ana Pérez")).to_contain_text("Jan 31, 2020")
    assert body.evaluate(background) != light
