"""The list: search, filter, order, pages, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.stack import an_employee, many_employees

if TYPE_CHECKING:
    from tests.browser.directory import Directory
    from tests.browser.stack import LocalStack

ANA = an_employee(nombre="Ana Pérez", email="ana@example.com", posicion="Analista", salario=5000)
LUIS = an_employee(nombre="Luis Núñez", email="luis@example.com", posicion="Contable", salario=1500)
OSCAR = an_employee(nombre="Óscar Gil", email="oscar@example.com", posicion="Contable", salario=9000.75)


def test_the_list_shows_each_employee_in_the_readers_form(stack: LocalStack, directory: Directory) -> None:
    stack.insert([ANA])

    directory.open()

    expect(directory.row("Ana Pérez").get_by_role("cell")).to_contain_text(
        ["Ana Pérez", "ana@example.com", "Analista", "5.000,00", "31 ene 2020", ""]
    )
    expect(directory.page).to_have_title("Empleados · Directorio")


def test_search_as_you_type_finds_words_without_regard_to_case_and_accents(
    stack: LocalStack, directory: Directory
) -> None:
    stack.insert([ANA, LUIS, OSCAR])
    directory.open()

    directory.search("nunez")
    directory.expect_names("Luis Núñez")
    assert directory.place == "/empleados?q=nunez"

    directory.page.get_by_role("searchbox").fill("")
    directory.expect_names("Ana Pérez", "Luis Núñez", "Óscar Gil")


def test_an_answer_to_an_older_search_never_replaces_a_newer_one(stack: LocalStack, directory: Directory) -> None:
    stack.insert([ANA, LUIS])
    directory.open()
    directory.expect_names("Ana Pérez", "Luis Núñez")
    held = directory.hold(r"/empleados\?.*\bq=a&.*")

    with directory.page.expect_request(lambda request: "q=a&" in request.url):
        directory.search("a")
    with directory.page.expect_request_finished(lambda request: "q=lu" in request.url):
        directory.page.get_by_role("searchbox").fill("lu")
    directory.expect_names("Luis Núñez")
    [route] = held
    route.fulfill(status=200, content_type="application/json", body="[]")

    directory.page.wait_for_timeout(200)
    directory.expect_names("Luis Núñez")


def test_nobody_found_says_so_and_offers_the_way_out(stack: LocalStack, directory: Directory) -> None:
    stack.insert([ANA])
    directory.open("#/empleados?q=nadie")

    expect(directory.heading("Nadie coincide con la búsqueda")).to_be_visible()
    directory.press("Quitar los filtros")

    directory.expect_names("Ana Pérez")


def test_the_filter_offers_the_positions_that_there_are_with_their_head_count(
    stack: LocalStack, directory: Directory
) -> None:
    stack.insert([ANA, LUIS, OSCAR])
    directory.open()

    directory.page.get_by_label("Filtrar por posición").select_option(label="Contable (2)")

    directory.expect_names("Luis Núñez", "Óscar Gil")


def test_a_heading_sorts_and_sorts_the_other_way_round(stack: LocalStack, directory: Directory) -> None:
    stack.insert([ANA, LUIS, OSCAR])
    directory.open()
    salary = directory.page.get_by_role("columnheader", name="Salario")

    salary.get_by_role("button").click()
    directory.expect_names("Luis Núñez", "Ana Pérez", "Óscar Gil")
    expect(salary).to_have_attribute("aria-sort", "ascending")

    salary.get_by_role("button").click()
    directory.expect_names("Óscar Gil", "Ana Pérez", "Luis Núñez")
    expect(salary).to_have_attribute("aria-sort", "descending")
    expect(salary.get_by_role("button")).to_be_focused()


def test_back_and_forward_go_through_filters_and_panels(stack: LocalStack, directory: Directory) -> None:
    stack.insert([ANA, LUIS, OSCAR])
    directory.open()
    directory.page.get_by_label("Filtrar por posición").select_option("Contable")
    directory.expect_names("Luis Núñez", "Óscar Gil")
    directory.link("Óscar Gil").click()
    expect(directory.heading("Óscar Gil")).to_be_visible()

    directory.page.go_back()
    expect(directory.panel).to_be_hidden()
    directory.expect_names("Luis Núñez", "Óscar Gil")
    directory.page.go_back()
    directory.expect_names("Ana Pérez", "Luis Núñez", "Óscar Gil")
    expect(directory.page.get_by_label("Filtrar por posición")).to_have_value("")
    directory.page.go_forward()
    directory.page.go_forward()

    expect(directory.heading("Óscar Gil")).to_be_visible()
    directory.expect_names("Luis Núñez", "Óscar Gil")


def test_an_address_leads_to_the_same_place_again(stack: LocalStack, directory: Directory) -> None:
    stack.insert([ANA, LUIS, OSCAR])
    oscar = next(row for row in stack.employees(q="oscar"))

    directory.open(f"#/empleados/{oscar['id']}?posicion=Contable&orden=-salario")

    expect(directory.heading("Óscar Gil")).to_be_visible()
    directory.expect_names("Óscar Gil", "Luis Núñez")


def test_closing_the_panel_returns_the_keyboard_to_the_row_it_came_from(
    stack: LocalStack, directory: Directory
) -> None:
    stack.insert([ANA, LUIS])
    directory.open()
    directory.link("Luis Núñez").click()
    expect(directory.heading("Luis Núñez")).to_be_focused()

    directory.page.keyboard.press("Escape")

    expect(directory.panel).to_be_hidden()
    expect(directory.link("Luis Núñez")).to_be_focused()


def test_five_hundred_rows_are_paged_through_and_back_without_losing_the_place(
    stack: LocalStack, directory: Directory
) -> None:
    stack.insert(many_employees(500))
    directory.open()
    first = directory.rows.first.get_by_role("link").first
    pager = directory.page.get_by_role("navigation", name="Páginas")

    for page in range(10):
        expect(first).to_have_text(f"Empleado {page * 50:04}")
        expect(pager).to_contain_text(f"Página {page + 1} · 50 empleados")
        if page < 9:
            directory.press("Siguiente")
    expect(directory.page.get_by_role("button", name="Siguiente")).to_be_disabled()
    directory.press("Anterior")
    expect(first).to_have_text("Empleado 0400")

    directory.link("Empleado 0420").click()
    expect(directory.heading("Empleado 0420")).to_be_visible()
    directory.press("Cerrar")
    directory.page.reload()
    expect(first).to_have_text("Empleado 0400")
    expect(pager).to_contain_text("Página 9")
    directory.press("Anterior")

    expect(first).to_have_text("Empleado 0350")


def test_a_page_in_the_middle_can_be_sent_as_a_link(stack: LocalStack, directory: Directory) -> None:
    stack.insert(many_employees(60))
    directory.open()
    directory.press("Siguiente")
    expect(directory.rows).to_have_count(10)
    link = directory.place

    directory.page.goto("about:blank")
    directory.open(f"#{link}")

    expect(directory.rows).to_have_count(10)
    directory.press("Primera página")
    expect(directory.rows.first.get_by_role("link").first).to_have_text("Empleado 0000")


def test_a_directory_without_employees_says_how_to_begin(directory: Directory) -> None:
    directory.open()

    expect(directory.heading("Todavía no hay empleados")).to_be_visible()
    directory.page.locator(".state").get_by_role("link", name="Nuevo empleado").click()
    expect(directory.heading("Nuevo empleado")).to_be_visible()


def test_rows_are_awaited_in_grey(stack: LocalStack, directory: Directory) -> None:
    stack.insert([ANA])
    held = directory.hold(r"/empleados\?.*")

    directory.open()

    expect(directory.page.locator(".skeleton")).to_be_visible()
    held[0].continue_()
    directory.expect_names("Ana Pérez")


def test_an_address_that_leads_nowhere_says_so(directory: Directory) -> None:
    directory.open("#/nominas/7")

    expect(directory.page.get_by_role("heading", name="Página no encontrada").first).to_be_attached()
    directory.press("Ir a la lista de empleados")
    expect(directory.heading("Empleados")).to_be_visible()
