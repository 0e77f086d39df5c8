"""The page fits every screen: nothing is wider than it, and the menu is within reach."""

from playwright.sync_api import expect

from tests.browser.stack import an_employee, many_employees

ROLES = ("admin", "rrhh", "lector")
WIDTHS = (320, 344, 360, 375, 390, 412, 430, 600, 768, 820, 1024, 1280, 1440, 1920)
HEIGHT = 800
# The longest values the API accepts, without a space at which to break a line.
LONGEST = an_employee(
    nombre="W" * 120,
    email=f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com",
    posicion="W" * 80,
    salario=9_999_999.99,
)
# A mobile browser lays a page out as wide as its widest element, and puts what is fixed to the bottom below the screen.
MEASURE = """() => {
  const { left, right, top, bottom } = document.querySelector('nav.menu').getBoundingClientRect();
  return {
    layout: Math.max(innerWidth, document.documentElement.scrollWidth),
    isMenuOnScreen: left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight,
  };
}"""


def the_longest(stack):
    """Employees with the longest values beside others: one in the directory, and a leaver."""
    stack.insert(many_employees(3))
    row = stack.create(**LONGEST)
    gone = stack.create(**{**LONGEST, "email": "gone@example.com"})
    stack.delete(gone["id"])
    return row, gone


def show_views(directory, row, gone):
    """Go to each view in turn; yields its address once it is drawn."""
    main, panel = directory.page.locator("main"), directory.panel
    for place, drawn in {
        "#/empleados": directory.rows.first,
        f"#/empleados/{row['id']}": panel.locator(".event").first,
        f"#/empleados/{gone['id']}": panel.locator(".event").first,
        f"#/empleados/{row['id']}/editar": panel.locator("h1, h2").first,
        "#/empleados/nuevo": panel.locator("h1, h2").first,
        "#/empleados?q=nadie": main.locator(".state"),
        "#/resumen": main.locator("table"),
        "#/actividad": main.locator(".event").first,
        "#/operacion": main.locator(".state, .tiles").first,
        "#/correos?estado=todos": main.locator(".state, .plain tbody tr").first,
        "#/bajas": main.locator(".state, .plain tbody tr").first,
        "#/importar": main.locator(".state, .drop-zone"),
        "#/usuarios": main.locator(".state, .users li").first,
        "#/autenticador": main.locator(".state").first,
        "#/nada": main.locator(".state"),
    }.items():
        directory.open_without_loading(place)
        expect(drawn).to_be_visible()
        yield place


def test_every_view_is_as_wide_as_the_screen_and_shows_the_menu(stack, directory_of):
    row, gone = the_longest(stack)
    wrong = []
    for role in ROLES:
        directory = directory_of(role, is_mobile=True, viewport={"width": WIDTHS[0], "height": HEIGHT})
        directory.open()
        for place in show_views(directory, row, gone):
            for width in WIDTHS:
                directory.page.set_viewport_size({"width": width, "height": HEIGHT})
                found = directory.page.evaluate(MEASURE)
                if found != {"layout": width, "isMenuOnScreen": True}:
                    wrong.append(f"{role} {place} at {width} px: {found}")
    assert wrong == []


def test_eighteen_people_fit_at_1280_pixels_each_on_one_line_beside_the_longest_name(stack, directory):
    people = many_employees(18)
    people[0] |= {"nombre": "María Fernández Castaño", "email": "maria.fernandez.castano@example.com"}
    stack.insert(people)
    directory.open()
    expect(directory.rows).to_have_count(18)

    bottom = directory.page.evaluate("document.querySelector('tbody tr:last-child').getBoundingClientRect().bottom")
    cut = directory.page.evaluate(
        "[...document.querySelectorAll('.column-nombre, .column-email')]"
        ".filter(cell => cell.scrollWidth > cell.clientWidth).map(cell => cell.textContent)"
    )

    assert bottom <= 800
    assert cut == []
    boxes = "[...document.querySelectorAll('thead th')].map(cell => cell.getBoundingClientRect().toJSON())"
    before = directory.page.evaluate(boxes)
    stack.insert([LONGEST])
    directory.page.reload()
    expect(directory.rows).to_have_count(19)
    assert directory.page.evaluate(boxes) == before
    assert len(set(directory.rows.evaluate_all("rows => rows.map(row => row.clientHeight)"))) == 1


def test_opening_a_person_leaves_the_row_where_it_was(stack, directory):
    stack.insert(many_employees(50))
    directory.open()
    row = directory.row("Empleado 0045")
    row.scroll_into_view_if_needed()
    top = "row => row.getBoundingClientRect().top"
    before = row.evaluate(top)

    directory.link("Empleado 0045").click()

    expect(directory.heading("Empleado 0045")).to_be_visible()
    assert row.evaluate(top) == before
