"""The page fits every screen: nothing is wider than it, the menu is within reach, and axe finds nothing.

Other tests call `expect_accessible` where dialogs, errors and notices show.
"""

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
# Each view: its address, and what is there once it is drawn, for every role.
VIEWS = {
    "list": ("#/empleados", "tbody tr"),
    "employee": ("#/empleados/{employee}", ".panel .event"),
    "deleted": ("#/empleados/{deleted}", ".panel .event"),
    "edit": ("#/empleados/{employee}/editar", ".panel :is(form, .state)"),
    "new": ("#/empleados/nuevo", ".panel :is(form, .state)"),
    "no-match": ("#/empleados?q=nadie", ".view .state"),
    "summary": ("#/resumen", ".view .plain tbody tr"),
    "activity": ("#/actividad", ".view .event"),
    "operations": ("#/operacion", ".view :is(.state, .tiles)"),
    "mails": ("#/correos?estado=todos", ".view :is(.state, .plain tbody tr)"),
    "leavers": ("#/bajas", ".view :is(.state, .plain tbody tr)"),
    "choosing": ("#/importar", ".view :is(.state, .drop-zone)"),
    "users": ("#/usuarios", ".view :is(.state, .users li)"),
    "authenticator": ("#/autenticador", ".view .state"),
    "lost": ("#/nada", ".view .state"),
}
# What a finger may miss.
SMALL = """() => [...document.querySelectorAll('button, .button, select, input:not([type=checkbox]), .menu a')]
  .filter(node => node.checkVisibility() && !node.matches('.visually-hidden, .skip, :disabled'))
  .filter(node => node.getBoundingClientRect().height < 44 || node.getBoundingClientRect().width < 44)
  .map(node => node.outerHTML.slice(0, 100))"""


def test_every_view_fits_every_screen_and_finger_and_axe_finds_nothing(stack, directory_of):
    stack.insert(many_employees(3))
    row = stack.create(**LONGEST)
    gone = stack.create(**{**LONGEST, "email": "gone@example.com"})
    stack.delete(gone["id"])
    wrong = []
    for role in ROLES:
        directory = directory_of(role, is_mobile=True, has_touch=True, viewport={"width": WIDTHS[0], "height": HEIGHT})
        directory.open()
        for place, drawn in VIEWS.values():
            directory.open_without_loading(place.format(employee=row["id"], deleted=gone["id"]))
            expect(directory.page.locator(drawn).first).to_be_visible()
            for width in WIDTHS:
                directory.page.set_viewport_size({"width": width, "height": HEIGHT})
                found = directory.page.evaluate(MEASURE)
                if found != {"layout": width, "isMenuOnScreen": True}:
                    wrong.append(f"{role} {place} at {width} px: {found}")
            if role == "admin":
                directory.page.set_viewport_size({"width": 390, "height": HEIGHT})
                wrong += [f"{place}: {found}" for found in directory.page.evaluate(SMALL) + directory.violations()]
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


def test_many_notices_in_a_low_window_leave_room_for_what_the_person_does(stack, directory_of):
    directory = directory_of("admin", permissions=["clipboard-write"], viewport={"width": 740, "height": 360})
    directory.open(f"#/empleados/{stack.create()['id']}")

    for _ in range(8):
        directory.press("Copiar el correo")

    expect(directory.page.locator(".toast")).to_have_count(8)
    expect(directory.page.locator(".toast").last).to_be_in_viewport(ratio=0.9)
    assert directory.violations() == []
