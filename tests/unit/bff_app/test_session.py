"""Whose token reaches the APIs, and which requests reach nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_frontdoor.testing.events import DOORS
from chalicelib.web.proxy import PROXIED_ROUTES, ProxiedRoute
from chalicelib.web.session import ACCESS, ENTRY, MAX_COOKIE_BYTES, SESSION_COOKIES, CookieRefused
from tests.unit.bff_app.browser import ORIGIN, Browser
from tests.unit.bff_app.composition import composed, through
from tests.unit.bff_app.servers import Server, answering
from tests.unit.bff_app.user_pool import access_token

if TYPE_CHECKING:
    from collections.abc import Callable

    Serve = Callable[..., Server]
    OpenBrowser = Callable[..., Browser]

TOKEN = access_token()
SIGNED_IN = {"Cookie": f"theme=dark; __Host-acceso={TOKEN}; x=y"}
JSON = "Content-Type: application/json"
UNSAFE = [(route, method) for route in PROXIED_ROUTES for method in route.methods if method != "GET"]


@pytest.fixture
def crud(serve: Serve) -> Server:
    return serve(answering(b"[]", JSON))


def refusals(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.refusal for record in caplog.records if hasattr(record, "refusal")]


def path_of(route: ProxiedRoute) -> str:
    return route.path.replace("{id}", "7")


@pytest.mark.parametrize("door", DOORS)
def test_the_cookie_becomes_a_bearer_token_and_goes_no_further(browser: OpenBrowser, crud: Server, door: str) -> None:
    assert browser(crud, door=door).get("/empleados", headers=SIGNED_IN).status == 200

    (received,) = crud.received
    assert received.header("authorization") == f"Bearer {TOKEN}"
    assert received.header("cookie") is None


def test_a_programs_own_token_is_passed_on_and_its_cookies_count_for_nothing(
    browser: OpenBrowser, crud: Server
) -> None:
    headers = {"Authorization": "Bearer a.b.c", "Cookie": f"__Host-acceso={TOKEN}; __Host-acceso=" + "x" * 9000}

    assert browser(crud).post("/empleados", json={}, site="cross-site", headers=headers).status == 200

    assert [value for name, value in crud.received[0].headers if name.lower() == "authorization"] == ["Bearer a.b.c"]


def test_no_browser_keeps_what_the_next_person_must_not_see(serve: Serve, browser: OpenBrowser) -> None:
    careless = serve(answering(b"[]", JSON, "cache-control: public, max-age=600"))

    answer = browser(careless).get("/empleados", headers=SIGNED_IN)

    assert answer.headers.getlist("cache-control") == ["no-store"]


@pytest.mark.parametrize("route", PROXIED_ROUTES, ids=lambda route: route.path)
def test_who_is_not_signed_in_reaches_no_route(
    browser: OpenBrowser, crud: Server, route: ProxiedRoute, caplog: pytest.LogCaptureFixture
) -> None:
    person = browser(crud)

    answers = [person.request(method, path_of(route)) for method in route.methods]

    assert {(answer.status, answer.headers["www-authenticate"]) for answer in answers} == {(401, "Bearer")}
    assert crud.connections == 0
    assert refusals(caplog) == ["not_signed_in"] * len(route.methods)


@pytest.mark.parametrize("path", ["/health", "/", "/openapi.json"])
def test_what_is_open_needs_no_session(serve: Serve, browser: OpenBrowser, path: str) -> None:
    description = serve(answering(b'{"openapi":"3.1.0","paths":{}}', JSON))

    assert browser(description).get(path, headers={"Cookie": "__Host-acceso=x; __Host-acceso=x"}).status == 200


BAD_COOKIES = [
    f"__Host-acceso={TOKEN}; __Host-acceso={TOKEN}",
    f"__Host-acceso={TOKEN}; a=b; __Host-acceso=",
    f"__Host-acceso={'a' * 8192}",
    "__Host-acceso=",
    "__Host-acceso",
    "__Host-acceso=a b",
    '__Host-acceso="a"',
    "__Host-acceso=ñ",
    "__Host-acceso=a\tb",
    "__Host-acceso=a,b",
]


@pytest.mark.parametrize("cookie", BAD_COOKIES)
@pytest.mark.parametrize("door", ["alb_multi", "http_api_2"])
def test_a_cookie_that_no_sign_in_sets_is_refused_and_forgotten(
    browser: OpenBrowser, crud: Server, door: str, cookie: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = browser(crud, door=door).get("/empleados", headers={"Cookie": cookie})

    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert crud.connections == 0
    assert refusals(caplog) == ["invalid_cookie"]
    assert [line.partition("=")[0] for line in answer.headers.getlist("set-cookie")] == [
        "__Host-acceso",
        "__Host-renovacion",
        "__Host-persona",
    ]


def test_two_headers_with_the_same_cookie_are_two_cookies(browser: OpenBrowser, crud: Server) -> None:
    twice = {"Cookie": [f"__Host-acceso={TOKEN}", f"__Host-acceso={TOKEN}"]}

    assert browser(crud).get("/empleados", headers=twice).status == 400


@pytest.mark.parametrize("space", ["\u00a0", "\u0085", "\u2000", "\u3000", "\x0b", "\x1c", "\ufeff"])
def test_a_name_that_only_looks_like_ours_is_another_cookie(browser: OpenBrowser, crud: Server, space: str) -> None:
    """A site beside ours may set it: browsers see a name without the prefix, and promise nothing."""
    slipped_in = f"{space}__Host-acceso={access_token(username='attacker')}"

    assert browser(crud).get("/empleados", headers={"Cookie": slipped_in}).status == 401
    assert browser(crud).get("/empleados", headers={"Cookie": f"{slipped_in}; __Host-acceso={TOKEN}"}).status == 200
    assert [request.header("authorization") for request in crud.received] == [f"Bearer {TOKEN}"]


def test_only_our_own_host_can_set_any_of_the_cookies() -> None:
    assert all(cookie.name.startswith("__Host-") for cookie in (*SESSION_COOKIES, ENTRY))


@given(st.text(max_size=60) | st.text("_Host-aceso=; x", max_size=80))
def test_a_cookie_is_read_or_refused_whatever_the_header_holds(header: str) -> None:
    try:
        value = ACCESS.read(header)
    except CookieRefused:
        return
    assert value is None or f"{ACCESS.name}={value}" in header


def test_a_cookie_is_as_long_as_a_browser_lets_it_be() -> None:
    longest = "a" * (MAX_COOKIE_BYTES - len(ACCESS.name))

    assert ACCESS.read(f"{ACCESS.name}={longest}") == longest
    assert not ACCESS.fits(f"{longest}a")


@pytest.mark.parametrize(("route", "method"), UNSAFE, ids=lambda value: getattr(value, "path", value))
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": ORIGIN},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{ORIGIN}.evil.example"},
        {},
    ],
)
def test_no_other_sites_form_changes_anything(
    browser: OpenBrowser, crud: Server, route: ProxiedRoute, method: str, headers: dict[str, str]
) -> None:
    answer = browser(crud).request(
        method,
        path_of(route),
        site=None,
        body="nombre=Ana",
        content_type="application/x-www-form-urlencoded",
        headers={**SIGNED_IN, **headers},
    )

    assert answer.status == 403
    assert crud.connections == 0


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": ORIGIN}])
def test_our_own_page_changes_things(browser: OpenBrowser, crud: Server, headers: dict[str, str]) -> None:
    answer = browser(crud).request("PUT", "/empleados/7", site=None, json={}, headers={**SIGNED_IN, **headers})

    assert answer.status == 200


def test_what_the_authorizer_refuses_is_a_problem_that_tells_nothing(
    serve: Serve, browser: OpenBrowser, caplog: pytest.LogCaptureFixture
) -> None:
    authorizer = serve(
        answering(
            b'{"message":"Unauthorized"}',
            JSON,
            'www-authenticate: Bearer scope="" error="invalid_token" error_description="the token has expired"',
            status="401 Unauthorized",
        )
    )

    answer = browser(authorizer).get("/empleados", headers=SIGNED_IN)

    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert b"expired" not in answer.body
    assert refusals(caplog) == ["invalid_token"]


def test_what_the_app_behind_refuses_is_told_in_its_own_words(serve: Serve, browser: OpenBrowser) -> None:
    problem = b'{"status":403,"detail":"No tiene permiso para hacer esto."}'
    app = serve(answering(problem, "Content-Type: application/problem+json", status="403 Forbidden"))

    answer = browser(app).get("/cola", headers=SIGNED_IN)

    assert (answer.status, answer.body) == (403, problem)


def test_in_a_demonstration_nobody_is_asked_for_anything(crud: Server) -> None:
    with composed(crud.url, crud.url):
        answer = through("alb_multi").post("/empleados", json={}, headers={"Cookie": BAD_COOKIES[0]})

    assert answer.status == 200
    assert crud.received[0].header("authorization") is None
