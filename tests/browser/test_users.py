"""Managing users, and an authenticator app of one's own."""

import base64
import hmac
import re
import struct
import time

from playwright.sync_api import expect

from local.sign_in import user_of

PASSWORD = "Prueba-0123456789-x"


def app_code(secret):
    """What an authenticator app shows now (RFC 6238)."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time() // 30)), "sha1")
    (number,) = struct.unpack(">I", digest[digest[-1] & 15 :][:4])
    return f"{(number & 0x7FFFFFFF) % 10**6:06d}"


def row_of(directory, email):
    return directory.page.get_by_role("listitem").filter(has_text=email)


def test_an_administrator_invites_changes_and_removes_people_and_a_refusal_is_explained(stack, directory_of):
    directory = directory_of(viewport={"width": 1280, "height": 2000})  # its notices cover no user
    directory.open()
    directory.open_menu().get_by_role("link", name="Usuarios").click()
    row = row_of(directory, "eva@example.com")
    directory.page.get_by_label("Correo").fill("Eva@example.com")
    directory.page.get_by_role("combobox", name="Permisos").select_option("lector")

    directory.button("Invitar").dblclick()

    expect(row).to_have_count(1)
    expect(row).to_contain_text("Solo lectura · Invitada · sin aplicación de códigos")
    (invitation,) = (stack.state / "inbox").glob("*eva@example.com*.eml")
    assert "Temporary password" in invitation.read_text()
    directory.page.get_by_label("Correo").fill(user_of("rrhh"))
    directory.press("Invitar")
    expect(directory.notice("Esa dirección ya tiene una cuenta.")).to_be_visible()
    directory.press("Cambiar los permisos de eva@example.com")
    directory.dialog.get_by_label("Recursos humanos").check()
    directory.dialog.get_by_role("button", name="Cambiar permisos").click()
    expect(row).to_contain_text("Recursos humanos")
    directory.press("Enviar otra vez la invitación a eva@example.com")
    expect(directory.notice(re.compile("Invitación enviada a eva@"))).to_be_visible()
    directory.hold(r"/usuarios/[^/]+/reenviar")  # one action does not wait for another
    directory.press("Enviar otra vez la invitación a eva@example.com")
    for email in ("eva@example.com", user_of("admin")):
        directory.press(f"Quitar a {email}")
        directory.dialog.get_by_role("button", name="Quitar").click()
    expect(row).to_have_count(0)
    expect(directory.notice("Es la última persona que administra: nombre antes a otra.")).to_be_visible()
    expect(row_of(directory, user_of("admin"))).to_have_count(1)


def test_a_person_sets_up_an_app_and_is_asked_for_its_code_from_then_on(stack, directory_of):
    name = "factor@example.com"
    stack.add_user(name, PASSWORD, "lector")
    directory = directory_of(None)
    directory.open()
    directory.sign_in(name, PASSWORD)
    menu = directory.open_menu()
    expect(menu).to_contain_text("Segundo paso al entrarsin aplicación de códigos")
    directory.expect_accessible()
    menu.get_by_role("link", name="Aplicación de códigos").click()
    directory.page.get_by_label("Password").or_(directory.heading("Aplicación de códigos")).first.wait_for()
    if directory.page.get_by_label("Password").count():
        directory.type_password(name, PASSWORD)
    expect(directory.page.get_by_role("img", name="Código QR con la clave")).to_be_visible()
    secret = re.sub(r"\s", "", directory.page.locator("code").inner_text())
    directory.page.get_by_label("Código de seis cifras").fill("000000")
    directory.press("Confirmar")
    expect(directory.page.get_by_text("El código no es correcto.")).to_be_visible()

    directory.page.get_by_label("Código de seis cifras").fill(app_code(secret))
    directory.press("Confirmar")

    expect(directory.notice("Hecho. La próxima vez se le pedirá un código.")).to_be_visible()
    expect(directory.open_menu()).to_contain_text("Segundo paso al entrarcon aplicación de códigos")
    directory.open("#/autenticador")
    expect(directory.link("Escribir la contraseña")).to_be_visible()
