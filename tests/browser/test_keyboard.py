"""The keyboard keeps its place when what it is on is drawn again."""

from playwright.sync_api import expect

from tests.browser.directory import UNDO_SECONDS
from tests.browser.stack import an_employee

ANA = an_employee()
LUIS = an_employee(nombre="Luis Núñez", email="luis@example.com")


def test_it_goes_to_the_heading_when_its_row_goes(stack, directory):
    stack.insert([ANA, LUIS])
    directory.page.clock.install()
    directory.open()
    directory.button("Eliminar a Luis Núñez").focus()
    directory.open_without_loading("#/empleados?q=perez")
    directory.expect_names("Ana Pérez")
    expect(directory.heading("Empleados")).to_be_focused()

    directory.tab_to("Eliminar a Ana Pérez")
    directory.page.keyboard.press("Enter")
    expect(directory.row("Ana Pérez").get_by_role("button", name="Deshacer")).to_be_focused()
    directory.page.clock.fast_forward(UNDO_SECONDS * 1000 + 500)
    expect(directory.heading("Nadie coincide con la búsqueda")).to_be_visible()
    expect(directory.heading("Empleados")).to_be_focused()


def test_it_goes_to_the_heading_when_there_is_no_next_page(stack, directory):
    stack.insert([an_employee(nombre=f"Ana {n:02}", email=f"ana{n}@example.com") for n in range(51)])
    directory.open()
    expect(directory.rows).to_have_count(50)
    directory.tab_to("Saltar la lista")
    for _ in ("to the pages", "to the next"):
        directory.page.keyboard.press("Enter")

    directory.expect_names("Ana 50")
    expect(directory.heading("Empleados")).to_be_focused()


def test_a_closed_panel_gives_it_back_to_what_opened_it(stack, directory):
    row = stack.create(nombre="Ana Pérez")
    directory.open()
    for name, inside in {"Editar a Ana Pérez": directory.field("nombre"), "Ana Pérez": None}.items():
        directory.link(name).press("Enter")
        expect(inside or directory.heading("Ana Pérez")).to_be_focused()
        directory.page.keyboard.press("Escape")
        expect(directory.panel).to_be_hidden()
        expect(directory.link(name)).to_be_focused()
    directory.open(f"#/empleados/{row['id']}?")
    directory.page.reload()
    expect(directory.heading("Ana Pérez")).to_be_focused()
    directory.page.keyboard.press("Escape")
    expect(directory.heading("Empleados")).to_be_focused()  # no row opened the panel
