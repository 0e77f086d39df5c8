"""The list: search, filter, order, pages, and the way back."""

from playwright.sync_api import expect

from tests.browser.stack import an_employee, many_employees

ANA = an_employee(nombre="Ana Pérez", email="ana@example.com", posicion="Analista", salario=5000)
LUIS = an_employee(nombre="Luis Núñez", email="luis@example.com", posicion="Contable", salario=1500)
EN_DASH = "\u2013"
OSCAR = an_employee(nombre="Óscar Gil", email="oscar@example.com", posicion="Contable", salario=9000.75)


def test_the_list_waits_in_grey_shows_each_employee_as_people_write_and_sorts(stack, directory):
    stack.insert([ANA, LUIS, OSCAR])
    held = directory.hold(r"/empleados\?.*")
    directory.open()
    expect(directory.page.locator(".skeleton")).to_be_visible()

    held.release()

    expect(directory.row("Ana Pérez").get_by_role("cell")).to_contain_text(
        ["Ana Pérez", "ana@example.com", "Analista", "5.000,00", "31 ene 2020", ""]
    )
    expect(directory.page).to_have_title("Empleados (3) · Directorio")
    salary = directory.page.get_by_role("columnheader", name="Salario")
    for direction, names in (("ascending", [LUIS, ANA, OSCAR]), ("descending", [OSCAR, ANA, LUIS])):
        salary.get_by_role("button").click()
        directory.expect_names(*(each["nombre"] for each in names))
        expect(salary).to_have_attribute("aria-sort", direction)
        expect(salary.get_by_role("button")).to_be_focused()


def test_search_as_you_type_finds_words_in_any_case_and_accent(stack, directory):
    stack.insert([ANA, LUIS, OSCAR])
    directory.open()
    before = directory.page.evaluate("history.length")
    directory.search("nunez")
    directory.expect_names("Luis Núñez")
    assert directory.place == "/empleados?q=nunez"
    assert directory.page.evaluate("history.length") == before  # the back button does not go through letters

    directory.page.get_by_role("searchbox").fill("nadie")
    expect(directory.heading("Nadie coincide con la búsqueda")).to_be_visible()
    directory.press("Quitar los filtros")

    directory.expect_names("Ana Pérez", "Luis Núñez", "Óscar Gil")
    expect(directory.page.get_by_role("searchbox")).to_have_value("")
    for found, number, said in (
        ("prefix", 0, "Se buscan comienzos de palabra"),
        ("similar", 1, "estos se parecen"),
        ("partial", 1, "solo muestra una parte"),
        ("partial", 0, "solo muestra una parte"),
    ):
        rows = stack.employees()[:number]
        directory.answer(rf"/empleados\?.*q={found}{number}.*", 200, rows, "application/json", X_Search=found)
        directory.page.get_by_role("searchbox").fill(f"{found}{number}")
        directory.page.wait_for_url(f"**q={found}{number}")
        expect(directory.rows).to_have_count(number)
        expect(directory.page.locator(".results")).to_contain_text(said)


def test_an_answer_to_an_older_search_never_replaces_a_newer_one(stack, directory):
    stack.insert([ANA, LUIS])
    directory.open()
    directory.expect_names("Ana Pérez", "Luis Núñez")
    held = directory.hold(r"/empleados\?.*\bq=a&.*")
    directory.page.get_by_role("searchbox").fill("a")
    assert held.first

    with directory.page.expect_event("requestfailed", lambda request: "q=a&" in request.url):
        directory.page.get_by_role("searchbox").fill("lu")

    directory.expect_names("Luis Núñez")


def test_back_and_forward_go_through_filters_and_panels(stack, directory):
    stack.insert([ANA, LUIS, OSCAR])
    directory.open()
    directory.page.get_by_label("Filtrar por posición").select_option(label="Contable (2)")
    directory.expect_names("Luis Núñez", "Óscar Gil")
    with directory.page.context.expect_page():
        directory.link("Óscar Gil").click(modifiers=["Control"])  # the browser's own new tab
    expect(directory.panel).to_be_hidden()
    directory.row("Óscar Gil").get_by_text("oscar@example.com").click()
    expect(directory.heading("Óscar Gil")).to_be_visible()
    expect(directory.page).to_have_title("Óscar Gil · Directorio")

    directory.page.go_back()
    expect(directory.panel).to_be_hidden()
    directory.expect_names("Luis Núñez", "Óscar Gil")
    expect(directory.page).to_have_title("Empleados (2) · Directorio")
    directory.page.go_back()
    directory.expect_names("Ana Pérez", "Luis Núñez", "Óscar Gil")
    expect(directory.page.get_by_label("Filtrar por posición")).to_have_value("")
    directory.page.go_forward()
    directory.page.go_forward()

    for _ in range(2):
        expect(directory.heading("Óscar Gil")).to_be_visible()
        directory.expect_names("Luis Núñez", "Óscar Gil")
        directory.page.reload()


def test_back_brings_search_filter_and_scrolling_back_and_a_focused_tab_what_others_changed(stack, directory):
    stack.insert(many_employees(60))
    directory.open()
    directory.page.get_by_label("Filtrar por posición").select_option("Contable")
    directory.search("empleado")
    directory.page.set_viewport_size({"width": 1280, "height": 500})
    directory.row("Empleado 0045").scroll_into_view_if_needed()
    scrolled = directory.page.evaluate("scrollY")
    assert scrolled > 0
    directory.go("Resumen")

    directory.page.go_back()

    expect(directory.page.get_by_role("searchbox")).to_have_value("empleado")
    expect(directory.rows).to_have_count(15)
    directory.page.wait_for_function("top => scrollY === top", arg=scrolled)
    directory.page.get_by_role("searchbox").press_sequentially("x")
    directory.page.go_back()  # before the pause in typing is over
    directory.page.evaluate("new Promise(done => setTimeout(done, 200))")  # the page's timer was set before this one
    assert directory.place == "/empleados"
    expect(directory.rows).to_have_count(50)
    expect(directory.page.get_by_role("searchbox")).to_have_value("")
    directory.page.clock.install()
    directory.page.reload()
    expect(directory.rows).to_have_count(50)
    stack.query("UPDATE empleados SET posicion = 'Nueva' WHERE nombre = 'Empleado 0000'")
    directory.page.clock.fast_forward(4000)
    directory.page.evaluate("dispatchEvent(new Event('focus'))")
    expect(directory.row("Empleado 0000")).to_contain_text("Nueva")
    expect(directory.page.get_by_label("Filtrar por posición")).to_contain_text("Nueva (1)")


def test_pages_go_forward_and_back_without_losing_the_place_and_are_all_printed(stack, directory):
    stack.insert(many_employees(220))
    directory.page.add_init_script("print = () => (window.printed = document.querySelector('.sheet').innerText);")
    directory.open("#/empleados?posicion=Contable")
    expect(directory.rows).to_have_count(50)
    directory.page.keyboard.press("Control+p")
    directory.page.wait_for_function("() => window.printed !== undefined")
    printed = directory.page.evaluate("window.printed")
    assert (printed.count("@example.com"), "Contable · 55 empleados" in printed) == (55, True)
    directory.page.reload()
    directory.open_without_loading("#/empleados")
    first = directory.rows.first.get_by_role("link").first
    pager = directory.page.get_by_role("navigation", name="Páginas")
    for before in (0, 50, 100, 150, 200):
        expect(first).to_have_text(f"Empleado {before:04}")
        expect(pager).to_contain_text(f"{before + 1}{EN_DASH}{min(before + 50, 220)} de 220")
        if before < 200:
            directory.press("Siguiente")
    expect(directory.button("Siguiente")).to_be_disabled()
    directory.press("Anterior")
    expect(first).to_have_text("Empleado 0150")

    directory.link("Empleado 0170").click()
    expect(directory.heading("Empleado 0170")).to_be_visible()
    directory.press("Cerrar")
    directory.page.reload()
    expect(first).to_have_text("Empleado 0150")
    expect(pager).to_contain_text(f"151{EN_DASH}200")
    directory.press("Anterior")
    expect(first).to_have_text("Empleado 0100")
    place = directory.place
    directory.page.goto("about:blank")
    directory.open(f"#{place}")  # sent to someone else as a link

    expect(pager).to_contain_text("50 de 220")
    directory.press("Primera página")
    expect(first).to_have_text("Empleado 0000")
    directory.press("Última página")
    expect(first).to_have_text("Empleado 0170")
    expect(pager).to_contain_text(f"171{EN_DASH}220 de 220")
    directory.press("Anterior")
    expect(first).to_have_text("Empleado 0120")
    directory.press("Siguiente")
    expect(pager).to_contain_text(f"171{EN_DASH}220 de 220")
    stack.insert([an_employee(nombre="Zoe", email="z@example.com")])
    directory.page.get_by_label("Ir a la letra…").select_option("F")
    directory.expect_names("Zoe")
    directory.press("Anterior")
    expect(directory.rows.last.get_by_role("link").first).to_have_text("Empleado 0219")


def test_hire_date_and_salary_filter_and_stand_in_the_address(stack, directory_of):
    stack.insert([ANA, LUIS | {"fecha_contratacion": "2024-05-01"}, OSCAR | {"fecha_contratacion": "2024-06-01"}])
    directory = directory_of("rrhh")
    directory.open()
    directory.page.locator("summary", has_text="Filtros").click()
    date, salary = (directory.page.get_by_role("group", name=name) for name in ("Contratación", "Salario (€/año)"))
    date.get_by_label("Desde").fill("31/2/2024")
    date.get_by_label("Hasta").fill("31/5/2024")
    directory.page.keyboard.press("Tab")
    expect(date).to_contain_text("Escriba una fecha, por ejemplo 31/1/2020.")
    directory.expect_accessible()
    directory.expect_names("Ana Pérez", "Luis Núñez")
    date.get_by_label("Desde").fill("1/1/2024")
    salary.get_by_label("Hasta").fill("1.500,00")
    directory.page.keyboard.press("Tab")
    directory.expect_names("Luis Núñez")
    expected = "contratado_desde=2024-01-01&contratado_hasta=2024-05-31&salario_hasta=1500"
    assert directory.place == f"/empleados?{expected}"
    directory.page.reload()
    expect(directory.page.locator("summary", has_text="Filtros (3)")).to_be_visible()
    reader = directory_of("lector")
    reader.open(f"#/empleados?{expected}")  # sent as a link: the salary is left out
    reader.expect_names("Luis Núñez")
