"""The import of a CSV: checked before anything is written, safe to run twice, and nothing lost on a bad day."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.stack import an_employee

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Route

    from tests.browser.directory import Directory
    from tests.browser.stack import LocalStack

HEADINGS = "nombre;email;posicion;salario;fecha_contratacion"
ANA = "Ana Pérez;ana@example.com;Analista;5000,50;2020-01-31"
FULL_WIDTH_EQUALS = "\uff1d"
LUIS = "Luis Núñez;luis@example.com;Contable;1.234,00;24/11/2021"


def downloaded(directory: Directory, button: str) -> list[list[str]]:
    """The cells of the CSV that a button gives."""
    with directory.page.expect_download() as download:
        directory.press(button)
    text = download.value.path().read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def choose(directory: Directory, folder: Path, content: str | bytes, name: str = "empleados.csv") -> None:
    """Open the import and choose a file with this content."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    if "importar" not in directory.page.url:
        directory.open("#/importar")
    directory.choose_file(file)


def lines(*rows: str) -> str:
    return "\r\n".join([HEADINGS, *rows, ""])


def finding(directory: Directory, line: int) -> str:
    """What is said to be wrong with a line."""
    row = directory.page.get_by_role("row").filter(
        has=directory.page.get_by_role("rowheader", name=str(line), exact=True)
    )
    return row.locator("td").inner_text()


def badge(directory: Directory, text: str) -> Locator:
    """A count above the preview."""
    return directory.page.locator(".import .badge").get_by_text(text, exact=True)


def tile(directory: Directory, name: str, number: int) -> None:
    expect(directory.page.locator(".tile").filter(has_text=name).locator("dd")).to_have_text(str(number))


def test_a_file_is_looked_at_before_anything_is_written(
    stack: LocalStack, directory: Directory, tmp_path: Path
) -> None:
    choose(directory, tmp_path, lines(ANA, LUIS))

    expect(badge(directory, "2 líneas correctas")).to_be_visible()
    expect(directory.page.get_by_role("row").nth(2)).to_have_text(re.compile("Luis Núñez.*1.234,00.*24 nov 2021"))
    assert stack.employees() == []
    directory.press("Importar 2 empleados")

    expect(directory.heading("Importación terminada")).to_be_visible()
    tile(directory, "Creados", 2)
    rows = {row["nombre"]: (row["salario"], row["fecha_contratacion"]) for row in stack.employees()}
    assert rows == {"Ana Pérez": (5000.5, "2020-01-31"), "Luis Núñez": (1234, "2021-11-24")}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lines(ANA).encode("utf-8-sig"), id="byte order mark"),
        pytest.param(lines(ANA).replace("\r\n", "\n").encode(), id="unix line ends"),
        pytest.param(lines(ANA).replace("\r\n", "\r").encode(), id="old mac line ends"),
        pytest.param(lines(ANA).encode("windows-1252"), id="windows encoding"),
        pytest.param(
            b'email,"nombre",posicion,salario,fecha_contratacion\n'
            b'ana@example.com,"Ana P\xc3\xa9rez",Analista,"5000,50",2020-01-31',
            id="commas, quotes, another order, no line end",
        ),
        pytest.param(lines(ANA).replace(";", "\t").encode(), id="tabs"),
        pytest.param(
            b"Name;E-mail;Position;Salary;Hire date;Notes\n"
            b"Ana P\xc3\xa9rez;ana@example.com;Analista;5000.50;2020-01-31;x\n",
            id="english headings and a column of no use",
        ),
    ],
)
def test_files_are_understood_as_spreadsheets_write_them(
    stack: LocalStack, directory: Directory, tmp_path: Path, content: bytes
) -> None:
    choose(directory, tmp_path, content)
    directory.press("Importar 1 empleado")

    expect(directory.heading("Importación terminada")).to_be_visible()
    [row] = stack.employees()
    assert (row["nombre"], row["salario"]) == ("Ana Pérez", 5000.5)
    assert (row["email"], row["fecha_contratacion"]) == ("ana@example.com", "2020-01-31")


def test_every_error_is_shown_with_its_line_and_the_good_lines_can_still_be_imported(
    stack: LocalStack, directory: Directory, tmp_path: Path
) -> None:
    rows = [
        ANA,
        ";sin-nombre@example.com;Analista;1;2020-01-01",
        "Sin Arroba;no es un correo;Analista;1;2020-01-01",
        "Caro;caro@example.com;Analista;99999999;2020-01-01",
        "Ambigua;ambigua@example.com;Analista;1.234;2020-01-01",
        "Texto;texto@example.com;Analista;mucho;2020-01-01",
        "Fecha;fecha@example.com;Analista;1;2020-02-30",
        "Ana Otra Vez;ANA@example.com;Analista;1;2020-01-01",
        f"{'x' * 10_000};larga@example.com;Analista;1;2020-01-01",
        "Tres;tres@example.com;Analista;1,234567;2020-01-01",
    ]

    choose(directory, tmp_path, lines(*rows))

    expect(badge(directory, "1 línea correcta")).to_be_visible()
    expect(badge(directory, "9 líneas con errores")).to_be_visible()
    assert finding(directory, 3) == "Nombre: falta."
    assert finding(directory, 4) == "Correo: no es una dirección de correo."
    assert finding(directory, 5).startswith("Salario: debe ser 9.999.999,99 como mucho.")
    assert "miles o decimales" in finding(directory, 6)
    assert finding(directory, 7).startswith("Salario: debe ser un número")
    assert finding(directory, 8).startswith("Contratación: no es una fecha")
    assert finding(directory, 9) == "Correo: ya está en la línea 2 de este archivo."
    assert finding(directory, 10).startswith("Nombre: es demasiado largo")
    assert finding(directory, 11).startswith("Salario: tiene más de dos decimales")
    errors = downloaded(directory, "Descargar los errores")
    assert [row[0] for row in errors] == ["linea", "3", "4", "5", "6", "7", "8", "9", "10", "11"]
    directory.press("Importar 1 empleado")
    expect(directory.heading("Importación terminada")).to_be_visible()
    assert [row["nombre"] for row in stack.employees()] == ["Ana Pérez"]


def test_the_same_file_may_be_imported_twice(stack: LocalStack, directory: Directory, tmp_path: Path) -> None:
    stack.create(email="ana@example.com")
    choose(directory, tmp_path, lines(ANA, LUIS))

    directory.press("Importar 2 empleados")

    expect(directory.heading("Importación terminada")).to_be_visible()
    tile(directory, "Creados", 1)
    tile(directory, "Ya estaban", 1)
    result = downloaded(directory, "Descargar el resultado")
    assert [row[:2] for row in result] == [["linea", "resultado"], ["2", "ya estaba"], ["3", "creado"]]
    assert len(stack.employees()) == 2


def test_what_the_server_refuses_is_told_in_its_words(stack: LocalStack, directory: Directory, tmp_path: Path) -> None:
    choose(directory, tmp_path, lines(ANA, LUIS))
    refusal = (
        '{"title": "No", "status": 422, "errores": [{"campo": "nombre", "regla": "nueva", "mensaje": "No me gusta."}]}'
    )

    def refuse_ana(route: Route) -> None:
        if "ana@" in (route.request.post_data or ""):
            route.fulfill(status=422, content_type="application/problem+json", body=refusal)
        else:
            route.fallback()

    directory.page.route(re.compile("/empleados$"), refuse_ana)
    directory.press("Importar 2 empleados")

    expect(directory.heading("Importación terminada")).to_be_visible()
    tile(directory, "Rechazados", 1)
    assert finding(directory, 2) == "nombre: No me gusta."
    assert len(stack.employees()) == 1


def test_an_import_pauses_when_nobody_answers_and_goes_on_where_it_was(
    stack: LocalStack, directory: Directory, tmp_path: Path
) -> None:
    rows = [f"Persona {number};p{number}@example.com;Analista;{number};2020-01-01" for number in range(20)]
    directory.page.clock.install()
    choose(directory, tmp_path, lines(*rows))
    directory.cut("/empleados", method="POST")
    directory.press("Importar 20 empleados")

    for _ in range(10):  # it tries again by itself, a little later each time
        directory.page.clock.run_for(1000)
    expect(directory.alert).to_contain_text("El servidor no responde")
    expect(directory.alert).to_contain_text("no se ha perdido ninguna línea")
    assert stack.employees() == []
    directory.mend()
    directory.page.clock.resume()
    directory.press("Continuar")

    expect(directory.heading("Importación terminada")).to_be_visible()
    tile(directory, "Creados", 20)
    assert len(stack.employees()) == 20


def test_an_import_whose_answers_were_lost_knows_whom_it_created(
    stack: LocalStack, directory: Directory, tmp_path: Path
) -> None:
    """They are created, and not "there already": that would be somebody else's rows."""
    rows = [f"Persona {number};p{number}@example.com;Analista;{number};2020-01-01" for number in range(3)]
    directory.page.clock.install()
    choose(directory, tmp_path, lines(*rows))
    directory.lose_answers("/empleados", method="POST")
    directory.press("Importar 3 empleados")
    for _ in range(10):
        directory.page.clock.run_for(1000)
    expect(directory.alert).to_contain_text("El servidor no responde")
    directory.mend()
    directory.page.clock.resume()
    directory.press("Continuar")

    expect(directory.heading("Importación terminada")).to_be_visible()
    tile(directory, "Creados", 3)
    assert [stack.events(row["id"]) for row in stack.employees()] == [["creado"]] * 3


def test_a_busy_server_is_asked_again_after_the_time_it_names(
    stack: LocalStack, directory: Directory, tmp_path: Path
) -> None:
    choose(directory, tmp_path, lines(ANA))
    refusals: list[Route] = []

    def refuse_once(route: Route) -> None:
        if refusals:
            route.fallback()
            return
        refusals.append(route)
        body = '{"title": "Ocupado", "status": 503}'
        headers = {"Content-Type": "application/problem+json", "Retry-After": "1"}
        route.fulfill(status=503, headers=headers, body=body)

    directory.page.route(re.compile("/empleados$"), refuse_once)
    directory.press("Importar 1 empleado")

    expect(directory.heading("Importación terminada")).to_be_visible()
    assert len(refusals) == 1
    assert len(stack.employees()) == 1


def test_an_import_can_be_stopped_and_goes_on_while_other_views_are_looked_at(
    stack: LocalStack, directory: Directory, tmp_path: Path
) -> None:
    rows = [f"Persona {number};p{number}@example.com;Analista;{number};2020-01-01" for number in range(50)]
    choose(directory, tmp_path, lines(*rows))
    held = directory.hold("/empleados")
    directory.press("Importar 50 empleados")
    expect(directory.page.get_by_text("0 de 50")).to_be_visible()
    directory.go("Resumen")
    directory.open_without_loading("#/importar")
    expect(directory.page.get_by_text("0 de 50")).to_be_visible()
    expect(directory.page.get_by_role("progressbar")).to_be_visible()
    assert len(held) == 4  # no more at once

    directory.press("Detener")
    for route in held:
        route.continue_()

    expect(directory.heading("Importación detenida")).to_be_visible()
    expect(directory.page.locator(".tile").filter(has_text="Sin escribir").locator("dd")).to_have_text("46")
    assert len(stack.employees()) <= 4


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "El archivo está vacío.", id="empty"),
        pytest.param(b"\xef\xbb\xbf \r\n", "El archivo está vacío.", id="a mark and nothing"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "No es un archivo de texto.", id="a picture"),
        pytest.param(lines(ANA).encode("utf-16"), "No es un archivo de texto.", id="utf-16"),
        pytest.param(b"PK\x03\x04\x14\x00\x06\x00", "No es un archivo de texto.", id="a workbook"),
        pytest.param(b"hola;mundo\r\n1;2", "Faltan columnas en la primera línea: nombre, email", id="other columns"),
        pytest.param(HEADINGS.encode(), "no hay empleados", id="headings only"),
        pytest.param(f"{HEADINGS};correo\r\n{ANA};x".encode(), "La columna «correo» está dos veces.", id="twice"),
        pytest.param(f'{HEADINGS}\r\n"Ana;x'.encode(), "En la línea 2 se abre una comilla", id="open quote"),
        pytest.param(
            lines(*(f"P;p{n}@example.com;A;1;2020-01-01" for n in range(100_000))).encode(),
            "Tiene más de 10.000 empleados.",
            id="100,000 rows",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_sentence(
    stack: LocalStack, directory: Directory, tmp_path: Path, content: bytes, words: str
) -> None:
    choose(directory, tmp_path, content)

    expect(directory.alert).to_contain_text("No se puede usar «empleados.csv»")
    expect(directory.alert).to_contain_text(words)
    expect(directory.page.get_by_text("Elegir archivo")).to_be_visible()
    assert stack.employees() == []


def test_ten_thousand_rows_are_checked_in_the_browser(directory: Directory, tmp_path: Path) -> None:
    rows = (f"Persona {n};p{n}@example.com;Analista;{n},5;2020-01-01" for n in range(10_000))

    choose(directory, tmp_path, lines(*rows))

    expect(directory.page.get_by_role("button", name="Importar 10.000 empleados")).to_be_visible()


def test_a_file_can_be_dropped(directory: Directory) -> None:
    directory.open("#/importar")
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


def test_a_lost_connection_while_the_rules_are_fetched_keeps_the_file(directory: Directory, tmp_path: Path) -> None:
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

    expect(directory.heading("Importación terminada")).to_be_visible()
    assert len(stack.employees()) == 1


def test_the_export_holds_what_the_filter_shows_on_all_its_pages(stack: LocalStack, directory: Directory) -> None:
    stack.insert(an_employee(nombre=f"N {n:03}", email=f"n{n}@example.com", posicion="Contable") for n in range(230))
    stack.insert([an_employee(nombre="Otra", posicion="Analista")])
    directory.open("#/empleados?posicion=Contable&orden=-nombre")
    expect(directory.rows).to_have_count(50)

    exported = downloaded(directory, "Exportar")

    assert exported[0] == HEADINGS.split(";")
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
    expect(directory.heading("Importación terminada")).to_be_visible()
    assert {row["nombre"] for row in stack.employees()} == set(names)


def test_an_export_that_fails_says_so(stack: LocalStack, directory: Directory) -> None:
    stack.insert([an_employee()])
    directory.open()
    directory.expect_names("Ana Pérez")
    directory.answer(r"/empleados\?.*limite=200.*", 500, '{"title": "Error interno", "status": 500}')

    directory.press("Exportar")

    expect(directory.alert).to_contain_text("No se pudo exportar. Error interno")
