"""Signing in at the identity provider's own page, staying in, signing out, and what each role is offered."""

import re

import pytest
from playwright.sync_api import expect

from contract.fields import FIELDS
from local.sign_in import user_of
from tests.browser.directory import Directory
from tests.browser.stack import an_employee

PASSWORD = "Prueba-0123456789-x"
WAY_IN = "Directorio de empleados"
OVER = "Su sesión ha terminado"
# Sections beside those of all, and addresses that are refused.
ROLES = {
    "lector": ([], ("#/operacion", "#/importar", "#/empleados/nuevo", "#/empleados/1/editar")),
    "rrhh": (["Correos"], ("#/operacion",)),
    "admin": (["Correos", "Operación"], ()),
}
ANA = {"nombre": "Ana", "email": "ana@example.com", "posicion": "Analista", "salario": "1"}


def expire(directory):
    """Five minutes later: the access token has expired, and with it its cookie."""
    directory.page.context.clear_cookies(name="__Host-acceso")


def end_session_at(directory, path):
    """Twelve hours later: nothing is left of the session when ``path`` is requested. Nothing finds that out before."""

    def end(route):
        directory.page.context.clear_cookies()
        route.continue_()

    directory.page.route(directory.pattern_of(path), end, times=1)


def sign_in_again(directory, user, password):
    """Follow the dialog's link to the sign-in in a new tab; the result is that tab."""
    with directory.page.context.expect_page() as opened:
        directory.dialog.get_by_role("link", name="Iniciar sesión").click()
    tab = Directory(opened.value, directory.url)
    tab.type_password(user, password)
    expect(tab.heading("Ya ha entrado").first).to_be_visible()
    return tab


def save_after_the_end(directory, user):
    """The session ends while ``user`` fills in the form for Ana, and the page hears of it when she saves."""
    directory.open("#/empleados/nuevo")
    directory.sign_in(user, PASSWORD)
    directory.fill(**ANA)
    end_session_at(directory, "/empleados")
    directory.press("Guardar")
    expect(directory.page.get_by_role("dialog", name=OVER)).to_be_visible()


def menu(directory):
    return directory.menu.get_by_role("link").all_inner_texts()


@pytest.fixture
def user(stack, request):
    """A person of human resources whose sessions belong to this test alone."""
    name = f"{re.sub(r'[^a-z]+', '-', request.node.name)}@example.com"
    stack.add_user(name, PASSWORD, "rrhh")
    return name


@pytest.fixture
def person(directory_of, user):
    """The tab of that person, signed in."""
    directory = directory_of(None)
    directory.open()
    directory.sign_in(user, PASSWORD)
    return directory


# ---- the way in


def test_without_a_session_there_is_only_the_way_in_and_it_leads_to_the_address_that_was_opened(stack, directory_of):
    row = stack.create(nombre="Íñigo Núñez")
    directory = directory_of(None)
    directory.open(f"?entrada=rechazada#/empleados/{row['id']}?q=íñigo")
    expect(directory.alert).to_contain_text("empezó en otro navegador")
    directory.expect_accessible()
    directory.page.reload()
    expect(directory.heading(WAY_IN)).to_be_visible()
    expect(directory.alert).to_have_count(0)  # explained once
    expect(directory.page.get_by_role("navigation")).to_have_count(0)
    assert "Núñez" not in directory.page.content()
    for language, heading in (("English", "Employee directory"), ("Español", WAY_IN)):
        directory.page.get_by_label("Idioma").select_option(language)
        expect(directory.heading(heading)).to_be_visible()
        expect(directory.page.get_by_label("Idioma")).to_be_focused()

    directory.sign_in(user_of("rrhh"), stack.password_of(user_of("rrhh")))

    expect(directory.panel.get_by_role("heading", name="Íñigo Núñez")).to_be_visible()
    expect(directory.page.get_by_role("searchbox")).to_have_value("íñigo")
    expect(directory.bar).to_contain_text("Rita Recursos")
    expect(directory.open_menu()).to_contain_text("PermisosRecursos humanos")
    # No script of the page can read a token.
    seen = directory.page.evaluate(
        "async () => JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}, history.state, name,"
        " location.href, document.referrer, await (await fetch('/sesion')).json(),"
        " await (await fetch('/sesion/renovar', { method: 'POST' })).json()])"
    )
    cookies = {cookie["name"]: cookie["value"] for cookie in directory.page.context.cookies()}
    assert {"__Host-acceso", "__Host-renovacion"} <= cookies.keys()
    assert [name for name, value in cookies.items() if value in seen] == []
    assert "eyJ" not in seen


# ---- roles


def test_each_role_is_offered_what_it_may_do_and_refused_the_rest(stack, directory_of):
    stack.insert([an_employee(salario=5000.5)])
    for role, (sections, forbidden) in ROLES.items():
        directory = directory_of(role)
        directory.open("#/empleados?orden=-salario")
        directory.expect_names("Ana Pérez")
        assert menu(directory) == ["Empleados", "Resumen", "Actividad", *sections]
        writes = int(role != "lector")
        directory.page.locator("summary", has_text="Más").click()
        expect(directory.link("Importar")).to_have_count(writes)
        expect(directory.page.locator("header").get_by_role("link", name="Nuevo empleado")).to_have_count(writes)
        expect(directory.page.get_by_label(re.compile("^(Editar|Eliminar) a Ana"))).to_have_count(2 * writes)
        expect(directory.rows.get_by_text("5.000,50")).to_have_count(writes)
        for place in forbidden:
            directory.open(place)
            expect(directory.page.get_by_role("heading", name="No tiene permiso para esto", level=2)).to_be_visible()
            expect(directory.page.get_by_text("pídalo a quien administra el directorio")).to_be_visible()
            expect(directory.page.locator("h1")).to_have_count(1)
            directory.page.goto("about:blank")


def test_a_reader_sees_no_salary_in_a_file_a_panel_or_the_summary(stack, directory_of):
    stack.insert([an_employee(salario=5000.5)])
    directory = directory_of("lector")
    directory.open()
    directory.press("Exportar", menu="Más")
    headings, exported = directory.download("Texto (.csv)")
    assert headings == ["id", *(each.name for each in FIELDS if not each.is_confidential)]
    assert exported[1:5] == ["Ana Pérez", "ana@example.com", "Analista", "2020-01-31"]
    directory.link("Ana Pérez").click()
    expect(directory.panel.locator("dd").first).to_have_text("ana@example.com")
    expect(directory.panel.get_by_role("button", name="Eliminar")).to_have_count(0)
    directory.go("Resumen")
    expect(directory.page.get_by_role("columnheader")).to_have_text(["Posición", "Empleados"])
    assert not re.search(r"[Ss]alario|5[.\s]?000", directory.page.locator("body").inner_text())


def test_an_account_without_a_role_learns_whom_to_ask(stack, directory_of):
    stack.add_user("nadie@example.com", PASSWORD)
    directory = directory_of(None)
    directory.open()

    directory.sign_in("nadie@example.com", PASSWORD)

    expect(directory.page.get_by_role("heading", name="Su cuenta todavía no tiene permisos", level=2)).to_be_visible()
    expect(directory.open_menu().get_by_role("button", name="Cerrar sesión")).to_be_visible()
    assert menu(directory) == []


# ---- staying in


def test_a_refusal_that_comes_after_the_renewal_renews_nothing(directory):
    directory.open()
    expect(directory.heading("Todavía no hay empleados")).to_be_visible()
    held = directory.hold(r"/eventos\?.*")
    renewals = directory.requests("/sesion/renovar")
    directory.go("Actividad")
    late = held.first
    held.release(but_first=True)
    expire(directory)
    with directory.page.expect_response("**/sesion/renovar"):
        directory.open_menu()  # which asks for the account

    with directory.page.expect_response(lambda answer: "/eventos" in answer.url and answer.ok):
        late.fulfill(status=401, body='{"title": "No autenticado", "status": 401}')

    assert len(renewals) == 1


def test_a_refusal_is_explained_and_renews_the_session_at_most_once(directory):
    renewals = directory.requests("/sesion/renovar")
    for status, said, times in ((401, "No autenticado", 1), (403, "Prohibido. Si lo necesita, pídalo a quien", 1)):
        directory.answer("/resumen", status, {"title": "No", "detail": said.partition(" Si")[0], "status": status})
        directory.open("#/resumen")
        expect(directory.alert).to_contain_text(said)
        expect(directory.button("Reintentar")).to_have_count(0)
        assert len(renewals) == times
        directory.page.goto("about:blank")


def test_a_session_that_cannot_be_asked_for_is_an_error_and_not_its_end(directory):
    directory.answer("/sesion", 502, {"title": "Respuesta incorrecta", "status": 502})
    directory.open()
    expect(directory.alert).to_contain_text("Respuesta incorrecta")
    directory.mend()
    directory.press("Reintentar")
    expect(directory.heading("Todavía no hay empleados")).to_be_visible()
    detail = "El servicio de identidad no está disponible."
    directory.answer("/sesion/renovar", 502, {"title": "No", "status": 502, "detail": detail})
    expire(directory)

    directory.go("Resumen")

    expect(directory.alert).to_contain_text(detail)
    directory.mend()
    directory.press("Reintentar")
    expect(directory.heading("Todavía no hay empleados")).to_be_visible()


def test_a_session_that_ends_during_a_save_loses_nothing(stack, directory_of, user):
    directory = directory_of(None)
    save_after_the_end(directory, user)

    sign_in_again(directory, user, PASSWORD)

    expect(directory.dialog).to_have_count(0)
    expect(directory.notice("Guardado: Ana")).to_be_visible()
    assert len(stack.employees()) == 1
    end_session_at(directory, r"/eventos\?.*")
    directory.go("Actividad")
    directory.press("Ahora no")
    expect(directory.alert).to_contain_text("No autenticado")
    directory.menu.get_by_role("link", name="Resumen").click()  # the same question is not asked twice
    expect(directory.alert).to_contain_text("No autenticado")
    expect(directory.dialog).to_have_count(0)
    directory.press("Iniciar sesión")
    sign_in_again(directory, user, PASSWORD)
    expect(directory.notice("La sesión está abierta otra vez.").last).to_be_visible()
    expect(directory.page.get_by_role("table")).to_contain_text("Analista")


def test_another_persons_sign_in_takes_over_every_tab(directory_of, user):
    directory = directory_of("lector")
    directory.open()
    expect(directory.bar).to_contain_text("Leo Lector")
    other = directory.second_tab()
    other.page.context.clear_cookies()
    other.open()

    other.sign_in(user, PASSWORD)

    expect(directory.bar).to_contain_text(user)


def test_nothing_is_sent_in_the_name_of_the_next_person(stack, directory_of, user):
    """Another person answers the question who is there, while something waits to be saved."""
    stack.add_user(f"otra-{user}", PASSWORD, "rrhh")
    directory = directory_of(None)
    save_after_the_end(directory, user)

    sign_in_again(directory, f"otra-{user}", PASSWORD)

    expect(directory.bar).to_contain_text(f"otra-{user}")
    expect(directory.field("nombre")).to_have_value("")
    assert stack.employees() == []


# ---- the way out


def test_signing_out_says_when_it_fails_asks_about_drafts_and_ends_it_in_all_tabs(person):
    other = person.second_tab()
    other.open("#/resumen")
    expect(other.heading("Todavía no hay empleados")).to_be_visible()
    person.cut(r"/sesion/salir\?todas=1", method="POST")
    person.open_menu().get_by_role("button", name="Cerrarla en todas partes").click()
    expect(person.notice("No se pudo cerrar la sesión. El servidor no responde.")).to_be_visible()
    person.mend()
    person.press("Nuevo empleado")
    person.fill(nombre="Ana")
    person.sign_out()
    expect(person.dialog).to_contain_text("Hay cambios sin guardar")
    person.dialog.get_by_role("button", name="Cancelar").click()
    expect(person.field("nombre")).to_have_value("Ana")
    person.sign_out()
    with person.page.expect_request(re.compile("/logout")) as left:
        person.dialog.get_by_role("button", name="Cerrar sesión").click()

    expect(person.heading(WAY_IN)).to_be_visible()
    expect(other.heading(WAY_IN)).to_be_visible()
    assert "client_id=" in left.value.url
    assert person.page.context.cookies() == []
    assert person.page.evaluate("sessionStorage.length") == 0
    person.page.go_back()
    expect(person.heading(WAY_IN)).to_be_visible()


def test_a_renewal_under_way_does_not_bring_back_what_another_tab_ends(person):
    other = person.second_tab()
    with other.page.expect_response("**/correos/total?*"):  # its last request, which must not renew the session
        other.open("#/resumen")
    expect(other.heading("Todavía no hay empleados")).to_be_visible()
    held = person.hold("/sesion/renovar")
    expire(person)
    person.go("Actividad")
    assert held.first.request.method == "POST"
    ends = other.requests("/sesion/salir")

    other.sign_out()
    other.page.evaluate("navigator.locks.query()")  # by now it would have been sent
    assert ends == []
    held.release()

    expect(other.heading(WAY_IN)).to_be_visible()
    expect(person.heading(WAY_IN)).to_be_visible()
    assert len(ends) == 1
    assert person.page.context.cookies() == []


# ---- a demonstration


def test_a_demonstration_says_so(directory_of):
    directory = directory_of()
    anonymous = {"usuario": "demo", "nombre": "", "correo": "", "grupos": ["admin"], "caduca_en": None}
    directory.answer_json("/sesion", {"demo": True, **anonymous})

    directory.open()

    expect(directory.page.get_by_text("no escriba datos de personas reales")).to_be_visible()
    expect(directory.open_menu()).to_contain_text("Tema: sistema")
    expect(directory.button("Cerrar sesión")).to_have_count(0)
    assert menu(directory) == ["Empleados", "Resumen", "Actividad", "Correos", "Operación"]
