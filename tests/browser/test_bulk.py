"""Many rows at once: chosen one by one, by page or by filter; one preview, one entry in the history, one undo."""

from playwright.sync_api import expect

from tests.browser.stack import many_employees


def change_position(directory, position, title):
    """Give the chosen rows another position."""
    directory.press("Cambiar posición")
    directory.dialog.get_by_label("Nueva posición").fill(position)
    directory.dialog.get_by_role("button", name=title).click()


def test_chosen_rows_of_several_pages_change_together_and_back_as_one_entry_of_the_history(stack, directory):
    stack.insert(many_employees(60))
    directory.open()
    for name in ("Empleado 0000", "Empleado 0001"):
        directory.page.get_by_label(f"Seleccionar a {name}").check()
    directory.press("Siguiente")
    directory.page.get_by_label("Seleccionar a Empleado 0055").check()
    directory.expect_accessible()
    stack.query("UPDATE empleados SET salario = 1, version = version + 1 WHERE nombre = 'Empleado 0001'")

    change_position(directory, "Consultora", "Cambiar la posición de 3 empleados")

    expect(directory.notice("2 empleados hechos. 1 no: cambió mientras tanto.")).to_be_visible()
    expect(directory.page.locator(".selection")).to_have_count(0)
    assert [row["nombre"] for row in stack.employees(posicion="Consultora")] == ["Empleado 0000", "Empleado 0055"]
    directory.press("Deshacer")
    expect(directory.notice("Se deshicieron 2 cambios.")).to_be_visible()
    assert stack.employees(posicion="Consultora") == []
    directory.page.get_by_label("Seleccionar a Empleado 0055").check()
    change_position(directory, " ", "Cambiar la posición de 1 empleado")
    expect(directory.notice("0 empleados hechos.")).to_be_visible()
    directory.go("Actividad")
    expect(directory.page.locator(".event")).to_contain_text(
        ["Cambio deshecho: 2 actualizados", "Cambio de varios: 2 actualizados"]
    )
    entry = directory.page.locator(".event", has_text="Cambio de varios")
    entry.get_by_text("Ver uno por uno").click()
    expect(entry).to_contain_text("Empleado 0000 actualizado: posición Analista → Consultora")


def lose_later_answers(directory):
    """Lose the answers to all steps of a batch but the first. Return the steps' keys."""
    sent = []

    def pass_on(route):
        sent.append(route.request.headers["idempotency-key"])
        if len(sent) == 1:
            route.continue_()
        else:
            route.fetch()
            route.abort()

    directory.page.route(directory.pattern_of("/lotes/[0-9a-f-]+"), pass_on)
    return sent


def test_a_whole_filter_is_deleted_and_restored_once_though_the_network_fails_halfway(stack, directory):
    stack.insert(many_employees(2400))
    directory.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sent = lose_later_answers(directory)
    directory.open("#/empleados?posicion=Contable")
    directory.page.get_by_label("Seleccionar todos los de esta página").check()
    directory.press("Seleccionar los 600 de esta búsqueda")
    directory.press("Escribir correo")
    expect(directory.notice("Se copiaron 600 direcciones")).to_be_visible()
    assert directory.page.evaluate("navigator.clipboard.readText()").count("@example.com") == 600
    directory.press("Eliminar")
    expect(directory.dialog).to_contain_text("y 595 más")
    directory.dialog.get_by_role("button", name="Eliminar a 600 empleados").click()
    expect(directory.heading("Se interrumpió: 500 de 600 están hechos")).to_be_visible()
    directory.mend()

    directory.press("Continuar")

    expect(directory.notice("600 empleados hechos.")).to_be_visible()
    assert len(set(sent)) == 2
    assert stack.employees(posicion="Contable") == []
    lose_later_answers(directory)
    directory.press("Deshacer")
    expect(directory.heading("Se interrumpió: 500 de 600 están hechos")).to_be_visible()
    directory.press("Detener")
    expect(directory.notice("Se deshicieron 500 cambios. 100 sin hacer.")).to_be_visible()
    directory.mend()
    directory.page.reload()
    directory.go("Actividad")
    directory.page.locator("summary", has_text="Filtros").click()
    directory.page.get_by_label("Qué ocurrió").select_option("lote")
    expect(directory.page.locator(".day > ol > .event")).to_have_count(2)
    assert directory.place == "/actividad?tipo=lote"
    directory.page.keyboard.press("Escape")
    entry = directory.page.locator(".event", has_text="Eliminación de varios")
    entry.get_by_text("Ver uno por uno").click()

    entry.get_by_role("button", name="Deshacer todo").dblclick()

    expect(directory.notice("Se deshicieron 600 cambios.")).to_be_visible()
    assert stack.query("SELECT count(*) FROM empleados") == [[2400]]
    expect(directory.page.locator(".day > ol > .event")).to_have_count(2)
