"""The keyboard is enough and keeps its place when what it is on is drawn again; screen readers hear what changes."""

from playwright.sync_api import expect

from tests.browser.directory import NAME_OF_FOCUSED
from tests.browser.stack import an_employee, many_employees

ANA = an_employee()
LUIS = an_employee(nombre="Luis Núñez", email="luis@example.com")


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

    expect(directory.row("Ana Pérez Gil")).to_be_visible()
    directory.page.get_by_role("searchbox").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        keyboard.press(key)
    expect(directory.button("Eliminar a Ana Pérez Gil")).to_be_focused()
    keyboard.press("Enter")
    expect(directory.notice("Eliminado: Ana Pérez Gil")).to_be_visible()
    assert stack.employees() == []


def test_it_goes_to_the_heading_when_its_row_or_button_goes(stack, directory):
    stack.insert([ANA, LUIS, *many_employees(49)])
    directory.open()
    expect(directory.rows).to_have_count(50)
    directory.tab_to("Saltar la lista")
    for _ in ("to the pages", "to the next"):
        directory.page.keyboard.press("Enter")
    directory.expect_names("Luis Núñez")
    expect(directory.heading("Empleados")).to_be_focused()
    directory.button("Eliminar a Luis Núñez").focus()
    directory.open_without_loading("#/empleados?q=perez")
    directory.expect_names("Ana Pérez")
    expect(directory.heading("Empleados")).to_be_focused()

    directory.button("Eliminar a Ana Pérez").press("Enter")
    expect(directory.heading("Nadie coincide con la búsqueda")).to_be_visible()
    expect(directory.heading("Empleados")).to_be_focused()


def test_single_keys_search_create_and_explain_themselves_unless_switched_off(stack, directory):
    stack.insert([ANA, LUIS])
    directory.open()
    keyboard = directory.page.keyboard
    keyboard.press("?")
    expect(directory.dialog).to_contain_text("Abrir a la única persona encontrada")
    keyboard.press("Escape")
    keyboard.press("n")
    expect(directory.field("nombre")).to_be_focused()
    keyboard.type("n/?")
    expect(directory.field("nombre")).to_have_value("n/?")
    keyboard.press("Escape")
    expect(directory.notice("queda como borrador")).to_be_visible()
    keyboard.press("/")
    keyboard.type("luis")
    keyboard.press("Enter")  # before the rows of the search are there
    expect(directory.heading("Luis Núñez")).to_be_focused()

    keyboard.press("?")
    directory.dialog.get_by_role("checkbox").uncheck()
    keyboard.press("Escape")
    keyboard.press("/")
    expect(directory.page.get_by_role("searchbox")).not_to_be_focused()


def test_a_row_is_one_stop_arrows_go_on_from_there_and_the_focus_is_visible_everywhere(stack, directory):
    stack.insert(many_employees(3))
    directory.open()
    expect(directory.rows).to_have_count(3)
    keyboard = directory.page.keyboard
    outline = "() => getComputedStyle(document.activeElement).outlineStyle"
    for _ in range(20):
        keyboard.press("Tab")
        assert directory.page.evaluate(outline) != "none", directory.page.evaluate("document.activeElement.outerHTML")
    directory.page.get_by_role("searchbox").focus()
    directory.tab_to("Empleado 0000")
    for key, name in {
        "Tab": "Empleado 0001",
        "ArrowRight": "Editar a Empleado 0001",
        "ArrowDown": "Editar a Empleado 0002",
        "Home": "Editar a Empleado 0000",
        "ArrowLeft": "Empleado 0000",
    }.items():
        keyboard.press(key)
        assert directory.page.evaluate(NAME_OF_FOCUSED) == name
    keyboard.press("ArrowUp")
    expect(directory.page.get_by_role("searchbox")).to_be_focused()


def test_a_closed_panel_gives_it_back_to_what_opened_it(stack, directory):
    row = stack.create(nombre="Ana Pérez")
    directory.open()
    for name, inside in {"Editar a Ana Pérez": directory.field("nombre"), "Ana Pérez": None}.items():
        directory.link(name).press("Enter")
        expect(inside or directory.heading("Ana Pérez")).to_be_focused()
        assert directory.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        directory.page.keyboard.press("Escape")
        expect(directory.panel).to_be_hidden()
        expect(directory.link(name)).to_be_focused()
    directory.open(f"#/empleados/{row['id']}?")
    directory.page.reload()
    expect(directory.heading("Ana Pérez")).to_be_focused()
    directory.page.keyboard.press("Escape")
    expect(directory.heading("Empleados")).to_be_focused()  # no row opened the panel


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
