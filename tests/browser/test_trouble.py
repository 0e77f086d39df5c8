"""The API fails, sends HTML or stays silent: the page says what happened and what to do, and loses nothing."""

import re

from playwright.sync_api import expect

from tests.browser.stack import an_employee

HTML = "<!doctype html><h1>502 Bad Gateway</h1><script>document.title='fooled'</script>"
PROBLEM = {"title": "Error interno", "status": 500, "detail": "", "request_id": "r-123"}
# Kind of trouble: what answers (None: nothing does), and what the page says.
TROUBLES = {
    "500": ((500, PROBLEM), ("Error interno", "avise a soporte", "Número de la petición: r-123")),
    "503": ((503, PROBLEM), ("Error interno", "Inténtelo otra vez dentro de 7 s.")),
    "html": ((502, HTML, "text/html"), ("La respuesta no viene del directorio", "HTTP 502")),
    "html that says 200": ((200, HTML, "text/html"), ("La respuesta no viene del directorio", "HTTP 200")),
    "broken json": ((200, '[{"id": 1', "application/json"), ("La respuesta no viene del directorio", "HTTP 200")),
    "nothing": (None, ("El servidor no responde", "Compruebe la red")),
}


def make_trouble(directory, trouble, path, method="GET"):
    """From now on requests of ``path`` end in this trouble; returns what the page says of it."""
    answer, said = TROUBLES[trouble]
    if answer:
        directory.answer(path, *answer, **({"Retry_After": "7"} if trouble == "503" else {}))
    else:
        directory.cut(path, method=method)
    return said


def test_a_list_that_fails_says_what_happened_and_can_be_retried(stack, directory):
    stack.insert([an_employee()])
    for trouble in TROUBLES:
        said = make_trouble(directory, trouble, r"/empleados\?.*")
        directory.open()
        for words in said:
            expect(directory.alert).to_contain_text(words)
        expect(directory.page).to_have_title(re.compile("^Empleados"))
        directory.expect_accessible()
        directory.mend()
        directory.press("Reintentar")
        directory.expect_names("Ana Pérez")
        directory.page.goto("about:blank")


def test_a_save_that_fails_keeps_what_was_typed(stack, directory):
    typed = {"nombre": "Lucía Gómez", "email": "lucia@example.com", "posicion": "Diseñadora", "salario": "4200,50"}
    directory.open("#/empleados/nuevo")
    directory.fill(**typed)
    for trouble in TROUBLES:
        said = make_trouble(directory, trouble, "/empleados", method="POST")
        directory.press("Guardar")
        for words in (*said, "Lo que escribió sigue aquí"):
            expect(directory.alert).to_contain_text(words)
        expect(directory.alert).to_be_focused()
        for name, text in typed.items():
            expect(directory.field(name)).to_have_value(text)
        directory.mend()
    directory.press("Guardar")

    expect(directory.notice("Guardado: Lucía Gómez")).to_be_visible()
    assert len(stack.employees()) == 1


def test_every_other_view_says_so_too(stack, directory):
    row = stack.create()
    for place, path in {
        f"#/empleados/{row['id']}": r"/empleados/\d+",
        f"#/empleados/{row['id']}/editar": r"/empleados/\d+",
        "#/resumen": "/resumen",
        "#/actividad": r"/eventos(\?.*)?",
        "#/operacion": "/cola",
    }.items():
        make_trouble(directory, "500", path)
        directory.open(place)
        expect(directory.alert.first).to_contain_text("Error interno")
        expect(directory.button("Reintentar").first).to_be_visible()
        directory.mend()
        directory.page.goto("about:blank")
    directory.page.clock.install()
    held = directory.hold("/resumen")
    directory.open("#/resumen")
    assert held.first
    expect(directory.page.locator(".skeleton")).to_be_visible()
    directory.page.clock.fast_forward(33_000)  # the server never answers
    expect(directory.alert).to_contain_text("El servidor no responde")


def test_what_was_missing_offline_comes_with_the_network(stack, directory):
    stack.insert([an_employee()])
    with directory.page.expect_response("**/static/*/summary.js") as fetched:  # the other views are fetched while idle
        directory.open()
    directory.expect_names("Ana Pérez")
    directory.page.evaluate("module => import(module).then(() => null)", fetched.value.url)  # with all that it imports
    directory.page.context.set_offline(True)
    expect(directory.offline).to_be_visible()

    directory.go("Resumen")
    expect(directory.alert).to_contain_text("No hay conexión a internet")
    directory.expect_accessible()
    directory.page.context.set_offline(False)

    expect(directory.page.get_by_role("table")).to_contain_text("Analista")
    expect(directory.offline).to_be_hidden()


def test_a_view_of_a_version_that_is_gone_asks_to_load_again(directory):
    directory.tolerate(re.compile("dynamically imported module"))
    directory.page.route(directory.pattern_of(r"/static/\w+/summary\.js"), lambda route: route.fulfill(status=404))
    directory.open()

    directory.menu.get_by_role("link", name="Resumen").click()

    expect(directory.heading("No se pudo abrir esta parte")).to_be_visible()
    directory.mend()
    directory.press("Cargar de nuevo")
    expect(directory.heading("Resumen")).to_be_visible()


def test_a_browser_without_storage_still_works(stack, directory):
    directory.page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    directory.open("#/empleados/nuevo")
    expect(directory.field("nombre")).to_be_focused()  # the form comes later than the menu, which it would close
    directory.choose_language("English")
    directory.fill(nombre="Ana", email="ana@example.com", posicion="Analyst", salario="1")

    directory.press("Save")

    expect(directory.notice("Saved: Ana")).to_be_visible()
    assert len(stack.employees()) == 1
