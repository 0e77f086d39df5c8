"""For everybody: axe finds nothing, the keyboard is enough, 320 pixels and double size are enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.stack import an_employee, many_employees

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import OpenTab
    from tests.browser.directory import Directory
    from tests.browser.stack import LocalStack

    State = Callable[[LocalStack, Directory, Path], None]

STATES: dict[str, State] = {}


def state(function: State) -> State:
    """A state of the page that axe looks at; the function leads there."""
    STATES[function.__name__] = function
    return function


@state
def list_of_employees(stack: LocalStack, directory: Directory, _: Path) -> None:
    stack.insert(many_employees(8))
    directory.open()
    expect(directory.rows).to_have_count(8)


@state
def empty_directory(_: LocalStack, directory: Directory, __: Path) -> None:
    directory.open()
    expect(directory.heading("Todavía no hay empleados")).to_be_visible()


@state
def nobody_found(stack: LocalStack, directory: Directory, _: Path) -> None:
    stack.insert([an_employee()])
    directory.open("#/empleados?q=nadie")
    expect(directory.heading("Nadie coincide con la búsqueda")).to_be_visible()


@state
def waiting_for_rows(_: LocalStack, directory: Directory, __: Path) -> None:
    directory.hold(r"/empleados\?.*")
    directory.open()
    expect(directory.page.locator(".skeleton")).to_be_visible()


@state
def failed_list(_: LocalStack, directory: Directory, __: Path) -> None:
    directory.answer(r"/empleados\?.*", 500, '{"title": "Error interno", "status": 500, "request_id": "r-1"}')
    directory.open()
    expect(directory.alert).to_be_visible()


@state
def offline(stack: LocalStack, directory: Directory, tmp_path: Path) -> None:
    list_of_employees(stack, directory, tmp_path)
    directory.page.context.set_offline(True)
    expect(directory.page.get_by_text("Sin conexión.")).to_be_visible()


@state
def one_employee(stack: LocalStack, directory: Directory, _: Path) -> None:
    row = stack.create()
    stack.change(row["id"], posicion="Jefa")
    stack.wait_for_mail(row["id"])
    directory.open(f"#/empleados/{row['id']}")
    expect(directory.panel.locator(".event-mails").first).to_be_visible()


@state
def deleted_employee(stack: LocalStack, directory: Directory, _: Path) -> None:
    row = stack.create()
    stack.delete(row["id"])
    directory.open(f"#/empleados/{row['id']}")
    expect(directory.heading("Ya no está en el directorio")).to_be_visible()


@state
def form_with_errors(_: LocalStack, directory: Directory, __: Path) -> None:
    directory.open("#/empleados/nuevo")
    directory.fill(email="no es un correo")
    directory.press("Guardar")
    expect(directory.error_of("email")).to_be_visible()


@state
def form_with_a_draft(_: LocalStack, directory: Directory, __: Path) -> None:
    directory.open("#/empleados/nuevo")
    directory.field("nombre").press_sequentially("Ana")
    directory.go("Resumen")
    directory.go("Empleados")
    directory.page.locator("header").get_by_role("link", name="Nuevo empleado").click()
    expect(directory.page.get_by_text("Se recuperó lo que no había guardado.")).to_be_visible()


@state
def conflict(stack: LocalStack, directory: Directory, _: Path) -> None:
    row = stack.create()
    directory.open(f"#/empleados/{row['id']}/editar")
    directory.fill(posicion="Directora")
    stack.change(row["id"], posicion="Jefa")
    directory.press("Guardar")
    expect(directory.page.get_by_role("dialog")).to_be_visible()


@state
def row_about_to_be_deleted(stack: LocalStack, directory: Directory, tmp_path: Path) -> None:
    directory.page.clock.install()
    list_of_employees(stack, directory, tmp_path)
    directory.press("Eliminar a Empleado 0001")
    expect(directory.notice("Se eliminará")).to_be_visible()


@state
def summary(stack: LocalStack, directory: Directory, _: Path) -> None:
    stack.insert(many_employees(60))
    directory.open("#/resumen")
    expect(directory.page.locator(".chart-bar")).to_have_count(4)


@state
def activity(stack: LocalStack, directory: Directory, _: Path) -> None:
    row = stack.create()
    stack.delete(row["id"])
    directory.open("#/actividad")
    expect(directory.page.locator(".event")).to_have_count(2)


@state
def operations(stack: LocalStack, directory: Directory, _: Path) -> None:
    stack.wait_for_mail(stack.create()["id"])
    depth = {"visibles": 3, "en_proceso": 1, "retrasados": 0, "edad_maxima": 75}
    directory.answer_json("/cola", {"cola": depth, "fallidos": depth})
    parts = {"crud": {"estado": "ok", "http": 200, "ms": 3}, "email": {"estado": "error", "http": 503, "ms": 9}}
    directory.answer_json(r"/health\?deep=1", {"estado": "ok", "partes": parts})
    directory.open("#/operacion")
    expect(directory.page.get_by_text("3 mensajes no se pudieron procesar")).to_be_visible()
    expect(directory.page.get_by_role("row").nth(1)).to_be_visible()


@state
def question_before_a_redrive(stack: LocalStack, directory: Directory, tmp_path: Path) -> None:
    operations(stack, directory, tmp_path)
    directory.press("Reenviar los apartados")
    expect(directory.page.get_by_role("dialog")).to_be_visible()


@state
def choosing_a_file(_: LocalStack, directory: Directory, __: Path) -> None:
    directory.open("#/importar")


@state
def refused_file(_: LocalStack, directory: Directory, tmp_path: Path) -> None:
    directory.open("#/importar")
    (tmp_path / "vacio.csv").touch()
    directory.choose_file(tmp_path / "vacio.csv")
    expect(directory.alert).to_be_visible()


@state
def preview_of_a_file(_: LocalStack, directory: Directory, tmp_path: Path) -> None:
    file = tmp_path / "personas.csv"
    text = "nombre;email;posicion;salario;nota\nAnañ;a@example.com;x;1;y\nB;a@example.com;;doce;z\n"
    file.write_bytes(text.encode("windows-1252"))
    directory.open("#/importar")
    directory.choose_file(file)
    expect(directory.heading("personas.csv")).to_be_visible()


@state
def import_under_way(stack: LocalStack, directory: Directory, tmp_path: Path) -> None:
    preview_of_a_file(stack, directory, tmp_path)
    directory.hold("/empleados")
    directory.press("Importar 1 empleado")
    expect(directory.page.get_by_role("progressbar")).to_be_visible()


@state
def import_paused(stack: LocalStack, directory: Directory, tmp_path: Path) -> None:
    preview_of_a_file(stack, directory, tmp_path)
    directory.cut("/empleados", method="POST")
    directory.press("Importar 1 empleado")
    expect(directory.page.get_by_role("button", name="Continuar")).to_be_visible()


@state
def import_finished(stack: LocalStack, directory: Directory, tmp_path: Path) -> None:
    preview_of_a_file(stack, directory, tmp_path)
    directory.answer("/empleados", 422, '{"title": "No", "status": 422, "errores": []}')
    directory.press("Importar 1 empleado")
    expect(directory.heading("Importación terminada")).to_be_visible()


@state
def lost(_: LocalStack, directory: Directory, __: Path) -> None:
    directory.open("#/nada")
    expect(directory.link("Ir a la lista de empleados")).to_be_visible()


def violations(directory: Directory) -> list[str]:
    """What axe finds: the rule and the elements."""
    found = Axe().run(directory.page).response["violations"]
    return [f"{rule['id']}: {[node['html'] for node in rule['nodes']]}" for rule in found]


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_for_everybody(stack: LocalStack, directory_of: OpenTab, tmp_path: Path, name: str) -> None:
    """Axe finds nothing in either theme, nor in a column of 320 pixels, where nothing is cut off."""
    directory = directory_of(reduced_motion="reduce", color_scheme="light")
    STATES[name](stack, directory, tmp_path)

    assert violations(directory) == []
    directory.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    directory.page.set_viewport_size({"width": 320, "height": 640})
    assert directory.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(directory) == []


@pytest.mark.parametrize("name", ["list_of_employees", "one_employee", "form_with_errors", "conflict", "operations"])
def test_nothing_is_cut_off_at_double_size(stack: LocalStack, directory_of: OpenTab, tmp_path: Path, name: str) -> None:
    """A zoom of 200 % halves the pixels of the page and doubles those of the screen."""
    directory = directory_of(viewport={"width": 640, "height": 400}, device_scale_factor=2)

    STATES[name](stack, directory, tmp_path)

    assert directory.page.evaluate("document.documentElement.scrollWidth") <= 640


def test_targets_are_large_enough_for_a_finger(stack: LocalStack, directory_of: OpenTab) -> None:
    row = stack.create()
    directory = directory_of(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    for place in ("#/empleados", f"#/empleados/{row['id']}", "#/empleados/nuevo", "#/importar", "#/operacion"):
        directory.open(place)
        expect(directory.page.locator("main h1, main h2").first).to_be_attached()
        small = directory.page.evaluate(
            """() => [...document.querySelectorAll('button, .button, select, input:not([type=checkbox]), .menu a')]
              .filter(node => node.checkVisibility() && !node.matches('.visually-hidden, :disabled'))
              .filter(node => node.getBoundingClientRect().height < 44 || node.getBoundingClientRect().width < 44)
              .map(node => node.outerHTML.slice(0, 100))"""
        )
        assert small == [], place


def test_the_keyboard_alone_creates_finds_changes_and_deletes(stack: LocalStack, directory: Directory) -> None:
    directory.open()
    expect(directory.heading("Todavía no hay empleados")).to_be_visible()
    keyboard = directory.page.keyboard

    keyboard.press("Tab")
    expect(directory.link("Saltar al contenido")).to_be_focused()
    keyboard.press("Enter")
    directory.tab_to("Nuevo empleado")
    keyboard.press("Enter")
    expect(directory.field("nombre")).to_be_focused()
    for text in ("Ana Pérez", "ana@example.com", "Analista", "5000"):
        keyboard.type(text)
        keyboard.press("Tab")
    keyboard.press("Enter")
    expect(directory.heading("Ana Pérez")).to_be_focused()

    directory.tab_to("Editar")
    keyboard.press("Enter")
    expect(directory.field("nombre")).to_be_focused()
    keyboard.press("End")
    keyboard.type(" Gil")
    keyboard.press("Enter")
    expect(directory.heading("Ana Pérez Gil")).to_be_focused()
    keyboard.press("Escape")
    expect(directory.panel).to_be_hidden()

    keyboard.press("Control+k")
    keyboard.type("gil")
    directory.expect_names("Ana Pérez Gil")
    directory.tab_to("Eliminar a Ana Pérez Gil")
    keyboard.press("Enter")
    expect(directory.notice("Se eliminará a Ana Pérez Gil.")).to_be_visible()
    expect(directory.row("Ana Pérez Gil").get_by_role("button", name="Deshacer")).to_be_focused()
    keyboard.press("Enter")
    expect(directory.page.get_by_role("button", name="Eliminar a Ana Pérez Gil")).to_be_focused()
    assert [row["nombre"] for row in stack.employees()] == ["Ana Pérez Gil"]


def test_a_screen_reader_hears_what_changes(stack: LocalStack, directory: Directory) -> None:
    stack.insert([an_employee(), an_employee(nombre="Luis Gil", email="luis@example.com")])
    directory.open()
    spoken = directory.page.locator("p[role=status].visually-hidden")
    expect(spoken).to_have_text("2 empleados en esta página")

    directory.search("gil")

    expect(spoken).to_have_text("1 empleado en esta página")
    expect(directory.page.locator("h1")).to_have_count(1)


def test_nothing_moves_for_who_wants_nothing_to_move(directory_of: OpenTab) -> None:
    directory = directory_of(reduced_motion="reduce")
    directory.hold(r"/empleados\?.*")
    directory.open()
    expect(directory.page.locator(".skeleton-line").first).to_be_visible()

    assert directory.page.evaluate("document.getAnimations().length") == 0
