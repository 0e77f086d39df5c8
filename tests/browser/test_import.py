"""The import and export of CSV: checked before anything is written, safe to run twice, and no line is lost.

What a file may look like is tested with the modules (test_modules.py).
"""

import re

import pytest
from playwright.sync_api import expect

from contract.fields import FIELDS
from tests.browser.stack import an_employee
from tests.browser.test_modules import ANA, lines

LUIS = "Luis Núñez;luis@example.com;Contable;1.234,00;24/11/2021"
WRONG = "Sin Correo;nada;;99999999;2020-02-30"


def choose(directory, folder, content):
    """Open the import and choose a file with this content."""
    file = folder / "empleados.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    if "importar" not in directory.page.url:
        directory.open("#/importar")
    directory.choose_file(file)


def people(number):
    return lines(*(f"Persona {n};p{n}@example.com;Analista;{n};2020-01-01" for n in range(number)))


def finding(directory, line):
    """What is said to be wrong with a line."""
    heading = directory.page.get_by_role("rowheader", name=str(line), exact=True)
    return directory.page.get_by_role("row").filter(has=heading).locator("td")


def badge(directory, text):
    """A count above the preview."""
    return directory.page.locator(".import .badge").get_by_text(text, exact=True)


def expect_finished(directory, **tiles):
    """The import has ended with these counts."""
    expect(directory.heading("Importación terminada")).to_be_visible()
    for name, number in tiles.items():
        tile = directory.page.locator(".tiles > div").filter(has_text=name.replace("_", " "))
        expect(tile.locator("dd")).to_have_text(str(number))


def test_a_file_is_shown_before_anything_is_written(stack, directory, tmp_path):
    choose(directory, tmp_path, lines(ANA, WRONG, LUIS))

    expect(badge(directory, "2 líneas correctas")).to_be_visible()
    expect(badge(directory, "1 línea con errores")).to_be_visible()
    expect(finding(directory, 3)).to_have_text(
        "Correo: no es una dirección de correo. Posición: falta. Salario: debe ser 9.999.999,99 como mucho."
        " Contratación: no es una fecha, por ejemplo 2026-11-24."
    )
    expect(directory.page.get_by_role("row", name="Luis Núñez")).to_have_text(re.compile("1.234,00.*24 nov 2021"))
    assert [row[0] for row in directory.download("Descargar los errores")] == ["linea", "3"]
    assert stack.employees() == []
    directory.press("Importar 2 empleados")

    expect_finished(directory, Creados=2)
    rows = {row["nombre"]: (row["salario"], row["fecha_contratacion"]) for row in stack.employees()}
    assert rows == {"Ana Pérez": (5000.5, "2020-01-31"), "Luis Núñez": (1234, "2021-11-24")}


def test_the_same_file_may_be_imported_twice(stack, directory, tmp_path):
    stack.create(email="ana@example.com")
    choose(directory, tmp_path, lines(ANA, LUIS))

    directory.press("Importar 2 empleados")

    expect_finished(directory, Creados=1, Ya_estaban=1)
    result = directory.download("Descargar el resultado")
    assert [row[:2] for row in result] == [["linea", "resultado"], ["2", "ya estaba"], ["3", "creado"]]
    assert len(stack.employees()) == 2


@pytest.mark.parametrize("is_late", [False, True])
def test_a_paused_import_continues_where_it_was(stack, directory, tmp_path, is_late):
    """Rows whose answers were lost count as created, not as "there already": those would be other people's."""
    directory.page.clock.install()
    choose(directory, tmp_path, people(20))
    directory.cut("/empleados", method="POST", is_late=is_late)
    directory.press("Importar 20 empleados")
    for _ in range(10):  # the page retries by itself, after a longer pause each time
        directory.page.clock.run_for(1000)
    expect(directory.alert).to_contain_text("El servidor no responde")
    expect(directory.alert).to_contain_text("no se ha perdido ninguna línea")
    assert is_late or stack.employees() == []
    directory.mend()
    directory.page.clock.resume()

    directory.press("Continuar")

    expect_finished(directory, Creados=20)
    assert [stack.events(row["id"]) for row in stack.employees()] == [["creado"]] * 20


def test_a_busy_server_is_asked_again_after_the_time_it_names(stack, directory, tmp_path):
    choose(directory, tmp_path, lines(ANA))
    directory.page.clock.install()
    directory.answer("/empleados", 503, {"title": "Ocupado", "status": 503}, Retry_After="9")
    with directory.page.expect_response(lambda response: response.status == 503):
        directory.press("Importar 1 empleado")
    directory.mend()
    sent = directory.requests()
    directory.page.clock.run_for(8_000)
    directory.page.evaluate("fetch('/health').then(response => response.text())")  # sent after whatever came before
    assert [request.method for request in sent] == ["GET"]

    directory.page.clock.run_for(1_500)

    expect_finished(directory, Creados=1)
    assert len(stack.employees()) == 1


def test_an_import_goes_on_in_other_views_and_can_be_stopped(stack, directory, tmp_path):
    choose(directory, tmp_path, people(50))
    held = directory.hold("/empleados")
    directory.press("Importar 50 empleados")
    expect(directory.page.get_by_text("0 de 50")).to_be_visible()
    directory.go("Resumen")
    directory.open_without_loading("#/importar")
    expect(directory.page.get_by_text("0 de 50")).to_be_visible()
    expect(directory.page.get_by_role("progressbar")).to_be_visible()
    assert len(held) == 4  # requests at once
    assert not directory.page.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true }))")

    directory.press("Detener")
    for route in held:
        route.continue_()

    expect(directory.heading("Importación detenida")).to_be_visible()
    expect(directory.page.locator(".tiles > div").filter(has_text="Sin escribir").locator("dd")).to_have_text("46")
    assert len(stack.employees()) <= 4


def test_a_file_that_cannot_be_used_is_refused_and_another_can_be_dropped(directory, tmp_path):
    choose(directory, tmp_path, "hola;mundo\r\n1;2")
    expect(directory.alert).to_contain_text("No se puede usar «empleados.csv»")
    expect(directory.alert).to_contain_text("Faltan columnas en la primera línea: nombre, email")
    expect(directory.page.locator("input[type=file]")).to_have_value("")  # else the corrected file could not be chosen

    transfer = directory.page.evaluate_handle(
        "text => { const data = new DataTransfer(); data.items.add(new File([text], 'soltado.csv')); return data; }",
        lines(ANA),
    )
    zone = directory.page.locator(".drop-zone")
    zone.dispatch_event("dragover", {"dataTransfer": transfer})
    expect(zone).to_have_class(re.compile(r"\bover\b"))
    zone.dispatch_event("drop", {"dataTransfer": transfer})

    expect(directory.heading("soltado.csv")).to_be_visible()
    expect(badge(directory, "1 línea correcta")).to_be_visible()


def test_a_file_is_kept_when_the_rules_cannot_be_loaded(directory, tmp_path):
    directory.open("#/importar")
    directory.cut("/openapi.json")
    choose(directory, tmp_path, lines(ANA))
    expect(directory.alert).to_contain_text("El servidor no responde")

    directory.mend()
    directory.press("Reintentar")

    expect(badge(directory, "1 línea correcta")).to_be_visible()


def test_the_export_holds_all_pages_of_what_the_filter_shows(stack, directory):
    stack.insert(an_employee(nombre=f"N {n:03}", email=f"n{n}@example.com", posicion="Contable") for n in range(230))
    stack.insert([an_employee(nombre="N"), an_employee(nombre="O", email="o@example.com", posicion="Contable")])
    directory.open("#/empleados?q=n&posicion=Contable&orden=-nombre")
    expect(directory.rows).to_have_count(50)

    exported = directory.download("Exportar")

    assert exported[0] == [each.name for each in FIELDS]
    assert [row[0] for row in exported[1:]] == [f"N {n:03}" for n in reversed(range(230))]
    assert exported[1][1:] == ["n229@example.com", "Contable", "5000,50", "2020-01-31"]
    expect(directory.notice("Se exportaron 230 empleados.")).to_be_visible()


def test_an_export_can_be_cancelled_and_says_when_it_fails(stack, directory):
    stack.insert([an_employee()])
    directory.open()
    directory.expect_names("Ana Pérez")
    directory.hold(r"/empleados\?.*limite=200.*")
    directory.press("Exportar")
    with directory.page.expect_event("requestfailed"):
        directory.press("Cancelar")
    expect(directory.page.locator(".toast")).to_have_count(0)
    directory.mend()
    directory.answer(r"/empleados\?.*limite=200.*", 500, {"title": "Error interno", "status": 500})

    directory.press("Exportar")

    expect(directory.notice("No se pudo exportar. Error interno")).to_be_visible()
