"""Markup in any field stays text, everywhere."""

from playwright.sync_api import expect

SCRIPT = "<img src=x onerror=window.fooled=1><script>window.fooled=1</script>"
POSITION = "</title><svg onload=window.fooled=1>'\"{n}$&"


def expect_text_only(directory, text=None):
    """The text is shown as it is, and nothing became an element or ran."""
    if text:
        expect(directory.page.get_by_text(text, exact=False).first).to_be_attached()
    assert directory.page.locator("main img, main script, main svg[onload]").count() == 0
    assert directory.page.evaluate("window.fooled") is None


def test_markup_in_a_field_is_shown_as_it_is_in_every_view_and_mail(stack, directory):
    id_ = stack.create(nombre=SCRIPT, posicion=POSITION)["id"]
    stack.wait_for_mails(id_)
    for place in ("#/empleados", f"#/empleados/{id_}", "#/actividad", "#/correos?estado=todos"):
        directory.open(place)
        expect_text_only(directory, SCRIPT)
    assert SCRIPT not in directory.page.evaluate("document.head.innerHTML")
    directory.go("Resumen")
    directory.link(POSITION).click()
    directory.expect_names(SCRIPT)
    expect(directory.page.get_by_label("Filtrar por posición")).to_contain_text(f"{POSITION} (1)")
    directory.open_without_loading(f"#/empleados/{id_}/editar")
    expect(directory.field("nombre")).to_have_value(SCRIPT)
    stack.change(id_, posicion="<b>otra</b>")
    directory.fill(posicion="<i>mía</i>")
    directory.press("Guardar")
    for text in ("<b>otra</b>", "<i>mía</i>"):
        expect(directory.dialog).to_contain_text(text)
    directory.press("Guardar lo elegido")
    expect(directory.notice(f"Guardado: {SCRIPT}")).to_be_visible()
    directory.answer(r"/empleados\?.*", 500, {"title": "<b>No</b>", "status": 500, "detail": SCRIPT})
    directory.open("#/empleados?q=x")
    expect(directory.alert).to_contain_text("<b>No</b>")
    expect_text_only(directory, SCRIPT)
    directory.page.goto(stack.variable("INBOX_URL"))
    directory.page.get_by_role("link", name=SCRIPT).first.click()
    expect(directory.page.get_by_role("heading", name=SCRIPT)).to_be_visible()
    expect(directory.page.frame_locator("iframe").get_by_text(SCRIPT).first).to_be_attached()
    assert directory.page.evaluate("window.fooled") is None


def test_an_address_cannot_run_anything(directory):
    for place in (
        "#/empleados?q=<script>window.fooled=1</script>&posicion=<img src=x onerror=window.fooled=1>",
        "#/<img src=x onerror=window.fooled=1>",
        "#/empleados/javascript:window.fooled=1",
        "#/empleados/1%2f..%2f..%2fcola/editar",
    ):
        directory.open(place)
        expect(directory.page.locator("main h1, main h2").first).to_be_attached()
        expect_text_only(directory)
