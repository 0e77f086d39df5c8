"""Setting up an authenticator app, after the password was typed once more."""

from urllib.parse import parse_qsl, urlsplit

from tests.unit.bff_app.composition import attributes, refusals
from tests.unit.bff_app.user_pool import ADMIN_SCOPE, RIGHT_CODE, access_token

PATH = "/sesion/segundo-factor"


def step_up(browser, pool):
    """Type the password once more, and come back."""
    begun = browser.get("/sesion/entrar", query={"para": "segundo-factor", "volver": "/#/autenticador"})
    return begun, browser.get("/sesion/vuelta", query=pool.sign_in(begun.headers["location"]), site="cross-site")


def test_a_person_sets_up_an_app_after_typing_the_password_again(person, pool):
    session = dict(person.cookies)
    begun, returned = step_up(person, pool)
    asked = dict(parse_qsl(urlsplit(begun.headers["location"]).query))
    assert (asked["prompt"], asked["scope"]) == ("login", f"openid {ADMIN_SCOPE}")
    assert returned.headers["location"] == "/#/autenticador"
    kept = attributes(returned)
    assert kept["__Host-seguridad"] == "Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=300"
    assert not kept.keys() & session.keys(), "the session stays as it is"
    document = person.post(PATH).json()
    assert document["direccion"].startswith("otpauth://totp/Directorio%3Arrhh%40example.com?secret=JBSWY3DPEHPK3PXP")
    assert document["imagen"]["lado"] > 21
    assert document["imagen"]["trazo"].startswith("M4 4h1v1h-1z"), "beyond the quiet zone"
    for wrong in ("654321", "12345", 123456, None):
        answer = person.request("PUT", PATH, json={"codigo": wrong})
        assert (answer.status, [error["regla"] for error in answer.json()["errores"]]) == (422, ["valor"]), wrong
    assert pool.with_app == []
    right = person.request("PUT", PATH, json={"codigo": f"{RIGHT_CODE[:3]} {RIGHT_CODE[3:]}"})
    assert (right.status, pool.with_app) == (204, ["rrhh@example.com"])
    assert person.cookies == session, "what allowed it is gone"
    assert person.post(PATH).status == 403


def test_neither_a_session_nor_another_persons_password_is_enough(person, pool, caplog):
    """A thief of a session's cookies does not know the password."""
    assert person.post(PATH).status == 403
    session = person.cookies["__Host-acceso"]
    other = access_token(username="ada@example.com", scope=ADMIN_SCOPE)
    for cookies in (f"__Host-acceso={session}; __Host-seguridad={other}", f"__Host-seguridad={other}",
                    f"__Host-acceso={session}; __Host-seguridad={session}",
                    f"__Host-acceso={session}; __Host-seguridad=x"):  # fmt: skip
        for method in ("POST", "PUT"):
            answer = person.request(method, PATH, json={"codigo": RIGHT_CODE}, headers={"Cookie": cookies})
            assert answer.status == 403, cookies
    assert pool.with_app == []
    assert set(refusals(caplog)) == {"step_up_needed"}


def test_neither_another_site_nor_a_token_without_the_scope_sets_up_an_app(person, pool):
    step_up(person, pool)
    for method in ("POST", "PUT"):
        assert person.request(method, PATH, json={"codigo": RIGHT_CODE}, site="cross-site").status == 403
    pool.access["scope"] = "openid"
    assert step_up(person, pool)[1].status == 400
