"""Signing in, staying in and signing out, against a user pool that is a real HTTP server."""

from __future__ import annotations

import json
import logging
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_frontdoor.testing.events import DOORS
from chalicelib.web.session import ReturnAddressRefused
from chalicelib.web.sign_in import MAX_RETURN_ADDRESS, Entry
from local.emulator import free_port
from tests.unit.bff_app.browser import ORIGIN, Browser
from tests.unit.bff_app.composition import composed, signing_in_at, through
from tests.unit.bff_app.servers import Server, answering, sending, silent
from tests.unit.bff_app.user_pool import CLIENT_ID, TOKEN_SECONDS, UserPool, access_token, token

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_frontdoor.testing.client import Answer

    Serve = Callable[..., Server]
    OpenBrowser = Callable[..., Browser]

HTML = {"Accept": "text/html,application/xhtml+xml"}
SESSION = {"__Host-acceso", "__Host-renovacion", "__Host-persona"}


def sign_in(browser: Browser, pool: UserPool, volver: str = "/", **changes: str) -> Answer:
    """Sign in as a person does; ``changes`` are made to what the browser brings back from the pool."""
    begun = browser.get("/sesion/entrar", query={"volver": volver})
    brought_back = {**pool.sign_in(begun.headers["location"]), **changes}
    return browser.get("/sesion/vuelta", query=brought_back, site="cross-site")


def refusals(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.refusal for record in caplog.records if hasattr(record, "refusal")]


def attributes(answer: Answer) -> dict[str, str]:
    """The attributes of each cookie that an answer sets, by its name."""
    lines = answer.headers.getlist("set-cookie")
    return {line.partition("=")[0]: line.partition("; ")[2] for line in lines}


# ---- signing in


@pytest.mark.parametrize("door", DOORS)
def test_who_signs_in_is_signed_in_behind_every_door(browser: OpenBrowser, pool: UserPool, door: str) -> None:
    person = browser(door=door)

    returned = sign_in(person, pool, "/#/empleados/7?q=ana")

    assert (returned.status, returned.headers["location"]) == (303, "/#/empleados/7?q=ana")
    assert person.cookies.keys() == SESSION
    answer = person.get("/sesion")
    document = answer.json()
    assert document.pop("caduca_en").endswith("Z")
    assert document == {
        "demo": False,
        "usuario": "rrhh@example.com",
        "nombre": "Rosa Ruiz",
        "correo": "rrhh@example.com",
        "grupos": ["rrhh"],
    }
    assert answer.headers["cache-control"] == "no-store"


def test_the_browser_is_sent_to_the_pool_with_what_the_code_flow_asks_for(browser: OpenBrowser) -> None:
    answer = browser().get("/sesion/entrar", headers={"Accept-Language": "en"})

    address = urlsplit(answer.headers["location"])
    asked = dict(parse_qsl(address.query))
    assert (answer.status, address.path) == (303, "/oauth2/authorize")
    secrets = [asked.pop(name) for name in ("state", "nonce", "code_challenge")]
    assert all(re.fullmatch(r"[\w-]{43}", secret, re.ASCII) for secret in secrets)
    assert len(set(secrets)) == 3
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": f"{ORIGIN}/sesion/vuelta",
        "scope": "openid email profile aws.cognito.signin.user.admin",
        "code_challenge_method": "S256",
        "lang": "en",
    }


def test_no_secret_of_a_sign_in_is_used_twice(browser: OpenBrowser) -> None:
    person = browser()

    addresses = [person.get("/sesion/entrar").headers["location"] for _ in range(3)]

    assert len({dict(parse_qsl(urlsplit(address).query))["state"] for address in addresses}) == 3


def test_no_script_and_no_other_site_gets_at_the_cookies(browser: OpenBrowser, pool: UserPool) -> None:
    person = browser()
    begun = person.get("/sesion/entrar")
    assert attributes(begun) == {"__Host-entrada": "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900"}

    returned = sign_in(person, pool)

    assert attributes(returned) == {
        "__Host-acceso": f"Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={TOKEN_SECONDS}",
        "__Host-persona": "Path=/; Secure; HttpOnly; SameSite=Strict",
        "__Host-renovacion": "Path=/; Secure; HttpOnly; SameSite=Strict",
        "__Host-entrada": "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
    }
    assert returned.headers["referrer-policy"] == "no-referrer"


def test_the_public_address_decides_where_the_pool_sends_people_back_to(browser: OpenBrowser, pool: UserPool) -> None:
    person = browser(public_origin="https://d111.cloudfront.net")

    begun = person.get("/sesion/entrar", headers={"Host": "evil.example"})

    assert "redirect_uri=https%3A%2F%2Fd111.cloudfront.net%2Fsesion%2Fvuelta" in begun.headers["location"]
    returned = person.get(
        "/sesion/vuelta", query=pool.sign_in(begun.headers["location"]), headers={"Host": "b.example"}
    )
    assert returned.headers["location"] == "/"


@pytest.mark.parametrize(
    "host", ["", "a b", "evil.example/x", "evil.example#", "user@evil.example", "[::1", "a:b:c", "-"]
)
def test_a_host_that_is_none_is_refused(browser: OpenBrowser, host: str) -> None:
    answer = browser(public_origin="", door="chalice_local").get("/sesion/entrar", headers={"Host": host})

    assert answer.status == 400


@pytest.mark.parametrize(("door", "scheme"), [("alb_multi", "http"), ("http_api_2", "https")])
@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "directorio.example.com"])
def test_without_a_public_address_the_request_says_which_one_is_ours(
    browser: OpenBrowser, door: str, scheme: str, host: str
) -> None:
    begun = browser(public_origin="", door=door).get("/sesion/entrar", headers={"Host": host})

    assert urlencode({"redirect_uri": f"{scheme}://{host}/sesion/vuelta"}) in begun.headers["location"]


# ---- the address to return to

FOREIGN = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "evil.example",
    "#/empleados",
    "?x",
    "/ñ",
    "/a b",
    "/a\\b",
    "/" + "a" * MAX_RETURN_ADDRESS,
]


@pytest.mark.parametrize("volver", FOREIGN)
def test_a_sign_in_that_would_end_elsewhere_does_not_begin(browser: OpenBrowser, volver: str) -> None:
    answer = browser().get("/sesion/entrar", query={"volver": volver})

    assert (answer.status, answer.headers.get("set-cookie")) == (422, None)
    assert [error["campo"] for error in answer.json()["errores"]] == ["volver"]
    assert "evil" not in answer.body.decode()


@given(st.text(max_size=30) | st.text("/\\.:#?@\t ae", max_size=12).map("/".__add__))
def test_an_address_that_is_let_through_stays_on_this_site(volver: str) -> None:
    """By the rules of browsers (WHATWG URL): backslashes are slashes, tabs and outer control characters vanish."""
    try:
        entry = Entry.begin(volver)
    except ReturnAddressRefused:
        return
    seen = re.sub(r"[\t\r\n]", "", entry.return_to.strip("".join(map(chr, range(33))))).replace("\\", "/")
    assert seen.startswith("/")
    assert not seen.startswith("//")
    assert Entry.unpack(entry.pack()) == entry


@given(st.binary(max_size=60).map(bytes.hex) | st.text(max_size=60) | st.from_type(dict[str, str]).map(json.dumps))
def test_what_is_no_entry_is_none(text: str) -> None:
    assert Entry.unpack(text) is None


# ---- what comes back from the pool


def test_a_state_that_this_browser_did_not_begin_is_refused(
    browser: OpenBrowser, pool: UserPool, caplog: pytest.LogCaptureFixture
) -> None:
    person = browser()

    answer = sign_in(person, pool, state="forged")

    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert not person.cookies.keys() & SESSION
    assert refusals(caplog) == ["unknown_state"]


def test_another_persons_return_signs_nobody_in(browser: OpenBrowser, pool: UserPool) -> None:
    """Who is lured to an attacker's return address must not work in the attacker's name from then on."""
    attacker, victim = browser(), browser()
    begun = attacker.get("/sesion/entrar").headers["location"]
    victim.get("/sesion/entrar")

    answer = victim.get("/sesion/vuelta", query=pool.sign_in(begun), site="cross-site")

    assert answer.status == 400
    assert not victim.cookies.keys() & SESSION


def test_a_browser_that_began_nothing_is_refused(browser: OpenBrowser, pool: UserPool) -> None:
    begun = browser().get("/sesion/entrar").headers["location"]

    assert browser().get("/sesion/vuelta", query=pool.sign_in(begun)).status == 400


@pytest.mark.parametrize("cookie", ["x", "e30", "a" * 8192, "eyJzdGF0ZSI6IngifQ", "%00", '"e30"'])
def test_a_cookie_of_the_sign_in_that_we_did_not_make_is_refused(browser: OpenBrowser, cookie: str) -> None:
    answer = browser().get("/sesion/vuelta?code=a&state=b", headers={"Cookie": f"__Host-entrada={cookie}"})

    assert answer.status == 400


def test_a_code_is_worth_nothing_the_second_time(
    browser: OpenBrowser, pool: UserPool, caplog: pytest.LogCaptureFixture
) -> None:
    person = browser()
    begun = person.get("/sesion/entrar").headers["location"]
    brought_back = pool.sign_in(begun)
    entry = dict(person.cookies)
    assert person.get("/sesion/vuelta", query=brought_back).status == 303
    assert person.get("/sesion/vuelta", query=brought_back).status == 400

    thief = browser()
    answer = thief.get(
        "/sesion/vuelta", query=brought_back, headers={"Cookie": f"__Host-entrada={entry['__Host-entrada']}"}
    )

    assert answer.status == 400
    assert refusals(caplog)[-1] == "invalid_code"


@pytest.mark.parametrize("code", ["", "never-given", "a&b=c", "ñ", "\x00"])
def test_a_code_that_the_pool_never_gave_is_refused(browser: OpenBrowser, pool: UserPool, code: str) -> None:
    assert sign_in(browser(), pool, code=code).status == 400


def test_who_gives_up_at_the_pools_page_is_told_so(
    browser: OpenBrowser, pool: UserPool, caplog: pytest.LogCaptureFixture
) -> None:
    assert sign_in(browser(), pool, error="access_denied", error_description="<b>no</b>").status == 400
    assert refusals(caplog) == ["cancelled"]


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"iss": "https://evil.example"},
        {"token_use": "access"},
    ],
)
def test_an_id_token_that_was_made_for_another_sign_in_is_refused(
    browser: OpenBrowser, pool: UserPool, claims: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    pool.identity.update(claims)
    person = browser()

    assert sign_in(person, pool).status == 400
    assert not person.cookies.keys() & SESSION
    assert refusals(caplog) == ["foreign_token"]


def test_a_token_that_no_browser_would_keep_signs_nobody_in(browser: OpenBrowser, pool: UserPool) -> None:
    pool.access["cognito:groups"] = ["g" * 100] * 40

    assert sign_in(browser(), pool).status == 400


@pytest.mark.parametrize(
    ("changes", "outcome"), [({"code": "forged"}, "rechazada"), ({"error": "access_denied"}, "cancelada")]
)
def test_a_person_is_not_left_before_a_problem_document(
    browser: OpenBrowser, pool: UserPool, changes: dict[str, str], outcome: str, caplog: pytest.LogCaptureFixture
) -> None:
    person = browser()
    brought_back = pool.sign_in(person.get("/sesion/entrar?volver=/%23/resumen").headers["location"])

    answer = person.get("/sesion/vuelta", query={**brought_back, **changes}, headers=HTML)

    assert (answer.status, answer.headers["location"]) == (303, f"/?entrada={outcome}#/resumen")
    assert person.cookies == {}
    assert len(refusals(caplog)) == 1


def test_a_return_that_is_not_this_browsers_leaves_its_own_sign_in_alone(browser: OpenBrowser, pool: UserPool) -> None:
    """Else another site's link would spoil it, or the person's own second tab."""
    person = browser()
    first = pool.sign_in(person.get("/sesion/entrar?volver=/%23/resumen").headers["location"])
    second = pool.sign_in(person.get("/sesion/entrar?volver=/%23/actividad").headers["location"])

    stray = person.get("/sesion/vuelta", query=first, headers=HTML, site="cross-site")
    returned = person.get("/sesion/vuelta", query=second, headers=HTML, site="cross-site")

    assert [answer.headers["location"] for answer in (stray, returned)] == ["/?entrada=rechazada", "/#/actividad"]
    assert person.cookies.keys() == SESSION


# ---- the pool is not well

ENTRY_OF_NOBODY = Entry("s" * 43, "n" * 43, "v" * 43, "/#/resumen")
RETURN = f"/sesion/vuelta?code=c&state={ENTRY_OF_NOBODY.state}"
ENTRY_COOKIE = {"Cookie": f"__Host-entrada={ENTRY_OF_NOBODY.pack()}"}
JSON = "Content-Type: application/json"
UNWELL = [
    (answering(b"<html>", status="500 Internal Server Error"), 502),
    (answering(b'{"error":"invalid_client"}', JSON, status="400 Bad Request"), 502),
    (answering(b"{}", JSON, status="503 Service Unavailable"), 503),
    (answering(b"{}", JSON, status="429 Too Many Requests"), 503),
    (answering(b'{"__type":"TooManyRequestsException"}', JSON, status="400 Bad Request"), 503),
    (answering(b"not json"), 502),
    (answering(b"[]", JSON), 502),
    (answering(b"[" * 100_000, JSON), 502),
    (answering(b"{}", JSON), 502),
    (answering(b'{"access_token":1,"id_token":2,"refresh_token":3,"expires_in":4}', JSON), 502),
    (answering(b'{"access_token":"a","id_token":"b","refresh_token":"c","expires_in":"d"}', JSON), 502),
    (answering(b'{"access_token":"a","id_token":"b","refresh_token":"c","expires_in":0}', JSON), 502),
    (answering(b'{"access_token":"a","id_token":"b","refresh_token":"c","expires_in":9}', JSON), 400),
    (answering(b'{"error":{"a":1}}', JSON, status="400 Bad Request"), 502),
    (sending(b""), 502),
    (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"), 502),
]


@pytest.mark.parametrize(("behave", "status"), UNWELL)
def test_a_pool_that_is_not_well_is_a_problem_of_ours(
    serve: Serve, browser: OpenBrowser, behave: Callable[..., None], status: int
) -> None:
    answer = browser(identity=serve(behave)).get(RETURN, headers=ENTRY_COOKIE)

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "resultado_desconocido" not in answer.json()


def test_a_person_is_told_by_the_page_that_the_pool_is_not_well(serve: Serve, browser: OpenBrowser) -> None:
    person = browser(identity=serve(answering(status="503 Service Unavailable")))

    answer = person.get(RETURN, headers={**ENTRY_COOKIE, **HTML})

    assert (answer.status, answer.headers["location"]) == (303, "/?entrada=servicio#/resumen")


def test_a_pool_that_is_not_there_is_a_502() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    with composed(nowhere, nowhere, sign_in=signing_in_at(nowhere)):
        answer = Browser(through("alb_multi")).get(RETURN, headers=ENTRY_COOKIE)

    assert answer.status == 502
    assert answer.json()["detail"].startswith("El servicio de identidad no está disponible.")


def test_a_pool_that_does_not_answer_is_not_waited_for_long(serve: Serve, browser: OpenBrowser) -> None:
    person = browser(identity=serve(silent), identity_seconds=0.3)
    started = time.monotonic()

    assert person.get(RETURN, headers=ENTRY_COOKIE).status == 504
    assert time.monotonic() - started < 2


def test_a_pool_that_takes_no_more_questions_says_when_to_come_back(serve: Serve, browser: OpenBrowser) -> None:
    busy = serve(answering(b'{"__type":"com.amazonaws#TooManyRequestsException"}', JSON, status="400 Bad Request"))

    answer = browser(identity=busy).post("/sesion/renovar", headers={"Cookie": "__Host-renovacion=r"})

    assert (answer.status, answer.headers["retry-after"]) == (503, "5")


# ---- who is it


def test_nobody_is_signed_in_at_first(browser: OpenBrowser) -> None:
    answer = browser().get("/sesion")

    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_program_is_described_by_its_own_token_whatever_its_cookies_say(browser: OpenBrowser) -> None:
    headers = {
        "Authorization": f"Bearer {access_token(username='nomina')}",
        "Cookie": "__Host-acceso=x; __Host-acceso=y",
    }

    document = browser().get("/sesion", headers=headers).json()

    assert (document["usuario"], document["nombre"]) == ("nomina", "")


@pytest.mark.parametrize("own", ["", "Bearer", "Basic YTpi", "Bearer x"])
def test_no_cookie_helps_who_brings_an_authorization_that_is_none(browser: OpenBrowser, own: str) -> None:
    headers = {"Authorization": own, "Cookie": f"__Host-acceso={access_token()}"}

    assert browser().get("/sesion", headers=headers).status == 401


@pytest.mark.parametrize("exp", [0, 1, -5, None, "9999999999", 10**30, True])
def test_an_expired_token_is_no_session(browser: OpenBrowser, exp: object) -> None:
    answer = browser().get("/sesion", headers={"Cookie": f"__Host-acceso={access_token(exp=exp)}"})

    assert answer.status == 401
    assert answer.headers.get("set-cookie") is None, "what renews it may still be good"


@pytest.mark.parametrize("value", ["x", "a.b", "a.b.c", "..", "a.bnVsbA.c", "a.W10.c", "a.A.c"])
def test_a_cookie_that_is_no_token_is_no_session(browser: OpenBrowser, value: str) -> None:
    assert browser().get("/sesion", headers={"Cookie": f"__Host-acceso={value}"}).status == 401


def test_half_a_character_in_a_token_breaks_nothing(browser: OpenBrowser, pool: UserPool) -> None:
    pool.identity.update(name="\ud800", email="x" * 5000)
    pool.access.update({"username": "\udfff", "cognito:groups": ["\ud800", 7]})
    person = browser()

    sign_in(person, pool)

    document = person.get("/sesion").json()
    assert (document["nombre"], document["usuario"], document["grupos"]) == ("?", "?", ["?"])
    assert len(document["correo"]) == 200


@pytest.mark.parametrize("value", ["x", "e30", "W10", token(nombre="Ana")])
def test_a_name_that_cannot_be_read_is_not_shown(browser: OpenBrowser, value: str) -> None:
    cookies = f"__Host-acceso={access_token()}; __Host-persona={value}"

    document = browser().get("/sesion", headers={"Cookie": cookies}).json()

    assert (document["nombre"], document["usuario"]) == ("", "rrhh@example.com")


# ---- staying in


def test_a_session_is_renewed_from_its_cookie_alone(browser: OpenBrowser, pool: UserPool) -> None:
    person = browser()
    sign_in(person, pool)
    del person.cookies["__Host-acceso"]  # its time is over
    assert person.get("/sesion").status == 401
    pool.access["cognito:groups"] = ["admin"]

    answer = person.post("/sesion/renovar")

    assert (answer.status, answer.json()["grupos"], answer.json()["nombre"]) == (200, ["admin"], "Rosa Ruiz")
    assert person.get("/sesion").status == 200
    assert b"eyJ" not in answer.body


def test_a_renewal_that_is_replaced_is_forgotten(browser: OpenBrowser, pool: UserPool) -> None:
    pool.rotates = True
    person = browser()
    sign_in(person, pool)
    first = person.cookies["__Host-renovacion"]

    assert person.post("/sesion/renovar").status == 200

    assert person.cookies["__Host-renovacion"] != first
    assert person.post("/sesion/renovar").status == 200


def test_a_session_that_the_pool_ended_is_forgotten_by_the_browser(
    browser: OpenBrowser, pool: UserPool, caplog: pytest.LogCaptureFixture
) -> None:
    person = browser()
    sign_in(person, pool)
    pool.renewals.clear()

    answer = person.post("/sesion/renovar")

    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert person.cookies == {}
    assert refusals(caplog) == ["session_over"]


def test_nothing_is_renewed_for_who_never_signed_in(browser: OpenBrowser) -> None:
    assert browser().post("/sesion/renovar").status == 401


def test_a_renewal_without_tokens_is_a_502(serve: Serve, browser: OpenBrowser) -> None:
    person = browser(identity=serve(answering(b'{"AuthenticationResult":[]}', JSON)))

    assert person.post("/sesion/renovar", headers={"Cookie": "__Host-renovacion=r"}).status == 502


# ---- signing out


def test_signing_out_revokes_what_the_browser_had(browser: OpenBrowser, pool: UserPool) -> None:
    person, elsewhere = browser(), browser()
    sign_in(person, pool)
    sign_in(elsewhere, pool)

    answer = person.post("/sesion/salir")

    address = urlsplit(answer.json()["ir_a"])
    assert (address.path, dict(parse_qsl(address.query))) == (
        "/logout",
        {"client_id": CLIENT_ID, "logout_uri": f"{ORIGIN}/"},
    )
    assert person.cookies == {}
    assert pool.renewals == {elsewhere.cookies["__Host-renovacion"]}


def test_signing_out_everywhere_ends_all_sessions(browser: OpenBrowser, pool: UserPool) -> None:
    person, elsewhere = browser(), browser()
    sign_in(person, pool)
    sign_in(elsewhere, pool)
    del person.cookies["__Host-acceso"]  # its time is over

    answer = person.post("/sesion/salir?todas=1")

    assert answer.status == 200
    assert person.cookies == {}
    assert len(pool.ended_everywhere) == 1
    assert elsewhere.post("/sesion/renovar").status == 401


def test_signing_out_everywhere_needs_a_session(browser: OpenBrowser, pool: UserPool) -> None:
    person = browser()
    assert person.post("/sesion/salir?todas=1").status == 401
    sign_in(person, pool)
    pool.renewals.clear()

    assert person.post("/sesion/salir?todas=1").status == 401
    assert person.cookies == {}


def test_a_sign_out_that_only_half_succeeded_everywhere_is_not_called_one(serve: Serve, browser: OpenBrowser) -> None:
    tokens = {"AccessToken": access_token(), "IdToken": token(), "ExpiresIn": 900}
    renewing = json.dumps({"AuthenticationResult": tokens}).encode()

    def behave(connection: Any) -> None:
        while request := connection.read_request():
            if "Refresh" in request.header("X-Amz-Target"):
                connection.answer(renewing, JSON)
            else:
                connection.answer(b'{"__type":"NotAuthorizedException"}', JSON, status="400 Bad Request")

    person = browser(identity=serve(behave))

    assert person.post("/sesion/salir?todas=1", headers={"Cookie": "__Host-renovacion=r"}).status == 401


@pytest.mark.parametrize("cookie", ["__Host-renovacion=r", "__Host-renovacion=r; __Host-renovacion=s", "x=y"])
def test_this_browser_is_signed_out_even_if_the_pool_does_not_answer(
    serve: Serve, browser: OpenBrowser, cookie: str
) -> None:
    person = browser(identity=serve(answering(status="500 Internal Server Error")))

    answer = person.post("/sesion/salir", headers={"Cookie": cookie})

    assert answer.status == 200
    assert attributes(answer).keys() == SESSION


def test_everywhere_is_not_promised_if_the_pool_does_not_answer(serve: Serve, browser: OpenBrowser) -> None:
    person = browser(identity=serve(answering(status="500 Internal Server Error")))

    answer = person.post("/sesion/salir?todas=1", headers={"Cookie": "__Host-renovacion=r"})

    assert (answer.status, answer.headers.get("set-cookie")) == (502, None)


# ---- other sites


@pytest.mark.parametrize("path", ["/sesion/renovar", "/sesion/salir", "/sesion/salir?todas=1"])
@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "", "same-origin,cross-site"])
def test_no_other_site_renews_or_ends_a_session(
    browser: OpenBrowser, pool: UserPool, path: str, site: str, caplog: pytest.LogCaptureFixture
) -> None:
    person = browser()
    sign_in(person, pool)
    before = dict(person.cookies)

    answer = person.post(
        path, site=site, body="a=b", content_type="application/x-www-form-urlencoded", headers={"Origin": ORIGIN}
    )

    assert answer.status == 403
    assert (person.cookies, len(pool.renewals)) == (before, 1)
    assert refusals(caplog) == ["cross_site"]


# ---- what is told


def test_no_log_line_names_a_person_a_token_or_a_code(
    browser: OpenBrowser, pool: UserPool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    person = browser()
    sign_in(person, pool)
    kept = dict(person.cookies)
    person.post("/sesion/renovar")
    sign_in(person, pool, code="a-code-to-look-for")
    person.post("/sesion/salir?todas=1")

    lines = [f"{record.getMessage()} {vars(record)}" for record in caplog.records if not record.name.startswith("http")]
    secrets = ["rrhh@example.com", "Rosa", "a-code-to-look-for", "eyJ", *kept.values()]
    assert lines
    assert [secret for secret in secrets if any(secret in line for line in lines)] == []


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_refusal_is_explained_in_the_persons_language(browser: OpenBrowser, language: str) -> None:
    details = {"es": "Hace falta iniciar sesión.", "en": "You need to sign in."}

    answer = browser().get("/sesion", headers={"Accept-Language": language})

    assert answer.json()["detail"] == details[language]


# ---- a demonstration


def test_in_a_demonstration_there_is_nobody_and_everything_is_allowed() -> None:
    with composed("http://127.0.0.1:9", "http://127.0.0.1:9"):
        person = Browser(through("alb_multi"))
        document = person.get("/sesion").json()
        answers = [
            person.get("/sesion/entrar"),
            person.get("/sesion/vuelta"),
            person.post("/sesion/renovar"),
            person.post("/sesion/salir"),
        ]

    assert (document["demo"], document["grupos"], document["caduca_en"]) == (True, ["admin"], None)
    assert [answer.status for answer in answers] == [404] * 4
