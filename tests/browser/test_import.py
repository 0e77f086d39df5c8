"""The import and export of files: shown before anything is written, safe to interrupt, and undone as a whole.

What a file may look like is tested with the modules (test_files.py).
"""

import re

import pytest
from playwright.sync_api import expect

from contract.fields import FIELDS
from tests.browser.stack import an_employee
from tests.browser.test_files import ANA, lines, row

LUIS = row("Luis Núñez", "luis@example.com", "Contable", "1,234.00", "24/11/2021")
WRONG = "Sin Correo;nada;Contable;99999999;2020-02-30"
BATCHES = r"/lotes/[\w-]+"


def closings(stack):
    """Whether each closed batch asked for an email, the oldest first."""
    rows = stack.query("SELECT payload->'aviso' FROM eventos WHERE tipo = 'lote' ORDER BY ocurrido_en")
    return [row[0] for row in rows]


def choose(directory, folder, content, name="empleados.csv"):
    """Open the import and choose a file with this content."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    if "importar" not in directory.page.url:
        directory.open("#/importar")
    directory.choose_file(file)


def people(number):
    return lines(*(f"Persona {n};p{n}@example.com;Analista;{n};2020-01-01" for n in range(number)))


def expect_badges(directory, *texts):
    """The review is there, with these counts."""
    expect(directory.page.locator(".import .badge")).to_have_text(list(texts))


def section(directory, title):
    return directory.page.locator("section.card", has=directory.heading(title))


def expect_result(directory, title="Importación terminada", **tiles):
    """The import has ended with exactly these counts."""
    expect(directory.heading(title)).to_be_visible()
    texts = [f"{name.replace('_', ' ')}{number}" for name, number in tiles.items()]
    expect(directory.page.locator(".tiles > div")).to_have_text(texts)


def test_a_file_is_shown_and_corrected_before_anything_is_written(stack, directory, tmp_path):
    eva = {"email": "eva@example.com", "nombre": "Eva"}
    choose(directory, tmp_path, lines(row(), WRONG, LUIS, row(posicion="", **eva), row(**eva)))

    expect_badges(directory, "3 nuevos", "2 líneas con errores")
    expect(section(directory, "Errores").locator("tbody tr")).to_have_text(
        [
            re.compile("3Sin CorreoCorreo No es una dirección de correo"),
            re.compile("3Sin CorreoSalario Debe estar entre 0 y"),
            re.compile("3Sin CorreoContratación Debe ser una fecha que exista"),
            re.compile("5EvaPosición "),
        ]
    )
    expect(section(directory, "Nuevos").get_by_role("row", name="Luis Núñez")).to_have_text(
        re.compile("1.234,00.*24 nov 2021")
    )
    directory.expect_accessible()
    rejected = directory.download("Descargar las líneas no importadas")
    assert rejected[0] == [*(each.name for each in FIELDS), "linea", "error"]
    assert [each[:3] for each in rejected[1:]] == [["Sin Correo", "nada", "Contable"], ["Eva", "eva@example.com", ""]]
    value = directory.page.get_by_label("Línea 5, Posición")
    value.fill("Jefa")
    value.press("Tab")
    expect_badges(directory, "3 nuevos", "2 líneas con errores")
    repeated = section(directory, "Errores").locator("tbody tr").last
    expect(repeated).to_have_text(re.compile("6EvaCorreo ya está en la línea 5"))
    assert stack.employees() == []
    directory.press("Crear 3 y cambiar 0")

    expect_result(directory, Creados=3, Cambiados=0, No_importados=2)
    rows = {each["nombre"]: (each["salario"], each["fecha_contratacion"]) for each in stack.employees()}
    assert rows == {
        "Ana Pérez": (5000.5, "2020-01-31"),
        "Luis Núñez": (1234, "2021-11-24"),
        "Eva": (5000.5, "2020-01-31"),
    }
    assert closings(stack) == [True]
    directory.expect_accessible()
    kept = directory.download("Descargar las líneas no importadas")
    assert kept[:2] == rejected[:2]
    assert kept[2][1::4] == ["eva@example.com", "6"]


def test_changes_are_shown_applied_on_request_and_undone_as_a_whole(stack, directory, tmp_path):
    """Also in a demonstration without TLS: what browsers have in secure contexts only is missing there."""
    directory.page.add_init_script(
        "delete Crypto.prototype.randomUUID; delete Navigator.prototype.clipboard; delete window.caches;"
        "Object.defineProperty(window, 'isSecureContext', { value: false });"
    )
    ana, eva = stack.create(), stack.create(nombre="Eva", email="eva@example.com")
    stack.create(nombre="Igual", email="igual@example.com")
    stack.create(nombre="Luisa Soler", email="luis@example.com")
    eva_changed, new = row("Eva", "eva@example.com", "Jefa"), row("Nueva", "nueva@example.com")
    choose(
        directory,
        tmp_path,
        lines(row(posicion="Directora", salario=6000), LUIS, row("Igual", "igual@example.com"), eva_changed, new),
    )
    expect_badges(directory, "1 nuevo", "2 con cambios", "1 contradicción", "1 sin cambios")
    expect(section(directory, "Contradicciones").locator("tbody tr")).to_have_text(
        re.compile("Luisa Soler.*Luisa Soler → Luis Núñez")
    )
    changed = section(directory, "Cambios").locator("tbody tr")
    expect(changed.first).to_have_text(
        re.compile(r"2Ana Pérez.*Posición: Analista → Directora.*5.000,50.€ → 6.000,00.€")
    )
    directory.expect_accessible()
    section(directory, "Cambios").get_by_label("Marcar todos").check()
    stack.change(eva["id"], posicion="Otra")  # by someone else, after the comparison
    directory.page.get_by_label("Enviar un correo con el resumen").uncheck()

    directory.press("Crear 1 y cambiar 2")

    expect_result(directory, Creados=1, Cambiados=1, Cambiados_por_otra_persona=1, No_importados=1)
    assert {each["nombre"]: each["posicion"] for each in stack.employees()} == {
        "Ana Pérez": "Directora", "Eva": "Otra", "Igual": "Analista", "Luisa Soler": "Analista", "Nueva": "Analista"
    }  # fmt: skip
    assert closings(stack) == [False]
    directory.press("Deshacer la importación")
    expect(directory.notice("Se deshicieron 2 cambios.")).to_be_visible()
    assert {each["nombre"] for each in stack.employees()} == {"Ana Pérez", "Eva", "Igual", "Luisa Soler"}
    undone = stack.http.get(f"/empleados/{ana['id']}").json()
    assert (undone["posicion"], undone["salario"]) == ("Analista", 5000.5)


def test_what_the_file_does_not_say_is_asked(stack, directory, tmp_path):
    content = (
        "Empresa X;;;\r\nNombre;Apellidos;Correo;Notas;Salario;Alta\r\nJosé;Núñez;jose@example.com;x;1.500;03/04/2025"
    )
    choose(directory, tmp_path, content.encode("mac-roman"))
    expect(directory.page.get_by_role("radio", checked=True)).to_have_accessible_name(
        re.compile("Mac antiguo.*José;Núñez")
    )
    expect(directory.page.get_by_text("No se importa: Notas.")).to_be_visible()
    expect(directory.button("Revisar")).to_be_disabled()
    directory.expect_accessible()
    directory.page.get_by_label("En «03/04/2025», ¿qué va primero?").select_option("El mes (4 mar 2025)")
    notes = directory.page.get_by_label("Notas", exact=True)
    notes.select_option("Posición")
    expect(directory.page.get_by_text("Lo que el archivo no tiene")).to_have_count(0)
    notes.select_option("No se importa")
    directory.page.get_by_label("En «03/04/2025», ¿qué va primero?").select_option("El mes (4 mar 2025)")
    position = section(directory, "Lo que el archivo no tiene").get_by_label("Posición")
    position.fill("Analista")
    position.press("Tab")

    directory.press("Revisar")

    expect(section(directory, "Nuevos").locator("tbody tr")).to_contain_text(
        "3José Núñezjose@example.comAnalista1.500,00 €4 mar 2025"
    )
    directory.press("Crear 1 y cambiar 0")
    expect_result(directory, Creados=1, Cambiados=0)
    assert stack.employees()[0]["fecha_contratacion"] == "2025-03-04"


@pytest.mark.parametrize("is_late", [False, True])
def test_a_paused_import_continues_where_it_was_beside_another_persons(stack, directory, tmp_path, is_late):
    """Rows whose answers were lost count as created, not as "there already": those are other people's."""
    choose(directory, tmp_path, people(20))
    expect_badges(directory, "20 nuevos")
    stack.create(nombre="Persona 3", email="p3@example.com")  # by someone else, meanwhile
    directory.cut(BATCHES, method="POST", is_late=is_late)
    directory.press("Crear 20 y cambiar 0")
    expect(directory.alert).to_contain_text("El servidor no responde")
    expect(directory.page.get_by_text("no se ha perdido ninguna línea")).to_be_visible()
    directory.expect_accessible()
    directory.mend()

    directory.press("Continuar")

    expect_result(directory, Creados=19, Cambiados=0, Ya_estaban=1)
    assert [stack.events(each["id"]) for each in stack.employees()] == [["creado"]] * 20


def test_an_import_goes_on_in_other_views_and_after_the_tab_was_closed(stack, directory, tmp_path):
    choose(directory, tmp_path, people(501))
    expect_badges(directory, "501 nuevos")
    held = directory.hold(BATCHES)
    directory.press("Crear 501 y cambiar 0")
    expect(directory.page.get_by_text("0 de 501")).to_be_visible()
    directory.go("Resumen")
    directory.open_without_loading("#/importar")
    expect(directory.page.get_by_role("progressbar")).to_be_visible()
    assert not directory.page.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true }))")
    held.first.continue_()
    expect(directory.page.get_by_text("500 de 501")).to_be_visible()
    another = directory.second_tab()
    another.open("#/importar")
    expect(another.heading("empleados.csv")).to_be_visible()
    expect(another.page.get_by_text("500 de 501")).to_be_visible()
    directory.page.close(run_before_unload=False)

    another.press("Continuar")

    expect_result(another, Creados=501, Cambiados=0)
    assert stack.query("SELECT count(*) FROM empleados") == [[501]]
    another.page.reload()
    expect(another.page.locator(".drop-zone")).to_be_visible()
    expect(another.button("Continuar")).to_have_count(0)


def test_a_line_without_a_day_gets_the_persons_own_today(stack, directory_of, tmp_path):
    directory = directory_of("rrhh", timezone_id="America/Mexico_City")
    directory.page.clock.set_fixed_time("2026-11-29T04:30:00Z")
    choose(directory, tmp_path, lines("Ana;ana@example.com;Analista;1", headings="nombre;email;posicion;salario"))
    expect(section(directory, "Lo que el archivo no tiene").get_by_label("Contratación")).to_have_value("2026-11-28")
    directory.press("Revisar")
    expect(section(directory, "Nuevos").get_by_text("28 nov 2026")).to_be_visible()

    directory.press("Crear 1 y cambiar 0")

    expect_result(directory, Creados=1, Cambiados=0)
    assert stack.employees()[0]["fecha_contratacion"] == "2026-11-28"


def test_an_import_can_be_stopped(directory, tmp_path):
    choose(directory, tmp_path, people(501))
    expect_badges(directory, "501 nuevos")
    held = directory.hold(BATCHES)
    directory.press("Crear 501 y cambiar 0")
    assert held.first
    directory.press("Detener")
    held.release()

    expect_result(directory, "Importación detenida", Creados=500, Cambiados=0, Sin_escribir=1)
    assert [each[0] for each in directory.download("Descargar las líneas no importadas")] == ["nombre", "Persona 500"]


def test_a_file_that_cannot_be_used_is_refused_and_another_can_be_dropped_and_waits_for_the_server(directory, tmp_path):
    choose(directory, tmp_path, "", "vacío.xlsx")
    expect(directory.alert).to_contain_text("No se puede usar «vacío.xlsx»")
    expect(directory.alert).to_contain_text("Está vacío.")
    directory.expect_accessible()
    expect(directory.page.locator("input[type=file]")).to_have_value("")  # else the corrected file could not be chosen

    transfer = directory.page.evaluate_handle(
        "text => { const data = new DataTransfer(); data.items.add(new File([text], 'soltado.csv')); return data; }",
        lines(ANA),
    )
    zone = directory.page.locator(".drop-zone")
    zone.dispatch_event("dragover", {"dataTransfer": transfer})
    expect(zone).to_have_class(re.compile(r"\bover\b"))
    directory.cut(BATCHES, method="POST")
    zone.dispatch_event("drop", {"dataTransfer": transfer})
    expect(directory.alert).to_contain_text("El servidor no responde")
    directory.mend()
    directory.press("Reintentar")

    expect(directory.heading("soltado.csv")).to_be_visible()
    expect_badges(directory, "1 nuevo")


# ---- export


def test_an_export_holds_all_that_the_filter_finds_and_can_be_cancelled_fail_and_come_back(stack, directory, tmp_path):
    stack.insert(an_employee(nombre=f"N {n:03}", email=f"n{n}@example.com", posicion="Contable") for n in range(230))
    stack.insert([an_employee(nombre="N"), an_employee(nombre="O", email="o@example.com", posicion="Contable")])
    directory.open("#/empleados?q=n&posicion=Contable&orden=-nombre")
    expect(directory.rows).to_have_count(50)
    held = directory.hold(r"/empleados\?.*limite=200.*")
    directory.press("Exportar", menu="Más")
    directory.press("Texto (.csv)")
    assert held.first
    with directory.page.expect_event("requestfailed"):
        directory.press("Cancelar")
    expect(directory.page.locator(".toast")).to_have_count(0)
    held.release()
    directory.answer(r"/empleados\?.*limite=200.*", 500, {"title": "Error interno", "status": 500})
    directory.press("Exportar", menu="Más")
    directory.press("Texto (.csv)")
    expect(directory.notice("No se pudieron leer todos. Error interno")).to_be_visible()
    directory.mend()
    directory.press("Exportar", menu="Más")

    exported = directory.download("Texto (.csv)")

    assert exported[0] == ["id", *(each.name for each in FIELDS)]
    shown = [dict(zip(exported[0], each, strict=True)) for each in exported[1:]]
    assert [each["nombre"] for each in shown] == [f"N {n:03}" for n in reversed(range(230))]
    expected = dict(zip(exported[0][2:], ["n229@example.com", "Contable", "5000,50", "2020-01-31"], strict=True))
    assert expected.items() <= shown[0].items()
    expect(directory.notice("Se exportaron 230 empleados.")).to_be_visible()
    directory.press("Exportar", menu="Más")
    with directory.page.expect_download() as download:
        directory.press("Excel (.xlsx)")
    choose(directory, tmp_path, download.value.path().read_bytes(), "empleados.xlsx")
    expect_badges(directory, "230 sin cambios")
    expect(directory.page.get_by_text("No hay nada que escribir.")).to_be_visible()
