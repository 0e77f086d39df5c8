"""Signing in, renewing a session and signing out."""

import hashlib
import json
import logging
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.web.identity import Identity
from chalicelib.web.sign_in import MAX_RETURN_ADDRESS, Entry, is_local
from chalicelib.web.tokens import pack
from chalicelib.web.upstream import UpstreamError
from tests.unit.bff_app.composition import (
    DOORS,
    ORIGIN,
    SIGN_IN,
    Answers,
    Browser,
    Fails,
    answer_boto3,
    attributes,
    begin,
    compose,
    refusals,
    sign_in,
)
from tests.unit.bff_app.user_pool import CLIENT_ID, CLIENT_SECRET, TOKEN_SECONDS, access_token, token

HTML = {"Accept": "text/html,application/xhtml+xml"}
SESSION = {"__Host-acceso", "__Host-renovacion", "__Host-persona"}


def test_a_person_can_sign_in_behind_every_door_and_no_script_or_other_site_reads_the_cookies(browser, pool):
    for door in DOORS:
        person = browser(door=door)
        begun = person.get("/sesion/entrar")
        returned = sign_in(person, pool, "/#/empleados/7?q=ana")
        assert (returned.status, returned.headers["location"]) == (303, "/#/empleados/7?q=ana"), door
        assert returned.headers["referrer-policy"] == "no-referrer"
        assert attributes(begun) == {"__Host-entrada": "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900"}
        assert attributes(returned) == {
            "__Host-acceso": f"Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={TOKEN_SECONDS}",
            "__Host-persona": "Path=/; Secure; HttpOnly; SameSite=Strict",
            "__Host-renovacion": "Path=/; Secure; HttpOnly; SameSite=Strict",
            "__Host-entrada": "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
        }
        answer = person.get("/sesion")
        assert answer.json() == {
            "demo": False,
            "usuario": "rrhh@example.com",
            "nombre": "Rosa Ruiz",
            "correo": "rrhh@example.com",
            "grupos": ["rrhh"],
            "caduca_en": "2100-01-01T00:00:00Z",
        }
        assert answer.headers["cache-control"] == "no-store"


def test_the_browser_is_sent_to_the_pool_with_new_secrets_each_time(browser):
    person, seen = browser(), set()
    for _ in range(2):
        answer = person.get("/sesion/entrar", headers={"Accept-Language": "en"})
        address = urlsplit(answer.headers["location"])
        asked = dict(parse_qsl(address.query))
        assert (answer.status, address.path) == (303, "/oauth2/authorize")
        secrets = [asked.pop(name) for name in ("state", "nonce", "code_challenge")]
        assert all(re.fullmatch(r"[\w-]{43}", secret, re.ASCII) for secret in secrets)
        seen |= set(secrets)
        assert asked == {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": f"{ORIGIN}/sesion/vuelta",
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "lang": "en",
        }
    assert len(seen) == 6


def test_the_pool_returns_to_the_public_address_or_else_to_the_host_of_the_request(browser):
    for public_origin, host, scheme, own in (
        ("https://d111.cloudfront.net", "evil.example", "http", "https://d111.cloudfront.net"),
        ("", "LOCALHOST:8000", "http", "http://localhost:8000"),
        ("", "[::1]:8000", "https", "https://[::1]:8000"),
    ):
        person = browser(sign_in=SIGN_IN._replace(public_origin=public_origin), door="chalice_local")
        begun = person.get("/sesion/entrar", headers={"Host": host, "X-Forwarded-Proto": scheme})
        assert urlencode({"redirect_uri": f"{own}/sesion/vuelta"}) in begun.headers["location"]


def test_a_sign_in_that_would_end_elsewhere_does_not_begin(browser):
    person = browser()
    for volver in (
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\/evil.example", "/\t/evil.example",
        "/\n/evil.example", " //evil.example", "javascript:alert(1)", "evil.example", "#/empleados", "?x", "/ñ",
        "/a b", "/a\\b", "/" + "a" * MAX_RETURN_ADDRESS,
    ):  # fmt: skip
        answer = person.get("/sesion/entrar", query={"volver": volver})
        assert (answer.status, answer.headers.get("set-cookie")) == (422, None), volver
        assert [error["campo"] for error in answer.json()["errores"]] == ["volver"]
        assert "detail" not in answer.json()
        assert "evil" not in answer.body.decode()


@given(st.text(max_size=30) | st.text("/\\.:#?@\t ae", max_size=12).map("/".__add__))
def test_an_accepted_return_address_stays_on_this_site(volver):
    """By the rules of browsers (WHATWG URL): backslashes are slashes, tabs and outer control characters vanish."""
    seen = re.sub(r"[\t\r\n]", "", volver.strip("".join(map(chr, range(33))))).replace("\\", "/")
    assert not is_local(volver) or (seen.startswith("/") and not seen.startswith("//"))


def test_a_return_that_is_not_what_was_asked_for_is_refused(browser, pool, caplog):
    cases = [
        ({"state": "forged"}, {}, "unknown_state"),
        ({"error": "access_denied", "error_description": "<b>no</b>"}, {}, "cancelled"),
        *(({"code": code}, {}, "invalid_code") for code in ("", "a&b=c", "ñ\x00")),
        *(({}, {"nonce": nonce}, "foreign_token") for nonce in ("another", None)),
        ({}, {"aud": "another-client"}, "foreign_token"),
        ({}, {"iss": "https://evil.example"}, "foreign_token"),
        ({}, {"token_use": "access"}, "foreign_token"),
        ({}, {"username": None}, "foreign_token"),
        # With this scope a session's token could replace the second factor.
        ({}, {"scope": "openid aws.cognito.signin.user.admin"}, "foreign_token"),
        ({}, {"cognito:groups": ["g" * 100] * 40}, "token_too_long"),
    ]
    for brought_back, claims, reason in cases:
        caplog.clear()
        pool.identity = pool.access = claims
        person = browser()
        assert sign_in(person, pool, **brought_back).status == 400
        returned = sign_in(person, pool, "/#/resumen", headers=HTML, **brought_back)
        fragment = "" if reason == "unknown_state" else "#/resumen"
        outcome = "cancelada" if reason == "cancelled" else "rechazada"
        assert (returned.status, returned.headers["location"]) == (303, f"/?entrada={outcome}{fragment}"), reason
        assert refusals(caplog) == [reason] * 2, (brought_back, claims)
        assert not person.cookies.keys() & SESSION


def test_the_return_of_another_persons_sign_in_is_refused(browser, pool):
    """A person lured to an attacker's return address must not work in the attacker's name from then on."""
    attacker, victim, stranger = browser(), browser(), browser()
    brought_back = begin(attacker, pool)
    begin(victim, pool)
    forged = ("x", "a" * 8192, "eyJzdGF0ZSI6IngifQ", "%00")
    cookies = [{}, *({"Cookie": f"__Host-entrada={value}"} for value in forged)]
    for person, headers in ((victim, {}), *((stranger, each) for each in cookies)):
        answer = person.get("/sesion/vuelta", query=brought_back, site="cross-site", headers=headers)
        assert answer.status == 400, headers
        assert not person.cookies.keys() & SESSION


def test_a_stray_return_does_not_end_the_sign_in_under_way(browser, pool):
    """Otherwise another site's link would spoil it, or the person's own second tab."""
    person = browser()
    first, second = begin(person, pool, "/#/resumen"), begin(person, pool, "/#/actividad")
    stray = person.get("/sesion/vuelta", query=first, headers=HTML, site="cross-site")
    returned = person.get("/sesion/vuelta", query=second, headers=HTML, site="cross-site")
    assert [answer.headers["location"] for answer in (stray, returned)] == ["/?entrada=rechazada", "/#/actividad"]
    assert person.cookies.keys() == SESSION


ENTRY_OF_NOBODY = Entry("s" * 43, "n" * 43, "v" * 43, "/#/resumen")
RETURN = f"/sesion/vuelta?code=c&state={ENTRY_OF_NOBODY.state}"
ENTRY_COOKIE = {"Cookie": f"__Host-entrada={pack(ENTRY_OF_NOBODY._asdict())}"}
TOKENS = '{"access_token":"a","id_token":"b","refresh_token":"c","expires_in":%s}'
UNWELL = [
    (Answers(b"<html>", status=500), 502, "servicio"),
    (Answers(b'{"error":{"a":1}}', status=400), 502, "servicio"),
    *((Answers(b"{}", status=status), 503, "servicio") for status in (429, 503)),
    *((Answers(body), 502, "servicio") for body in (b"not json", b"[]", b"[" * 100_000, b"{}")),
    (Answers(b'{"access_token":1,"id_token":2,"refresh_token":3,"expires_in":4}'), 502, "servicio"),
    *((Answers((TOKENS % seconds).encode()), 502, "servicio") for seconds in ('"d"', "0")),
    (Answers((TOKENS % 9).encode()), 400, "rechazada"),
    (Fails("unreachable"), 502, "servicio"),
    (Fails("broken"), 502, "servicio"),
    (Fails("too_slow"), 504, "servicio"),
]


def test_a_pool_that_fails_is_a_problem_of_ours_which_the_page_explains(browser, hurried):
    for identity, status, outcome in UNWELL:
        person = browser(identity=identity)
        answer = person.get(RETURN, headers=ENTRY_COOKIE)
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
        assert "resultado_desconocido" not in answer.json()
        assert answer.headers.get("retry-after") == ("5" if status == 503 else None)
        if status != 400:
            assert answer.json()["detail"].startswith("El servicio de identidad ")
        answer = person.get(RETURN, headers={**ENTRY_COOKIE, **HTML})
        assert (answer.status, answer.headers["location"]) == (303, f"/?entrada={outcome}#/resumen")
    assert max(identity.seconds) <= hurried


def test_a_program_is_described_by_its_own_token_whatever_its_cookies_say(browser):
    own = {"Authorization": f"Bearer {access_token(username='nomina')}", "Cookie": "__Host-acceso=x; __Host-acceso=y"}
    document = browser().get("/sesion", headers=own).json()
    assert (document["usuario"], document["nombre"]) == ("nomina", "")


def test_a_request_without_a_valid_token_is_no_session(browser):
    expired = [access_token(exp=exp) for exp in (0, 1, -5, None, "9999999999", 10**30, True)]
    tokens = [*expired, "x", "a.b", "a.b.c", "..", "a.bnVsbA.c", "a.W10.c", "a.A.c"]
    cookies = [{"Cookie": f"__Host-acceso={value}"} for value in tokens]
    signed_in = {"Cookie": f"__Host-acceso={access_token()}"}
    person = browser()
    for headers in ({}, *cookies, *({"Authorization": own, **signed_in} for own in ("", "Bearer", "Bearer x"))):
        answer = person.get("/sesion", headers=headers)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer"), headers
        assert answer.json()["detail"] == "Hace falta iniciar sesión."
        assert answer.headers.get("set-cookie") is None, "the token that renews it may still be good"


def test_half_a_character_or_an_unreadable_name_breaks_nothing(browser, pool):
    pool.identity.update(name="\ud800", email="x" * 5000)
    pool.access.update({"username": "\udfff", "cognito:groups": ["\ud800", 7]})
    person = browser()
    sign_in(person, pool)
    document = person.get("/sesion").json()
    assert (document["nombre"], document["usuario"], document["grupos"]) == ("?", "?", ["?"])
    assert len(document["correo"]) == 200
    for value in ("x", "e30", "W10", token(nombre="Ana")):
        cookies = f"__Host-acceso={access_token()}; __Host-persona={value}"
        document = browser().get("/sesion", headers={"Cookie": cookies}).json()
        assert (document["nombre"], document["usuario"]) == ("", "rrhh@example.com")


def test_a_session_is_renewed_from_its_cookie_alone(person, pool):
    first = person.cookies["__Host-renovacion"]
    del person.cookies["__Host-acceso"]  # it has expired
    assert person.get("/sesion").status == 401
    pool.access["cognito:groups"] = ["admin"]
    for _ in range(2):
        answer = person.post("/sesion/renovar")
        assert (answer.status, answer.json()["grupos"], answer.json()["nombre"]) == (200, ["admin"], "Rosa Ruiz")
        assert b"eyJ" not in answer.body
    assert person.get("/sesion").status == 200
    assert person.cookies["__Host-renovacion"] != first


def test_a_renewal_that_was_copied_and_used_ends_all_sessions_of_its_owner(browser, person, pool, caplog):
    """Its owner and a thief use the same one; the second use is noticed."""
    thief = browser()
    renewal = {"Cookie": f"__Host-renovacion={person.cookies['__Host-renovacion']}"}
    assert thief.post("/sesion/renovar", headers=renewal).status == 200
    answer = person.post("/sesion/renovar")
    assert (answer.status, person.cookies) == (401, {})
    assert (pool.ended_everywhere, pool.renewals) == (["rrhh@example.com"], set())
    assert thief.post("/sesion/renovar").status == 401
    assert refusals(caplog) == ["reused_token", "session_over"]


def test_a_renewal_that_this_app_did_not_put_together_reaches_no_pool(browser, person, pool):
    """Otherwise anybody with a used token of his own could end the sessions of another person."""
    renewal, owner, code = person.cookies["__Host-renovacion"].split("~")
    other = pack({"u": "admin@example.com"})
    pool.used.add(renewal)
    for forged in (renewal, f"{renewal}~{owner}", f"{renewal}~{other}~{code}", f"x~{owner}~{code}", "~", f"~~{code}"):
        for path in ("/sesion/renovar", "/sesion/salir?todas=1"):
            headers = {"Cookie": f"__Host-renovacion={forged}"}
            assert browser().post(path, headers=headers).status == 401, (path, forged)
    assert pool.ended_everywhere == []


def test_the_secret_of_the_app_is_read_from_parameter_store_once(monkeypatch):
    store = Answers(json.dumps({"Parameter": {"Value": CLIENT_SECRET}}).encode())
    answer_boto3(monkeypatch, store)
    settings = SIGN_IN._replace(client_secret="", client_secret_parameter="/directorio/page")
    no_code = Fails("unreachable")
    identity = Identity(no_code, settings)
    assert [identity.secret, identity.secret] == [CLIENT_SECRET] * 2
    assert [json.loads(received.body)["Name"] for received in store.received] == ["/directorio/page"]
    answer_boto3(monkeypatch, Answers(b"{}", status=400))
    with pytest.raises(UpstreamError):
        _ = Identity(no_code, settings).secret


def test_a_session_that_the_pool_ended_is_removed_from_the_browser(browser, pool, caplog):
    person = browser()
    for path in ("/sesion/renovar", "/sesion/salir?todas=1"):
        assert person.post(path).status == 401, "there is no session yet"
        sign_in(person, pool)
        pool.renewals.clear()
        answer = person.post(path)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert person.cookies == {}
    assert refusals(caplog) == ["not_signed_in", "session_over"] * 2


def test_signing_out_revokes_the_session_of_this_browser_only(browser, person, pool):
    elsewhere = browser()
    sign_in(elsewhere, pool)
    address = urlsplit(person.post("/sesion/salir").json()["ir_a"])
    asked = {"client_id": CLIENT_ID, "logout_uri": f"{ORIGIN}/"}
    assert (address.path, dict(parse_qsl(address.query))) == ("/logout", asked)
    assert person.cookies == {}
    assert pool.renewals == {elsewhere.cookies["__Host-renovacion"].partition("~")[0]}


def test_signing_out_everywhere_ends_all_sessions(browser, person, pool):
    elsewhere = browser()
    sign_in(elsewhere, pool)
    del person.cookies["__Host-acceso"]  # it has expired
    assert person.post("/sesion/salir?todas=1").status == 200
    assert (person.cookies, pool.ended_everywhere) == ({}, ["rrhh@example.com"])
    assert elsewhere.post("/sesion/renovar").status == 401


def test_a_pool_that_fails_to_renew_or_to_end_all_sessions_leaves_the_session_alone(browser, person, pool):
    kept = {"Cookie": f"__Host-renovacion={person.cookies['__Host-renovacion']}"}
    pool.may_end = False
    busy = Answers(b'{"__type":"com.amazonaws#TooManyRequestsException"}', status=400)
    silent = Fails("too_slow")
    for path, identity, status, retry in (
        ("renovar", busy, 503, "5"),
        ("renovar", silent, 504, None),
        ("salir?todas=1", pool, 502, None),
        ("salir?todas=1", Answers(b'{"AuthenticationResult":{}}'), 502, None),
        ("salir?todas=1", Answers(b"", status=500), 502, None),
    ):
        answer = browser(identity=identity).post(f"/sesion/{path}", headers=kept)
        assert (answer.status, answer.headers.get("retry-after")) == (status, retry)
        assert answer.headers.get("set-cookie") is None
    assert max(silent.seconds) <= 3, "a person waits"


def test_this_browser_is_signed_out_even_if_the_pool_fails(browser):
    person = browser(identity=Answers(b"", status=500))
    for cookie in ("__Host-renovacion=r", "__Host-renovacion=r; __Host-renovacion=s", "x=y"):
        answer = person.post("/sesion/salir", headers={"Cookie": cookie})
        assert answer.status == 200
        assert attributes(answer).keys() == SESSION


def test_no_other_site_renews_or_ends_a_session(person, pool, caplog):
    before = dict(person.cookies)
    form = {"body": "a=b", "content_type": "application/x-www-form-urlencoded", "headers": {"Origin": ORIGIN}}
    for path in ("/sesion/renovar", "/sesion/salir", "/sesion/salir?todas=1"):
        for site in ("cross-site", "same-site", "none", "", "same-origin,cross-site"):
            assert person.post(path, site=site, **form).status == 403, (path, site)
    assert (person.cookies, len(pool.renewals)) == (before, 1)
    assert set(refusals(caplog)) == {"cross_site"}


def test_each_access_line_of_a_signed_in_caller_has_the_same_opaque_id(browser, pool, caplog):
    caplog.set_level(logging.DEBUG)
    person = browser()
    sign_in(person, pool)
    kept = list(person.cookies.values())
    for path in ("/sesion", "/empleados"):
        person.get(path)
    person.post("/sesion/renovar")
    browser().get("/empleados", headers={"Authorization": f"Bearer {access_token()}"})
    browser().get("/empleados", headers={"Authorization": "Bearer x.x.x"})
    known = hashlib.sha256(b"4f2c").hexdigest()[:16]
    lines = [(each.route, getattr(each, "caller_id", None)) for each in caplog.records if hasattr(each, "request_id")]
    assert lines == [
        ("/sesion/entrar", None),
        *((path, known) for path in ("/sesion/vuelta", "/sesion", "/empleados", "/sesion/renovar", "/empleados")),
        ("/empleados", None),
    ]
    sign_in(person, pool, code="a-code-to-look-for")
    person.post("/sesion/salir?todas=1")
    # Below INFO these tell everything.
    ours = [each for each in caplog.records if not each.name.startswith(("http", "botocore", "urllib3"))]
    logged = "".join(f"{each.getMessage()} {vars(each)}" for each in ours)
    secrets = ["rrhh@example.com", "Rosa", "a-code-to-look-for", "eyJ", *kept, *person.cookies.values()]
    assert [secret for secret in secrets if secret in logged] == []


def test_a_demonstration_has_one_user_who_may_do_everything():
    visitor = Browser(compose(Answers()))
    document = visitor.get("/sesion").json()
    assert (document["demo"], document["grupos"], document["caduca_en"]) == (True, ["admin"], None)
    for method, path in (("GET", "entrar"), ("GET", "vuelta"), ("POST", "renovar"), ("POST", "salir"),
                         ("POST", "segundo-factor"), ("PUT", "segundo-factor")):  # fmt: skip
        assert visitor.request(method, f"/sesion/{path}").status == 404, path
