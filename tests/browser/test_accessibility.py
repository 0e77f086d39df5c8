"""axe finds nothing in any view, the keyboard is enough, and screen readers hear what changes.

Other tests call `expect_accessible` where dialogs, errors and notices show.
"""

from playwright.sync_api import expect

from tests.browser.stack import an_employee
from tests.browser.test_layout import show_views, the_longest


def test_a_refused_sign_in_is_explained_once_and_axe_finds_nothing(directory_of):
    directory = directory_of(None)
    directory.open("?entrada=rechazada")
    expect(directory.alert).to_contain_text("empezó en otro navegador")
    directory.expect_accessible()

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
        assert (small, directory.violations()) == ([], []), place


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

    directory.page.get_by_role("searchbox").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        keyboard.press(key)
    expect(directory.button("Eliminar a Ana Pérez Gil")).to_be_focused()
    keyboard.press("Enter")
    expect(directory.notice("Eliminado: Ana Pérez Gil")).to_be_visible()
    assert stack.employees() == []


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
