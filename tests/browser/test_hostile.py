"""Script in every field is text, everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.directory import Directory
    from tests.browser.stack import Employee, LocalStack

SCRIPT = "<img src=x onerror=window.fooled=1><script>window.fooled=1</script>"
POSITION = "</title><svg onload=window.fooled=1>'\"{n}$&"


@pytest.fixture
def hostile(stack: LocalStack, directory: Directory) -> Employee:
    """An employee whose texts are markup. Asks for the tab first, because that empties the directory."""
    assert directory.url == stack.url
    return stack.create(nombre=SCRIPT, posicion=POSITION)


def expect_text_only(directory: Directory) -> None:
    """The texts are there as they are, and nothing of them has become an element or has run."""
    expect(directory.page.get_by_text(SCRIPT, exact=False).first).to_be_attached()
    assert directory.page.locator("main img, main script, main svg[onload]").count() == 0
    assert directory.page.evaluate("window.fooled") is None


@pytest.mark.parametrize("place", ["#/empleados", "#/empleados/{id}", "#/actividad", "#/operacion"])
def test_markup_in_a_field_is_shown_as_it_is(directory: Directory, hostile: Employee, place: str) -> None:
    directory.open(place.format(**hostile))

    expect_text_only(directory)


def test_markup_in_a_position_is_shown_as_it_is_in_filter_and_summary(directory: Directory, hostile: Employee) -> None:
    directory.open()
    expect(directory.page.get_by_label("Filtrar por posición")).to_contain_text(f"{hostile['posicion']} (1)")
    directory.go("Resumen")

    expect(directory.page.get_by_role("table")).to_contain_text(POSITION)
    expect(directory.page.locator("svg.chart").first).to_contain_text("</title>")
    assert directory.page.evaluate("window.fooled") is None
    directory.link(POSITION).click()
    directory.expect_names(SCRIPT)


def test_markup_is_kept_as_it_is_by_form_notice_and_conflict(
    stack: LocalStack, directory: Directory, hostile: Employee
) -> None:
    directory.open(f"#/empleados/{hostile['id']}/editar")
    expect(directory.field("nombre")).to_have_value(SCRIPT)
    stack.change(hostile["id"], posicion="<b>otra</b>")
    directory.fill(posicion="<i>mía</i>")
    directory.press("Guardar")
    expect(directory.page.get_by_role("dialog")).to_contain_text("<b>otra</b>")
    expect(directory.page.get_by_role("dialog")).to_contain_text("<i>mía</i>")

    directory.press("Guardar lo elegido")

    expect(directory.notice(f"Guardado: {SCRIPT}")).to_be_visible()
    expect_text_only(directory)


def test_markup_in_a_file_is_shown_as_it_is(directory: Directory, tmp_path: Path) -> None:
    name = "<img src=x onerror=window.fooled=1>.csv"
    file = tmp_path / name
    text = f'nombre;email;posicion;salario\n"{SCRIPT}";a@example.com;x;1\n"{SCRIPT}";<b>;x;1'
    file.write_text(text, encoding="utf-8")
    directory.open("#/importar")

    directory.choose_file(file)

    expect(directory.heading(name)).to_be_visible()
    expect_text_only(directory)


def test_markup_in_an_answer_of_the_server_is_shown_as_it_is(directory: Directory) -> None:
    body = f'{{"title": "<b>No</b>", "status": 500, "detail": "{SCRIPT}", "request_id": "<i>1</i>"}}'
    directory.answer(r"/empleados\?.*", 500, body)

    directory.open()

    expect(directory.alert).to_contain_text("<b>No</b>")
    expect_text_only(directory)


@pytest.mark.parametrize(
    "place",
    [
        "#/empleados?q=<script>window.fooled=1</script>&posicion=<img src=x onerror=window.fooled=1>",
        "#/<img src=x onerror=window.fooled=1>",
        "#/empleados/javascript:window.fooled=1",
        "#/empleados/1%2f..%2f..%2fcola/editar",
    ],
)
def test_an_address_cannot_run_anything(directory: Directory, place: str) -> None:
    directory.open(place)

    expect(directory.page.locator("main h1, main h2").first).to_be_attached()
    assert directory.page.locator("main img, main script").count() == 0
    assert directory.page.evaluate("window.fooled") is None


def test_markup_in_a_mail_is_shown_as_it_is(stack: LocalStack, directory: Directory, hostile: Employee) -> None:
    stack.wait_for_mail(hostile["id"])
    directory.page.goto(stack.inbox_url)

    directory.page.get_by_role("link", name=SCRIPT).first.click()

    expect(directory.page.get_by_role("heading", name=SCRIPT)).to_be_visible()
    expect(directory.page.frame_locator("iframe").get_by_text(SCRIPT).first).to_be_attached()
    assert directory.page.evaluate("window.fooled") is None
