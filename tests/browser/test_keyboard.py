"""The keyboard keeps its place when what it is on is drawn again."""

from playwright.sync_api import expect

from tests.browser.directory import UNDO_SECONDS
from tests.browser.stack import an_employee

ANA = an_employee()
LUIS = an_employee(nombre="Luis Núñez", email="luis@example.com")


def tab_to_before_the_answer(directory, name):
    """Search for one of two people, and reach ``name`` before the list of the one arrives."""
    directory.open()
    directory.expect_names("Ana Pérez", "Luis Núñez")
    held = directory.hold(r"/empleados\?.*\bq=perez\b.*")
    with directory.page.expect_request(lambda request: "q=perez" in request.url):
        directory.page.get_by_role("searchbox").fill("perez")
    directory.tab_to(name)
    [search] = held
    search.continue_()
    directory.expect_names("Ana Pérez")


def test_it_goes_to_the_heading_when_its_row_goes(stack, directory):
    stack.insert([ANA, LUIS])
    directory.page.clock.install()
    tab_to_before_the_answer(directory, "Eliminar a Luis Núñez")
    expect(directory.heading("Empleados")).to_be_focused()
    directory.mend()

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


def test_a_notice_gives_it_back(stack, directory):
    stack.insert([ANA])
    directory.open()
    directory.tab_to("Eliminar a Ana Pérez")
    directory.page.keyboard.press("Enter")
    directory.notice("Se eliminará").get_by_role("button", name="Deshacer").press("Enter")

    expect(directory.notice("Se eliminará")).to_be_hidden()
    expect(directory.button("Eliminar a Ana Pérez")).to_be_focused()


def test_the_filter_of_mails_keeps_it(directory):
    directory.open("#/operacion")
    state = directory.page.get_by_label("Filtrar por estado")
    state.focus()

    state.select_option("fallido")

    expect(directory.page.get_by_text("No hay correos.")).to_be_visible()
    assert directory.place == "/operacion?estado=fallido"
    expect(state).to_have_value("fallido")
    expect(state).to_be_focused()
    directory.page.go_back()
    expect(state).to_have_value("")
