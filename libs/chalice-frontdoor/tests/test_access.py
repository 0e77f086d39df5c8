"""Access by the claims of the token and the rules; closed by default."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_frontdoor import ANYBODY, Access, FrontDoor, cognito_reader
from chalice_frontdoor.testing.claims import CLIENT_ID, person, program
from chalice_frontdoor.testing.client import Client

READER, WRITER, OWNER = ROLES = ("lector", "rrhh", "admin")
READ_CALLER = cognito_reader("directorio")
RULES = {("GET", "/leer"): READER, ("POST", "/leer"): WRITER, ("GET", "/borrar"): OWNER, ("GET", "/abierta"): ANYBODY}
#: Doors whose event has the claims of an authorizer.
DOORS = ("http_api_1", "http_api_2", "http_api_2_stage", "http_api_2_routes", "rest")
#: Chalice's server decodes tokens, and verifies none.
NO_AUTHORIZER = ("alb_multi", "alb_single", "function_url", "lattice", "chalice_local")


def make_app(*, is_demo=False):
    app = FrontDoor("access", languages=("es", "en"))
    anonymous = "anonymous" if is_demo else None
    app.register_middleware(Access(ROLES, RULES, read_caller=READ_CALLER, anonymous=lambda: anonymous), "http")

    @app.route("/leer", methods=["GET", "POST"])
    def read():
        return {"name": app.caller.name, "roles": sorted(app.caller.roles)}

    app.route("/borrar")(dict)
    app.route("/abierta")(lambda: {"has_caller": hasattr(app, "caller")})
    app.route("/olvidada")(lambda: pytest.fail("no rule names it"))
    return app


APP = make_app()
ACCESS = Access(ROLES, RULES, read_caller=READ_CALLER)


def reasons(caplog):
    return [record.refusal for record in caplog.records if hasattr(record, "refusal")]


def test_each_role_may_do_what_the_weaker_ones_may():
    expected = {"lector": (200, 403, 403), "rrhh": (200, 200, 403), "admin": (200, 200, 200)}
    for door in DOORS:
        for role, statuses in expected.items():
            client = Client(APP, door, role=role)
            assert (client.get("/leer").status, client.post("/leer").status, client.get("/borrar").status) == statuses


def test_without_a_token_only_open_routes_answer(caplog):
    for door in (*DOORS, *NO_AUTHORIZER):
        # Doors without an authorizer drop the role.
        client = Client(APP, door, role="admin" if door in NO_AUTHORIZER else None)
        assert client.get("/abierta").json() == {"has_caller": False}
        answer = client.get("/leer", headers={"Authorization": "Bearer x", "claims": json.dumps(person("admin"))})
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(reasons(caplog)) == {"no_token"}


@pytest.mark.parametrize(
    ("claims", "name", "roles"),
    [
        (person("rrhh", username="ana@example.com"), "ana@example.com", ["lector", "rrhh"]),
        (person("lector", "admin"), "lector@example.com", ["admin", "lector", "rrhh"]),
        ({**person(), "cognito:groups": ["rrhh", "otros"]}, "unnamed@example.com", ["lector", "rrhh"]),
        (program("directorio/lector"), CLIENT_ID, ["lector"]),
        (program("otra/admin", "directorio/rrhh"), CLIENT_ID, ["lector", "rrhh"]),
    ],
)
def test_views_know_who_calls(claims, name, roles):
    assert Client(APP, claims=claims).get("/leer").json() == {"name": name, "roles": roles}


@pytest.mark.parametrize(
    "claims",
    [
        *({**person("admin"), "token_use": other} for other in ("id", None)),
        *({**person("admin"), "client_id": other} for other in ("", None)),
        *({**person("admin"), "username": other} for other in ("", ["ana"])),
        {**program("directorio/admin"), "sub": "another"},
        {"cognito:groups": "[admin]"}, {"scope": "directorio/admin"},
    ],
)  # fmt: skip
def test_what_is_not_an_access_token_is_refused(claims, caplog):
    answer = Client(APP, claims=claims).get("/leer", headers={"Accept-Language": "en"})
    assert (answer.status, answer.json()["detail"]) == (401, "You need to sign in.")
    assert reasons(caplog) == ["invalid_token"]


@pytest.mark.parametrize(
    "claims",
    [
        person(), person("jefes"), person("ADMIN"), person("[admin]"),
        *(
            {**person(), "cognito:groups": groups}
            for groups in ("admin", "[admin", "[admin,rrhh]", {"admin": True}, [["admin"], 7, None])
        ),
        {**person(), "scope": "directorio/admin"},
        program(), program("admin"), program("otra/admin"), program("directorio/admin/"), program("directorio/"),
        {**program(), "cognito:groups": "[admin]"}, {**program(), "scope": ["directorio/admin"]},
    ],
)  # fmt: skip
def test_groups_and_scopes_that_do_not_exist_give_nothing(claims, caplog):
    answer = Client(APP, claims=claims).get("/leer", headers={"Accept-Language": "en"})
    assert (answer.status, answer.json()["detail"]) == (403, "You are not allowed to do this.")
    assert reasons(caplog) == ["no_role"]


claim_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["access", "admin", "[admin]", "c"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
claim_names = st.sampled_from(["token_use", "client_id", "username", "sub", "cognito:groups", "scope"])


@given(st.dictionaries(claim_names, claim_values))
def test_any_claims_grant_only_what_they_say(claims):
    if (caller := READ_CALLER(claims)) is None:
        return
    assert claims["token_use"] == "access"
    assert caller.name in {claims.get("username"), claims["client_id"]}
    groups, scope = claims.get("cognito:groups"), claims.get("scope")
    said = groups if isinstance(groups, list) else [groups, scope]
    assert not caller.roles or {"admin", "[admin]"} & {each for each in said if isinstance(each, str)}


@given(st.lists(st.text(st.characters(exclude_characters=" ", exclude_categories=["Cs"]), min_size=1)))
def test_a_list_of_groups_and_its_text_give_the_same_roles(groups):
    as_list, as_text = {**person(), "cognito:groups": groups}, {**person(), "cognito:groups": f"[{' '.join(groups)}]"}
    assert READ_CALLER(as_list) == READ_CALLER(as_text)


def test_a_refusal_is_a_warning_with_its_reason_and_names_no_caller(caplog):
    for claims, path in (
        (person("lector"), "/borrar"),
        (person(username="ana"), "/leer"),
        (person("admin"), "/olvidada"),
    ):
        answer = Client(APP, claims=claims).get(path)
        assert (answer.status, b"admin" in answer.body) == (403, False)
    assert reasons(caplog) == ["insufficient_role", "no_role", "no_rule"]
    (record,) = [each for each in caplog.records if getattr(each, "refusal", "") == "no_role"]
    assert (record.levelname, record.method, record.route) == ("WARNING", "GET", "/leer")
    assert "ana" not in caplog.text


def test_an_unknown_path_reveals_nothing_without_a_token():
    outside, inside = Client(APP), Client(APP, role="lector")
    for method, path in (("GET", "/nada"), ("PATCH", "/leer"), ("OPTIONS", "/leer"), ("GET", "/leer/")):
        assert outside.request(method, path).status == 401
    assert inside.get("/nada").status == 404
    assert inside.request("PATCH", "/leer").status == 405
    assert inside.options("/leer").status == 204


def test_the_methods_of_an_open_path_are_open_too_and_head_needs_what_get_needs():
    client = Client(APP)
    statuses = [client.request(method, "/abierta").status for method in ("HEAD", "OPTIONS", "POST")]
    assert statuses == [200, 204, 405]
    assert (client.head("/borrar").status, Client(APP, role="lector").head("/borrar").status) == (401, 403)


def test_a_preflight_needs_no_token():
    app = make_app()
    app.route("/leer", methods=["PUT"], cors=True, name="cambiar")(dict)
    answer = Client(app).options("/leer")
    assert (answer.status, answer.headers["Access-Control-Allow-Methods"]) == (204, "OPTIONS, PUT")
    assert Client(app).put("/leer", json={}).status == 401


def test_a_demonstration_allows_everything_to_every_caller():
    client = Client(make_app(is_demo=True))
    assert client.post("/leer").json() == {"name": "anonymous", "roles": ["admin", "lector", "rrhh"]}
    assert client.get("/borrar").status == 200


@pytest.mark.parametrize(
    ("door", "authorizer", "status"),
    [
        ("http_api_2", {"authorizer": {"claims": person("lector")}}, 403),
        ("http_api_2", {}, 200),
        ("chalice_local", {}, 401),  # a copy of claims that the door has not verified
    ],
)
def test_claims_that_a_middleware_replaced_are_the_ones_that_count(door, authorizer, status):
    app = FrontDoor("replaced")

    @app.middleware("http")
    def change(request, get_response):
        request.context = {**request.context, **authorizer}
        return get_response(request)

    app.register_middleware(ACCESS, "http")
    app.route("/borrar", methods=["GET"])(dict)
    assert Client(app, door, role="admin").get("/borrar").status == status
