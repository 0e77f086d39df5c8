"""axe finds nothing in any view, the keyboard is enough, and screen readers hear what changes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.stack import an_employee, many_employees
from tests.browser.test_layout import show_views, the_longest


def show_list_states(stack, directory, _):
    directory.open("#/nada")
    yield "a wrong address"
    directory.open()
    expect(directory.heading("Todavía no hay empleados")).to_be_visible()
    yield "no employees"
    stack.insert(many_employees(8))
    directory.page.clock.install()
    directory.page.reload()
    directory.press("Eliminar a Empleado 0001")
    expect(directory.notice("Eliminado")).to_be_visible()
    yield "a list and a notice"
    directory.press("Deshacer")
    directory.answer(r"/empleados\?.*", 500, '{"title": "Error interno", "status": 500, "request_id": "r-1"}')
    directory.open_without_loading("#/empleados?q=x")
    expect(directory.alert).to_be_visible()
    yield "a list that failed"
    directory.mend()
    directory.page.context.set_offline(True)
    expect(directory.offline).to_be_visible()
    yield "offline"


def show_forms(stack, directory, _):
    row = stack.create()
    directory.open("#/empleados/nuevo")
    directory.field("email").press_sequentially("no es un correo")
    directory.go("Resumen")
    directory.open_without_loading("#/empleados/nuevo")
    directory.press("Guardar")
    expect(directory.page.get_by_text("Se recuperó lo que no había guardado.")).to_be_visible()
    expect(directory.error_of("email")).to_be_visible()
    yield "a form with errors and a draft"
    directory.open_without_loading(f"#/empleados/{row['id']}/editar")
    directory.fill(posicion="Directora")
    stack.change(row["id"], posicion="Presidenta")
    directory.press("Guardar")
    expect(directory.dialog).to_be_visible()
    yield "a conflict"


def show_menus(stack, directory, _):
    stack.insert(many_employees(60))
    depth = {"visibles": 3, "en_proceso": 1, "retrasados": 0, "edad_maxima": 75}
    directory.answer_json("/cola", {"cola": depth, "fallidos": depth})
    letter = {"id": "x", "recibido_en": "2026-11-24T12:00:00Z", "motivo": "ilegible", "empleado": None, "intentos": 3}
    directory.answer_json("/cola/fallidos", [letter])
    directory.open("#/operacion")
    expect(directory.page.get_by_role("row").nth(1)).to_be_visible()
    yield "a message set aside"
    directory.press("Reenviar los apartados")
    expect(directory.dialog).to_be_visible()
    yield "a question"
    directory.page.keyboard.press("Escape")
    expect(directory.open_menu()).to_contain_text("Segundo paso al entrarsin aplicación de códigos")
    yield "the person's menu"
    directory.go("Empleados")
    directory.page.get_by_label("Seleccionar todos los de esta página").check()
    directory.page.locator("summary", has_text="Filtros").click()
    expect(directory.page.locator(".selection")).to_be_visible()
    yield "a selection and filters"


def show_import(stack, directory, tmp_path):
    stack.insert([an_employee(nombre="Ana"), an_employee(nombre="Eva", email="luis@example.com")])
    file = tmp_path / "personas.csv"
    directory.open("#/importar")
    file.touch()
    directory.choose_file(file)
    expect(directory.alert).to_be_visible()
    yield "a file that cannot be used"
    people = "Anañ;a@example.com;1;y\nB;b@example.com;doce;z\nAna;ana@example.com;2;\nLuis;luis@example.com;2;\n"
    file.write_bytes(f"nombre;email;salario;nota\n{people}".encode("windows-1252"))
    directory.choose_file(file)
    position = directory.page.get_by_label("Posición")
    position.fill("Analista")
    position.press("Tab")
    yield "questions about columns"
    directory.press("Revisar")
    expect(directory.heading("Contradicciones")).to_be_visible()
    yield "a preview with errors and changes"
    directory.answer(r"/lotes/[\w-]+", 403, '{"title": "No", "status": 403}')
    directory.press("Crear 1 y cambiar 0")
    expect(directory.button("Continuar")).to_be_visible()
    yield "a paused import"
    directory.mend()
    directory.press("Continuar")
    expect(directory.heading("Importación terminada")).to_be_visible()
    yield "a finished import"


def violations(directory):
    """What axe finds: the rule and the elements."""
    found = Axe().run(directory.page).response["violations"]
    return [f"{rule['id']}: {[node['html'] for node in rule['nodes']]}" for rule in found]


@pytest.mark.parametrize("show", [show_list_states, show_forms, show_menus, show_import])
def test_axe_finds_nothing_in_any_state(stack, directory_of, tmp_path, show):
    """On a large screen in the light theme, and in a column of 320 pixels in the dark one."""
    directory = directory_of(reduced_motion="reduce")
    found = {}
    for state in show(stack, directory, tmp_path):
        for color_scheme, width in (("dark", 320), ("light", 1280)):
            directory.page.emulate_media(color_scheme=color_scheme, reduced_motion="reduce")
            directory.page.set_viewport_size({"width": width, "height": 800})
            found[f"{state}, {color_scheme}"] = violations(directory)
    assert not any(found.values()), found


def test_a_refused_sign_in_is_explained_once_and_axe_finds_nothing(directory_of):
    directory = directory_of(None)
    directory.open("?entrada=rechazada")
    expect(directory.alert).to_contain_text("empezó en otro navegador")

    assert violations(directory) == []
    directory.page.reload()
    expect(directory.heading("Directorio de empleados")).to_be_visible()
    expect(directory.alert).to_have_count(0)


def test_axe_finds_nothing_in_any_view_and_every_target_is_large_enough_for_a_finger(stack, directory_of):
    row, gone = the_longest(stack)
    directory = directory_of(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    directory.open()
    for place in show_views(directory, row, gone):
        small = directory.page.evaluate(
            """() => [...document.querySelectorAll('button, .button, select, input:not([type=checkbox]), .menu a')]
              .filter(node => node.checkVisibility() && !node.matches('.visually-hidden, .skip, :disabled'))
              .filter(node => node.getBoundingClientRect().height < 44 || node.getBoundingClientRect().width < 44)
              .map(node => node.outerHTML.slice(0, 100))"""
        )
        assert (small, violations(directory)) == ([], []), place


def test_the_keyboard_alone_creates_finds_changes_and_deletes(stack, directory):
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

    keyboard.press("/")
    keyboard.type("gil")
    directory.expect_names("Ana Pérez Gil")
    keyboard.press("ArrowDown")
    expect(directory.link("Ana Pérez Gil")).to_be_focused()
    for _ in range(2):
        keyboard.press("ArrowRight")
    expect(directory.button("Eliminar a Ana Pérez Gil")).to_be_focused()
    keyboard.press("Enter")
    expect(directory.notice("Eliminado: Ana Pérez Gil")).to_be_visible()
    keyboard.press("u")
    expect(directory.notice("Restaurado: Ana Pérez Gil")).to_be_visible()
    expect(directory.link("Ana Pérez Gil")).to_be_visible()
    assert [row["nombre"] for row in stack.employees()] == ["Ana Pérez Gil"]


def test_the_focus_is_visible_wherever_the_keyboard_is(stack, directory):
    stack.insert([an_employee()])
    directory.open()
    expect(directory.rows).to_have_count(1)
    outline = "() => getComputedStyle(document.activeElement).outlineStyle"

    for _ in range(20):
        directory.page.keyboard.press("Tab")
        assert directory.page.evaluate(outline) != "none", directory.page.evaluate("document.activeElement.outerHTML")
    directory.link("Ana Pérez").press("Enter")
    expect(directory.heading("Ana Pérez")).to_be_focused()
    assert directory.page.evaluate(outline) != "none"


def test_a_screen_reader_hears_what_changes(stack, directory):
    """A live region is announced only if it was there before its text, and there is one."""
    stack.insert([an_employee(), an_employee(nombre="Luis Gil", email="luis@example.com")])
    directory.open()
    expect(directory.spoken).to_contain_text("2 empleados")

    directory.search("gil")
    expect(directory.spoken).to_contain_text("1 empleado")
    directory.press("Eliminar a Luis Gil")

    expect(directory.spoken).to_contain_text("Eliminado: Luis Gil Deshacer")
    expect(directory.page.locator("[role=status], [aria-live]")).to_have_count(1)
    expect(directory.page.locator("h1")).to_have_count(1)
    directory.press("Deshacer")
