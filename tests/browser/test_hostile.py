"""Markup in any field stays text, everywhere."""

from __future__ import annotations

import json
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
    """An employee whose texts are markup. Depends on the tab, which empties the directory first."""
    assert directory.url == stack.url
    return stack.create(nombre=SCRIPT, posicion=POSITION)


def expect_text_only(directory: Directory, text: str = SCRIPT) -> None:
    """The text is shown as it is, and nothing in it became an element or ran."""
    expect(directory.page.get_by_text(text, exact=False).first).to_be_attached()
    expect_nothing_ran(directory)


def expect_nothing_ran(directory: Directory) -> None:
    assert directory.page.locator("main img, main script, main svg[onload]").count() == 0
    assert directory.page.evaluate("window.fooled") is None


def test_markup_in_a_field_is_shown_as_it_is_in_every_view(directory: Directory, hostile: Employee) -> None:
    for place in ("#/empleados", f"#/empleados/{hostile['id']}", "#/actividad", "#/operacion"):
        directory.open(place)
        expect_text_only(directory)
    assert SCRIPT not in directory.page.evaluate("document.head.innerHTML")
    directory.open()
    expect(directory.page.get_by_label("Filtrar por posición")).to_contain_text(f"{POSITION} (1)")
    directory.go("Resumen")
    expect(directory.page.get_by_role("table")).to_contain_text(POSITION)
    expect(directory.page.locator("svg.chart").first).to_contain_text("</title>")
    expect_nothing_ran(directory)
    directory.link(POSITION).click()
    directory.expect_names(SCRIPT)


def test_markup_is_kept_as_it_is_by_form_conflict_and_notice(
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


def test_markup_in_a_response_is_shown_as_it_is(directory: Directory) -> None:
    problem = {"title": "<b>No</b>", "status": 500, "detail": SCRIPT, "request_id": "<i>1</i>"}
    directory.answer(r"/empleados\?.*", 500, json.dumps(problem))

    directory.open()

    expect(directory.alert).to_contain_text("<b>No</b>")
    expect_text_only(directory)


def test_an_address_cannot_run_anything(directory: Directory) -> None:
    for place in (
        "#/empleados?q=<script>window.fooled=1</script>&posicion=<img src=x onerror=window.fooled=1>",
        "#/<img src=x onerror=window.fooled=1>",
        "#/empleados/javascript:window.fooled=1",
        "#/empleados/1%2f..%2f..%2fcola/editar",
    ):
        directory.open(place)
        expect(directory.page.locator("main h1, main h2").first).to_be_attached()
        expect_nothing_ran(directory)


def test_markup_in_a_mail_is_shown_as_it_is(stack: LocalStack, directory: Directory, hostile: Employee) -> None:
    stack.wait_for_mail(hostile["id"])
    directory.page.goto(stack.inbox_url)

    directory.page.get_by_role("link", name=SCRIPT).first.click()

    expect(directory.page.get_by_role("heading", name=SCRIPT)).to_be_visible()
    expect(directory.page.frame_locator("iframe").get_by_text(SCRIPT).first).to_be_attached()
    assert directory.page.evaluate("window.fooled") is None
