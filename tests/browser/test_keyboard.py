"""The keyboard keeps its place when what it is on is drawn again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.directory import UNDO_SECONDS
from tests.browser.stack import an_employee

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.directory import Directory
    from tests.browser.stack import LocalStack

ANA = an_employee()
LUIS = an_employee(nombre="Luis Núñez", email="luis@example.com")
# With the creation, more events than are shown at first.
CHANGES = 51


def tab_to_before_the_answer(directory: Directory, name: str) -> None:
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


def test_it_stays_in_a_row_that_is_drawn_again(stack: LocalStack, directory: Directory) -> None:
    stack.insert([ANA, LUIS])

    tab_to_before_the_answer(directory, "Editar a Ana Pérez")

    expect(directory.link("Editar a Ana Pérez")).to_be_focused()


def test_it_goes_to_the_heading_when_its_row_goes(stack: LocalStack, directory: Directory) -> None:
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


def test_it_goes_to_the_heading_when_there_is_no_next_page(stack: LocalStack, directory: Directory) -> None:
    stack.insert([an_employee(nombre=f"Ana {n:02}", email=f"ana{n}@example.com") for n in range(51)])
    directory.open()
    directory.page.get_by_role("button", name="Siguiente").press("Enter")

    directory.expect_names("Ana 50")
    expect(directory.heading("Empleados")).to_be_focused()


def test_a_closed_panel_gives_it_back_to_what_opened_it(stack: LocalStack, directory: Directory) -> None:
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


def test_it_goes_to_the_heading_after_the_oldest_event(stack: LocalStack, directory: Directory) -> None:
    row = stack.create(nombre="Ana Pérez")
    for number in range(CHANGES):
        stack.change(row["id"], salario=1000 + number)
    directory.open(f"#/empleados/{row['id']}")
    directory.tab_to("Ver más antiguo")

    directory.page.keyboard.press("Enter")

    expect(directory.panel.locator(".event")).to_have_count(CHANGES + 1)
    expect(directory.heading("Ana Pérez")).to_be_focused()


def test_a_change_elsewhere_leaves_it_in_the_panel(stack: LocalStack, directory: Directory) -> None:
    stack.insert([LUIS])
    row = stack.create(nombre="Ana Pérez")
    directory.page.clock.install()
    directory.open()
    directory.press("Eliminar a Luis Núñez")
    directory.link("Ana Pérez").click()
    expect(directory.heading("Ana Pérez")).to_be_focused()
    directory.tab_to("Editar")
    directory.page.mouse.move(5, 5)  # a notice waits while the pointer is on it

    with directory.page.expect_request_finished(lambda request: request.url.endswith(f"/empleados/{row['id']}")):
        directory.page.clock.fast_forward(UNDO_SECONDS * 1000 + 500)

    expect(directory.notice("Eliminado: Luis Núñez")).to_be_visible()
    expect(directory.panel.get_by_role("link", name="Editar")).to_be_focused()


def test_a_notice_gives_it_back(stack: LocalStack, directory: Directory) -> None:
    stack.insert([ANA])
    directory.open()
    directory.tab_to("Eliminar a Ana Pérez")
    directory.page.keyboard.press("Enter")
    directory.notice("Se eliminará").get_by_role("button", name="Deshacer").press("Enter")

    expect(directory.notice("Se eliminará")).to_be_hidden()
    expect(directory.page.get_by_role("button", name="Eliminar a Ana Pérez")).to_be_focused()


def test_the_filter_of_mails_keeps_it(directory: Directory) -> None:
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


def test_another_file_begins_at_the_heading(directory: Directory, tmp_path: Path) -> None:
    file = tmp_path / "personas.csv"
    file.write_text("nombre,email,posicion,salario\nAna Pérez,ana@example.com,Analista,1\n")
    directory.open("#/importar")
    directory.choose_file(file)
    expect(directory.heading("personas.csv")).to_be_focused()

    directory.tab_to("Elegir otro archivo")
    directory.page.keyboard.press("Enter")

    expect(directory.page.get_by_role("heading", level=1)).to_be_focused()
