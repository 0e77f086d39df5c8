"""Whose token reaches the APIs, and which requests reach no API."""

import pytest

from chalicelib.web.proxy import PROXIED_ROUTES
from chalicelib.web.session import ACCESS, ENTRY, MAX_COOKIE_BYTES, PERSON, RENEWAL, STEP_UP
from tests.unit.bff_app.composition import DOORS, ORIGIN, Answers, compose, refusals
from tests.unit.bff_app.user_pool import access_token

TOKEN = access_token()
SIGNED_IN = {"Cookie": f"theme=dark; __Host-acceso={TOKEN}; x=y"}
ROUTES = [(method, path.replace("{id}", "7")) for path, (_, methods) in PROXIED_ROUTES.items() for method in methods]


@pytest.fixture
def crud():
    return Answers()


def tokens(upstream):
    """The values of ``Authorization`` that it received, one after the other."""
    return [value for each in upstream.received for name, value in each.headers if name == "Authorization"]


def test_the_cookie_becomes_a_bearer_token_but_a_programs_own_token_comes_first(browser, crud):
    both = {"Authorization": "Bearer a.b.c", "Cookie": f"__Host-acceso={TOKEN}; __Host-acceso=" + "x" * 9000}
    for door in DOORS:
        assert browser(crud, door=door).get("/empleados", headers=SIGNED_IN).status == 200, door
    assert browser(crud).post("/empleados", json={}, site="cross-site", headers=both).status == 200
    assert tokens(crud) == [*[f"Bearer {TOKEN}"] * len(DOORS), "Bearer a.b.c"]
    assert not any("Cookie" in dict(received.headers) for received in crud.received)


def test_a_request_without_a_session_reaches_no_route(browser, crud, caplog):
    person = browser(crud)
    answers = [person.request(method, path) for method, path in ROUTES]
    assert {(answer.status, answer.headers["www-authenticate"]) for answer in answers} == {(401, "Bearer")}
    assert crud.received == []
    assert refusals(caplog) == ["not_signed_in"] * len(ROUTES)


BAD_COOKIES = [
    f"__Host-acceso={TOKEN}; __Host-acceso={TOKEN}", f"__Host-acceso={TOKEN}; a=b; __Host-acceso=",
    *(f"__Host-acceso={value}" for value in ("a" * 8192, "", "a b", '"a"', "ñ", "a\tb", "a,b")), "__Host-acceso",
]  # fmt: skip


def test_a_cookie_that_no_sign_in_sets_is_refused_and_removed(browser, crud, caplog):
    for door in ("alb_multi", "alb_single"):
        for cookie in BAD_COOKIES:
            answer = browser(crud, door=door).get("/empleados", headers={"Cookie": cookie})
            assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json"), cookie
            dropped = [line.partition("=")[0] for line in answer.headers.getlist("set-cookie")]
            assert dropped == ["__Host-acceso", "__Host-renovacion", "__Host-persona"]
    assert crud.received == []
    assert refusals(caplog) == ["invalid_cookie"] * 2 * len(BAD_COOKIES)


def test_two_headers_with_the_same_cookie_are_two_cookies(browser, crud):
    twice = {"Cookie": [f"__Host-acceso={TOKEN}", f"__Host-acceso={TOKEN}"]}
    assert browser(crud).get("/empleados", headers=twice).status == 400


def test_a_name_that_only_looks_like_ours_is_another_cookie(browser, crud):
    """A sibling host may set it: browsers see a name without the prefix, and promise nothing."""
    person = browser(crud)
    for space in ("\u00a0", "\u0085", "\u2000", "\u3000", "\x0b", "\x1c", "\ufeff"):
        planted = f"{space}__Host-acceso={access_token(username='attacker')}"
        assert person.get("/empleados", headers={"Cookie": planted}).status == 401
        assert person.get("/empleados", headers={"Cookie": f"{planted}; __Host-acceso={TOKEN}"}).status == 200
    assert set(tokens(crud)) == {f"Bearer {TOKEN}"}


def test_only_our_own_host_can_set_a_cookie_and_it_is_as_long_as_a_browser_allows():
    assert all(cookie.name.startswith("__Host-") for cookie in (ACCESS, ENTRY, PERSON, RENEWAL, STEP_UP))
    longest = "a" * (MAX_COOKIE_BYTES - len(ACCESS.name))
    assert ACCESS.read({"Cookie": f"{ACCESS.name}={longest}"}) == longest
    assert not ACCESS.fits(f"{longest}a")


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site", "Origin": ORIGIN}, {"Sec-Fetch-Site": "none"},
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": f"{ORIGIN}.evil.example"}, {},
]  # fmt: skip


def test_our_own_page_changes_things_and_no_form_of_another_site(browser, crud):
    person = browser(crud)
    form = {"body": "nombre=Ana", "content_type": "application/x-www-form-urlencoded"}
    for headers in FOREIGN:
        for method, path in ROUTES:
            if method != "GET":
                answer = person.request(method, path, site=None, headers={**SIGNED_IN, **headers}, **form)
                assert answer.status == 403, (method, path)
    assert crud.received == []
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": ORIGIN}):
        answer = person.request("PUT", "/empleados/7", site=None, json={}, headers={**SIGNED_IN, **headers})
        assert answer.status == 200


def test_a_token_that_the_authorizer_refuses_is_a_problem_without_its_reason(browser, caplog):
    challenge = 'www-authenticate: Bearer scope="" error="invalid_token" error_description="the token has expired"'
    authorizer = Answers(b'{"message":"Unauthorized"}', challenge, status=401)
    answer = browser(authorizer).get("/empleados", headers=SIGNED_IN)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert b"expired" not in answer.body
    assert refusals(caplog) == ["invalid_token"]


def test_open_routes_and_a_demonstration_ask_for_no_credentials(browser, crud):
    bad = {"Cookie": BAD_COOKIES[0]}
    person = browser(crud)
    assert [person.get(path, headers=bad).status for path in ("/health", "/")] == [200, 200]
    assert compose(crud).post("/empleados", json={}, headers=bad).status == 200
    assert tokens(crud) == []
