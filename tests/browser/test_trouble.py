"""The API fails, sends HTML or stays silent: the page says what happened and what to do, and loses nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.stack import an_employee

if TYPE_CHECKING:
    from tests.browser.directory import Directory
    from tests.browser.stack import LocalStack

HTML = "<!doctype html><h1>502 Bad Gateway</h1><script>document.title='fooled'</script>"
#: What the page says of each kind of trouble.
TROUBLES = {
    "500": ("Error interno", "avise a soporte", "Número de la petición: r-123"),
    "503": ("Base de datos caída", "Inténtelo otra vez dentro de 7 s."),
    "html": ("La respuesta no viene del directorio", "HTTP 502"),
    "html that says 200": ("La respuesta no viene del directorio", "HTTP 200"),
    "broken json": ("La respuesta no viene del directorio", "HTTP 200"),
    "nothing": ("El servidor no responde", "Compruebe la red"),
}


def make_trouble(directory: Directory, trouble: str, path: str, method: str = "GET") -> None:
    """From now on requests of ``path`` end in this trouble."""

    def problem(title: str, status: int) -> str:
        return json.dumps({"title": title, "status": status, "detail": "", "request_id": "r-123"})

    match trouble:
        case "500":
            directory.answer(path, 500, problem("Error interno", 500))
        case "503":
            directory.answer(path, 503, problem("Base de datos caída", 503), Retry_After="7")
        case "html":
            directory.answer(path, 502, HTML, "text/html")
        case "html that says 200":
            directory.answer(path, 200, HTML, "text/html")
        case "broken json":
            directory.answer(path, 200, '[{"id": 1', "application/json")
        case "nothing":
            directory.cut(path, method=method)


def test_a_list_that_fails_says_what_happened_and_can_be_retried(stack: LocalStack, directory: Directory) -> None:
    stack.insert([an_employee()])
    for trouble, said in TROUBLES.items():
        make_trouble(directory, trouble, r"/empleados\?.*")
        directory.open()
        for words in said:
            expect(directory.alert).to_contain_text(words)
        expect(directory.page).to_have_title("Empleados · Directorio")
        directory.mend()
        directory.press("Reintentar")
        directory.expect_names("Ana Pérez")
        directory.page.goto("about:blank")


def test_a_save_that_fails_keeps_what_was_typed(stack: LocalStack, directory: Directory) -> None:
    typed = {"nombre": "Lucía Gómez", "email": "lucia@example.com", "posicion": "Diseñadora", "salario": "4200,50"}
    directory.open("#/empleados/nuevo")
    directory.fill(**typed)
    for trouble, said in TROUBLES.items():
        make_trouble(directory, trouble, "/empleados", method="POST")
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


def test_every_other_view_says_so_too(stack: LocalStack, directory: Directory) -> None:
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
        expect(directory.page.get_by_role("button", name="Reintentar").first).to_be_visible()
        directory.mend()
        directory.page.goto("about:blank")


def test_a_server_that_never_answers_is_given_up(stack: LocalStack, directory: Directory) -> None:
    stack.insert([an_employee()])
    directory.page.clock.install()
    directory.hold(r"/empleados\?.*")
    directory.open()
    expect(directory.page.locator(".skeleton")).to_be_visible()

    directory.page.clock.fast_forward(33_000)

    expect(directory.alert).to_contain_text("El servidor no responde")


def test_mails_that_fail_do_not_take_the_history_away(stack: LocalStack, directory: Directory) -> None:
    row = stack.create()
    make_trouble(directory, "500", r"/correos\?.*")

    directory.open(f"#/empleados/{row['id']}")

    expect(directory.panel.locator(".event")).to_contain_text("Creado")


def test_a_search_that_fails_keeps_the_search(stack: LocalStack, directory: Directory) -> None:
    stack.insert([an_employee()])
    directory.open()
    directory.expect_names("Ana Pérez")
    directory.cut(r"/empleados\?.*\bq=.*")

    directory.search("ana")

    expect(directory.alert).to_contain_text("El servidor no responde")
    expect(directory.page.get_by_role("searchbox")).to_have_value("ana")


def test_what_was_missing_offline_comes_with_the_network(stack: LocalStack, directory: Directory) -> None:
    stack.insert([an_employee()])
    with directory.page.expect_response("**/static/*/summary.js"):  # the other views are fetched while idle
        directory.open()
    directory.expect_names("Ana Pérez")
    directory.page.wait_for_load_state("networkidle")
    directory.page.context.set_offline(True)
    expect(directory.page.get_by_text("Sin conexión.")).to_be_visible()

    directory.go("Resumen")
    expect(directory.alert).to_contain_text("No hay conexión a internet")
    directory.page.context.set_offline(False)

    expect(directory.page.get_by_role("table")).to_contain_text("Analista")
    expect(directory.page.get_by_text("Sin conexión.")).to_be_hidden()


def test_a_view_of_a_version_that_is_gone_asks_to_load_again(directory: Directory) -> None:
    directory.tolerate(re.compile("dynamically imported module"))
    directory.page.route(re.compile(r"/static/\w+/summary\.js$"), lambda route: route.fulfill(status=404))
    directory.open()

    directory.page.get_by_role("navigation", name="Secciones").get_by_role("link", name="Resumen").click()

    expect(directory.heading("No se pudo abrir esta parte")).to_be_visible()
    directory.mend()
    directory.press("Cargar de nuevo")
    expect(directory.heading("Resumen")).to_be_visible()


def test_a_browser_without_storage_still_works(stack: LocalStack, directory: Directory) -> None:
    directory.page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    directory.open("#/empleados/nuevo")
    directory.press("English")
    directory.fill(nombre="Ana", email="ana@example.com", posicion="Analyst", salario="1")

    directory.press("Save")

    expect(directory.notice("Saved: Ana")).to_be_visible()
    assert len(stack.employees()) == 1
