"""The import and export of CSV: checked before anything is written, safe to run twice, and no line is lost.

What a file may look like is tested with the modules (test_modules.py).
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from contract.fields import FIELDS
from tests.browser.stack import an_employee

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Route

    from tests.browser.directory import Directory
    from tests.browser.stack import LocalStack

HEADINGS = "nombre;email;posicion;salario;fecha_contratacion"
ANA = "Ana Pérez;ana@example.com;Analista;5000,50;2020-01-31"
LUIS = "Luis Núñez;luis@example.com;Contable;1.234,00;24/11/2021"
WRONG = "Sin Correo;nada;;99999999;2020-02-30"
FULL_WIDTH_EQUALS = "\uff1d"


def downloaded(directory: Directory, button: str) -> list[list[str]]:
    """The cells of the CSV that a button gives."""
    with directory.page.expect_download() as download:
        directory.press(button)
    text = download.value.path().read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def choose(directory: Directory, folder: Path, content: str | bytes) -> None:
    """Open the import and choose a file with this content."""
    file = folder / "empleados.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    if "importar" not in directory.page.url:
        directory.open("#/importar")
    directory.choose_file(file)


def lines(*rows: str) -> str:
    return "\r\n".join([HEADINGS, *rows, ""])


def people(number: int) -> str:
    return lines(*(f"Persona {n};p{n}@example.com;Analista;{n};2020-01-01" for n in range(number)))


def finding(directory: Directory, line: int) -> Locator:
    """What is said to be wrong with a line."""
    heading = directory.page.get_by_role("rowheader", name=str(line), exact=True)
    return directory.page.get_by_role("row").filter(has=heading).locator("td")


def badge(directory: Directory, text: str) -> Locator:
    """A count above the preview."""
    return directory.page.locator(".import .badge").get_by_text(text, exact=True)


def expect_finished(directory: Directory, **tiles: int) -> None:
    """The import has ended with these counts."""
    expect(directory.heading("Importación terminada")).to_be_visible()
    for name, number in tiles.items():
        tile = directory.page.locator(".tiles > div").filter(has_text=name.replace("_", " "))
        expect(tile.locator("dd")).to_have_text(str(number))


def let_all_attempts_fail(directory: Directory) -> None:
    """The page retries by itself, after a longer pause each time."""
    for _ in range(10):
        directory.page.clock.run_for(1000)
    expect(directory.alert).to_contain_text("El servidor no responde")
    expect(directory.alert).to_contain_text("no se ha perdido ninguna línea")
    directory.mend()
    directory.page.clock.resume()


def test_a_file_is_shown_before_anything_is_written(stack: LocalStack, directory: Directory, tmp_path: Path) -> None:
    choose(directory, tmp_path, lines(ANA, WRONG, LUIS))

    expect(badge(directory, "2 líneas correctas")).to_be_visible()
    expect(badge(directory, "1 línea con errores")).to_be_visible()
    expect(finding(directory, 3)).to_have_text(
        "Correo: no es una dirección de correo. Posición: falta. Salario: debe ser 9.999.999,99 como mucho."
        " Contratación: no es una fecha, por ejemplo 2026-11-24."
    )
    expect(directory.page.get_by_role("row", name="Luis Núñez")).to_have_text(re.compile("1.234,00.*24 nov 2021"))
    assert [row[0] for row in downloaded(directory, "Descargar los errores")] == ["linea", "3"]
    assert stack.employees() == []
    directory.press("Importar 2 empleados")

    expect_finished(directory, Creados=2)
    rows = {row["nombre"]: (row["salario"], row["fecha_contratacion"]) for row in stack.employees()}
    assert rows == {"Ana Pérez": (5000.5, "2020-01-31"), "Luis Núñez": (1234, "2021-11-24")}


def test_the_same_file_may_be_imported_twice(stack: LocalStack, directory: Directory, tmp_path: Path) -> None:
    stack.create(email="ana@example.com")
    choose(directory, tmp_path, lines(ANA, LUIS))

    directory.press("Importar 2 empleados")

    expect_finished(directory, Creados=1, Ya_estaban=1)
    result = downloaded(directory, "Descargar el resultado")
    assert [row[:2] for row in result] == [["linea", "resultado"], ["2", "ya estaba"], ["3", "creado"]]
    assert len(stack.employees()) == 2


def test_what_the_server_refuses_is_told_in_its_words(stack: LocalStack, directory: Directory, tmp_path: Path) -> None:
    choose(directory, tmp_path, lines(ANA, LUIS))
    error = '{"campo": "nombre", "regla": "nueva", "mensaje": "No me gusta."}'
    refusal = f'{{"title": "No", "status": 422, "errores": [{error}]}}'

    def refuse_ana(route: Route) -> None:
        if "ana@" in (route.request.post_data or ""):
            route.fulfill(status=422, content_type="application/problem+json", body=refusal)
        else:
            route.fallback()

    directory.page.route(re.compile("/empleados$"), refuse_ana)
    directory.press("Importar 2 empleados")

    expect_finished(directory, Creados=1, Rechazados=1)
    expect(finding(directory, 2)).to_have_text("nombre: No me gusta.")
    assert len(stack.employees()) == 1


def test_an_import_pauses_when_the_server_is_silent_and_continues_where_it_was(
    stack: LocalStack, directory: Directory, tmp_path: Path
) -> None:
    directory.page.clock.install()
    choose(directory, tmp_path, people(20))
    directory.cut("/empleados", method="POST")
    directory.press("Importar 20 empleados")
    let_all_attempts_fail(directory)
    assert stack.employees() == []

    directory.press("Continuar")

    expect_finished(directory, Creados=20)
    assert len(stack.employees()) == 20


def test_an_import_whose_answers_were_lost_knows_whom_it_created(
    stack: LocalStack, directory: Directory, tmp_path: Path
) -> None:
    """They count as created, not as "there already": those would be other people's rows."""
    directory.page.clock.install()
    choose(directory, tmp_path, people(3))
    directory.lose_answers("/empleados", method="POST")
    directory.press("Importar 3 empleados")
    let_all_attempts_fail(directory)

    directory.press("Continuar")

    expect_finished(directory, Creados=3)
    assert [stack.events(row["id"]) for row in stack.employees()] == [["creado"]] * 3


def test_a_busy_server_is_asked_again_after_the_time_it_names(
    stack: LocalStack, directory: Directory, tmp_path: Path
) -> None:
    choose(directory, tmp_path, lines(ANA))
    directory.page.clock.install()
    directory.answer("/empleados", 503, '{"title": "Ocupado", "status": 503}', Retry_After="9")
    with directory.page.expect_response(lambda response: response.status == 503):
        directory.press("Importar 1 empleado")
    directory.mend()
    sent: list[str] = []
    directory.page.on("request", lambda request: sent.append(request.method))
    directory.page.clock.run_for(8_000)
    directory.page.evaluate("fetch('/health').then(response => response.text())")  # sent after whatever came before
    assert sent == ["GET"]

    directory.page.clock.run_for(1_500)

    expect_finished(directory, Creados=1)
    assert len(stack.employees()) == 1


def test_an_import_goes_on_in_other_views_and_can_be_stopped(
    stack: LocalStack, directory: Directory, tmp_path: Path
) -> None:
    choose(directory, tmp_path, people(50))
    held = directory.hold("/empleados")
    directory.press("Importar 50 empleados")
    expect(directory.page.get_by_text("0 de 50")).to_be_visible()
    directory.go("Resumen")
    directory.open_without_loading("#/importar")
    expect(directory.page.get_by_text("0 de 50")).to_be_visible()
    expect(directory.page.get_by_role("progressbar")).to_be_visible()
    assert len(held) == 4  # requests at once

    directory.press("Detener")
    for route in held:
        route.continue_()

    expect(directory.heading("Importación detenida")).to_be_visible()
    expect(directory.page.locator(".tiles > div").filter(has_text="Sin escribir").locator("dd")).to_have_text("46")
    assert len(stack.employees()) <= 4


def test_a_file_that_cannot_be_used_is_refused_and_another_can_be_dropped(directory: Directory, tmp_path: Path) -> None:
    choose(directory, tmp_path, "hola;mundo\r\n1;2")
    expect(directory.alert).to_contain_text("No se puede usar «empleados.csv»")
    expect(directory.alert).to_contain_text("Faltan columnas en la primera línea: nombre, email")

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


def test_a_file_is_kept_when_the_rules_cannot_be_loaded(directory: Directory, tmp_path: Path) -> None:
    directory.open("#/importar")
    directory.cut("/openapi.json")
    choose(directory, tmp_path, lines(ANA))
    expect(directory.alert).to_contain_text("El servidor no responde")

    directory.mend()
    directory.press("Reintentar")

    expect(badge(directory, "1 línea correcta")).to_be_visible()


def test_the_example_can_be_imported(stack: LocalStack, directory: Directory, tmp_path: Path) -> None:
    directory.open("#/importar")
    with directory.page.expect_download() as download:
        directory.press("Descargar un ejemplo")

    choose(directory, tmp_path, download.value.path().read_bytes())
    directory.press("Importar 1 empleado")

    expect_finished(directory, Creados=1)
    assert len(stack.employees()) == 1


def test_the_export_holds_all_pages_of_what_the_filter_shows(stack: LocalStack, directory: Directory) -> None:
    stack.insert(an_employee(nombre=f"N {n:03}", email=f"n{n}@example.com", posicion="Contable") for n in range(230))
    stack.insert([an_employee(nombre="Otra", posicion="Analista")])
    directory.open("#/empleados?posicion=Contable&orden=-nombre")
    expect(directory.rows).to_have_count(50)

    exported = downloaded(directory, "Exportar")

    assert exported[0] == [each.name for each in FIELDS]
    assert [row[0] for row in exported[1:]] == [f"N {n:03}" for n in reversed(range(230))]
    assert exported[1][1:] == ["n229@example.com", "Contable", "5000,50", "2020-01-31"]
    expect(directory.notice("Se exportaron 230 empleados.")).to_be_visible()


def test_an_export_cannot_calculate_in_a_spreadsheet_and_comes_back_as_it_was(
    stack: LocalStack, directory: Directory, tmp_path: Path
) -> None:
    names = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "'=1", 'Ana "la jefa"; y más', f"{FULL_WIDTH_EQUALS}1"]
    stack.insert(an_employee(nombre=name, email=f"n{n}@example.com") for n, name in enumerate(names))
    directory.open()

    with directory.page.expect_download() as download:
        directory.press("Exportar")

    content = download.value.path().read_bytes()
    cells = [row[0] for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")]
    assert not [cell for cell in cells if cell[0] in f"=+-@{FULL_WIDTH_EQUALS}"]
    stack.empty()
    choose(directory, tmp_path, content)
    directory.press(f"Importar {len(names)} empleados")
    expect_finished(directory, Creados=len(names))
    assert {row["nombre"] for row in stack.employees()} == set(names)


def test_an_export_that_fails_says_so(stack: LocalStack, directory: Directory) -> None:
    stack.insert([an_employee()])
    directory.open()
    directory.expect_names("Ana Pérez")
    directory.answer(r"/empleados\?.*limite=200.*", 500, '{"title": "Error interno", "status": 500}')

    directory.press("Exportar")

    expect(directory.notice("No se pudo exportar. Error interno")).to_be_visible()
