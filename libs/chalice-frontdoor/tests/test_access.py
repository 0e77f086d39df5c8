"""Access by the claims of the token and the rules; closed by default."""

import json

import pytest

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


def with_each(claims, name, *values):
    return [{**claims, name: value} for value in values]


NO_ACCESS_TOKENS = [
    *with_each(person("admin"), "token_use", "id", None, ["access"]),
    *with_each(person("admin"), "client_id", "", None, 7),
    *with_each(person("admin"), "username", "", None, ["ana"], {"a": 1}),
    *with_each(program("directorio/admin"), "sub", "another", None),
    {"cognito:groups": "[admin]"}, {"scope": "directorio/admin"},
]  # fmt: skip
NO_ROLES = [
    person(), person("jefes"), person("ADMIN"), person("[admin]"), {**person(), "scope": "directorio/admin"},
    *with_each(person(), "cognito:groups", "admin", "[admin", "[admin,rrhh]", "", None, 7, {"admin": True}),
    *with_each(person(), "cognito:groups", [["admin"], 7, None, "", {}], ["otros"]),
    program(), program("admin"), program("otra/admin"), program("directorio/admin/"), program("directorio/"),
    *with_each(program(), "scope", ["directorio/admin"], None, 7), {**program(), "cognito:groups": "[admin]"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("claims", "status", "reason"),
    [
        *((claims, 401, "invalid_token") for claims in NO_ACCESS_TOKENS),
        *((claims, 403, "no_role") for claims in NO_ROLES),
    ],
)
def test_groups_and_scopes_that_do_not_exist_give_nothing(claims, status, reason, caplog):
    answer = Client(APP, claims=claims).get("/leer", headers={"Accept-Language": "en"})
    details = {401: "You need to sign in.", 403: "You are not allowed to do this."}
    assert (answer.status, answer.json()["detail"]) == (status, details[status])
    assert reasons(caplog) == [reason]


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


@pytest.mark.parametrize(
    ("method", "path", "outside", "reader"),
    [
        ("GET", "/nada", 401, 404), ("PATCH", "/leer", 401, 405), ("OPTIONS", "/leer", 401, 204),
        ("GET", "/leer/", 401, 200), ("HEAD", "/leer", 401, 200), ("HEAD", "/borrar", 401, 403),
        ("HEAD", "/abierta", 200, 200), ("OPTIONS", "/abierta", 204, 204), ("POST", "/abierta", 405, 405),
    ],
)  # fmt: skip
def test_an_unknown_path_and_the_methods_of_a_closed_one_reveal_nothing_without_a_token(method, path, outside, reader):
    statuses = [Client(APP, role=role).request(method, path).status for role in (None, "lector")]
    assert statuses == [outside, reader]


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


def test_claims_that_a_middleware_replaced_are_the_ones_that_count():
    for door, authorizer, status in (
        ("http_api_2", {"authorizer": {"claims": person("lector")}}, 403),
        ("http_api_2", {}, 200),
        ("chalice_local", {}, 401),  # a copy of claims that the door has not verified
    ):
        app = FrontDoor("replaced")

        @app.middleware("http")
        def change(request, get_response, authorizer=authorizer):
            request.context = {**request.context, **authorizer}
            return get_response(request)

        app.register_middleware(ACCESS, "http")
        app.route("/borrar", methods=["GET"])(dict)
        assert Client(app, door, role="admin").get("/borrar").status == status
