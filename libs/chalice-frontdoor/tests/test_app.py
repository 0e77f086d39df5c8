"""What the app does between the event and the response: routes, methods, middleware, CORS, ids."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from chalice import Blueprint, CORSConfig, IAMAuthorizer, Response
from chalice.app import Chalice, ChaliceUnhandledError, ConvertToMiddleware, Request

from chalice_frontdoor import FrontDoor, Problem
from chalice_frontdoor.testing.client import Client, LambdaContext
from chalice_frontdoor.testing.events import (
    DOORS,
    FUNCTION_URL_REQUEST_ID,
    HTTP_API_REQUEST_ID,
    LAMBDA_REQUEST_ID,
    REST_REQUEST_ID,
    Wire,
    event_for,
    rest_event,
)
from sample_app import app_that_answers, app_with, make_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_frontdoor.request import FrontDoorRequest


# ---- methods


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/health", "GET, HEAD, OPTIONS"),
        ("/empleados", "GET, HEAD, OPTIONS, POST"),
        ("/empleados/7", "DELETE, GET, HEAD, OPTIONS, PUT"),
    ],
)
def test_a_method_that_the_route_lacks_is_405_with_those_that_it_has(path: str, allowed: str) -> None:
    for door in DOORS:
        for method in ("PATCH", "BREW", "get"):
            answer = Client(make_app(), door).request(method, path)
            assert (answer.status, answer.headers["Allow"]) == (405, allowed)


def test_options_tells_the_methods() -> None:
    for door in DOORS:
        answer = Client(make_app(), door).options("/empleados")
        assert (answer.status, answer.body, answer.headers["Allow"]) == (204, b"", "GET, HEAD, OPTIONS, POST")
        assert "Access-Control-Allow-Methods" not in answer.headers


def test_a_route_without_get_has_no_head() -> None:
    client = Client(app_with(dict, methods=["POST"]))
    assert client.head("/vista").status == 405
    assert client.options("/vista").headers["Allow"] == "OPTIONS, POST"


def test_a_view_of_its_own_for_head_and_options_is_called() -> None:
    client = Client(app_with(lambda: Response(None, {"X-Dato": "propia"}), methods=["HEAD", "OPTIONS"]))
    for answer in (client.head("/vista"), client.options("/vista")):
        assert (answer.status, answer.headers["X-Dato"]) == (200, "propia")


def test_a_template_that_lost_its_routes_is_404() -> None:
    """Whoever looks a template up by index adds it to Chalice's table."""
    app = make_app()
    assert app.routes["/fantasma"] == {}
    assert Client(app).get("/fantasma").status == 404
    assert Client(app).get("/empleados").status == 200


def test_a_route_that_is_added_later_is_found() -> None:
    app = make_app()
    assert Client(app).get("/tarde").status == 404
    app.route("/tarde")(dict)
    assert Client(app).get("/tarde").status == 200


def test_a_blueprint_is_part_of_the_app() -> None:
    blueprint = Blueprint("parte")

    @blueprint.route("/{id}")
    def view(id: str) -> dict[str, Any]:  # noqa: A002 - the route's parameter
        return {"id": id, "path": blueprint.current_request.path, "app": blueprint.current_app.request_id}

    app = make_app()
    app.register_blueprint(blueprint, url_prefix="/parte")
    answer = Client(app, "alb_multi").get("/parte/7")
    assert answer.json() == {"id": "7", "path": "/parte/{id}", "app": LAMBDA_REQUEST_ID}


# ---- content types


@pytest.mark.parametrize(
    ("content_types", "content_type", "body", "status"),
    [
        (["application/json"], "application/json", b"{}", 200),
        (["application/json"], "Application/Json; charset=utf-8", b"{}", 200),
        (["application/json"], None, b"{}", 200),
        (["application/json"], "text/plain", b"{}", 415),
        (["application/json"], "", b"{}", 415),
        (["application/json"], "text/plain", b"", 200),
        (["Text/CSV", "application/json"], "text/csv", b"a;b", 200),
        (["*/*"], "image/png", b"a", 200),
        ([], "image/png", b"a", 200),
    ],
)
def test_a_body_of_a_type_that_the_route_does_not_take_is_415(
    content_types: list[str],
    content_type: str | None,
    body: bytes,
    status: int,
) -> None:
    app = app_with(dict, content_types=content_types)
    answer = Client(app).post("/vista", body=body, content_type=content_type)
    assert answer.status == status
    assert answer.headers.get("Accept") == ("application/json" if status == 415 else None)


# ---- middleware


def app_with_middleware(*functions: Callable[[Any, Any], Any], view: Callable[[], object] = dict) -> FrontDoor:
    app = app_with(view)
    for function in functions:
        app.register_middleware(function, "http")
    return app


def test_middleware_runs_in_the_order_of_registration() -> None:
    calls = []

    def outer(request: Any, get_response: Any) -> Any:
        calls.append("outer")
        return get_response(request)

    def inner(request: Any, get_response: Any) -> Any:
        calls.append("inner")
        return get_response(request)

    app = app_with_middleware(outer, inner)
    app.register_middleware(lambda _event, _get_response: pytest.fail("for queues only"), "sqs")
    assert Client(app).get("/vista").status == 200
    assert calls == ["outer", "inner"]


@pytest.mark.parametrize("path", ["/vista", "/nada"])
def test_middleware_sees_every_answer_and_can_change_it(path: str) -> None:
    def secure(request: Any, get_response: Any) -> Any:
        response = get_response(request)
        response.headers["X-Dato"] = request.path
        return response

    answer = Client(app_with_middleware(secure)).get(path)
    assert answer.headers["X-Dato"] == {"/vista": "/vista", "/nada": "$default"}[path]


def test_middleware_sees_a_views_error_as_a_response() -> None:
    statuses = []

    def note(request: Any, get_response: Any) -> Any:
        response = get_response(request)
        statuses.append(response.status_code)
        return response

    assert Client(app_with_middleware(note, view=lambda: 1 / 0)).get("/vista").status == 500
    assert statuses == [500]


def test_middleware_may_handle_what_chalice_lets_through() -> None:
    class BusyError(ChaliceUnhandledError):
        pass

    def fail() -> None:
        raise BusyError

    def calm(request: Any, get_response: Any) -> Any:
        try:
            return get_response(request)
        except BusyError:
            return {"espere": True}

    assert Client(app_with_middleware(calm, view=fail)).get("/vista").json() == {"espere": True}


@pytest.mark.parametrize(("error", "status"), [(Problem(429), 429), (KeyError("clave"), 409), (OSError(), 500)])
def test_an_error_of_a_middleware_is_explained_like_a_views(error: Exception, status: int) -> None:
    def fail(_request: object, _get_response: object) -> None:
        raise error

    app = app_with_middleware(fail)
    app.register_problems({KeyError: Problem(409)})
    assert Client(app).get("/vista").status == status


def test_a_wrapper_of_lambda_handlers_gets_the_doors_event() -> None:
    seen = []

    def trace(handler: Any) -> Any:
        def wrapped(event: Any, context: Any) -> Any:
            seen.append((event, context))
            return handler(event, context)

        return wrapped

    app = app_with(dict)
    app.register_middleware(ConvertToMiddleware(trace))
    event, context = event_for("alb_multi", Wire("GET", "/vista")), LambdaContext()
    assert app(event, context)["statusCode"] == 200
    assert seen == [(event, context)]


# ---- CORS

CORS = CORSConfig(allow_origin="https://example.com", max_age=600, allow_credentials=True)


def test_a_preflight_is_answered() -> None:
    """powertools#4327: in multi-value mode too."""
    for door in DOORS:
        headers = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST"}
        answer = Client(app_with(dict, cors=CORS), door).options("/vista", headers=headers)
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "https://example.com"
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS, POST"
        assert answer.headers["Access-Control-Max-Age"] == "600"
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("view", [dict, lambda: 1 / 0, lambda: {1, 2}])
def test_every_answer_of_a_route_with_cors_can_be_read_by_the_page(view: Callable[[], object]) -> None:
    client = Client(app_with(view, cors=True))
    for method in ("GET", "PATCH"):
        assert client.request(method, "/vista").headers["Access-Control-Allow-Origin"] == "*"


def test_a_view_may_say_its_own_origin() -> None:
    app = app_with(lambda: Response({}, {"access-control-allow-origin": "https://otro.example"}), cors=CORS)
    assert Client(app).get("/vista").headers.getlist("Access-Control-Allow-Origin") == ["https://otro.example"]


def test_a_route_without_cors_says_nothing_of_it() -> None:
    assert not [name for name in Client(app_with(dict)).get("/vista").headers if name.startswith("access-control")]


# ---- authorizers

ENFORCED_ELSEWHERE = {"rest", "chalice_local"}


def test_a_route_with_an_authorizer_is_closed_where_the_door_asks_none() -> None:
    for door in DOORS:
        client = Client(app_with(dict, authorizer=IAMAuthorizer()), door)
        assert client.get("/vista").status == (200 if door in ENFORCED_ELSEWHERE else 401)


def test_a_route_with_an_authorizer_is_open_to_a_verified_token() -> None:
    for door in [door for door in DOORS if door.startswith("http_api")]:
        app = app_with(dict, authorizer=IAMAuthorizer())
        assert Client(app, door, claims={"sub": "7"}).get("/vista").status == 200


# ---- ids and per-request state

OWN_IDS = {
    "alb_multi": LAMBDA_REQUEST_ID,
    "alb_single": LAMBDA_REQUEST_ID,
    "function_url": FUNCTION_URL_REQUEST_ID,
    "rest": REST_REQUEST_ID,
    "chalice_local": LAMBDA_REQUEST_ID,
}


@pytest.mark.parametrize("sent", ["", "con espacio", "x" * 129, "a,b", "ñ", '"a"'])
def test_a_request_without_a_good_id_gets_the_doors(sent: str) -> None:
    for door in DOORS:
        answer = Client(make_app(), door).get("/empleados", headers={"X-Request-Id": sent})
        expected = OWN_IDS.get(door, HTTP_API_REQUEST_ID)
        assert answer.headers["X-Request-Id"] == answer.json()["request_id"] == expected


@pytest.mark.parametrize("sent", ["x", "x" * 128, "Root=1-5c53;Sampled".replace(";", ":"), "a/b+c=.~_-@"])
def test_a_good_id_of_the_caller_is_kept(sent: str) -> None:
    for door in DOORS:
        answer = Client(make_app(), door).get("/empleados", headers={"x-request-ID": sent})
        assert answer.headers["X-Request-Id"] == answer.json()["request_id"] == sent


def test_an_id_of_the_door_that_could_not_be_sent_is_not_used() -> None:
    event = rest_event(Wire("GET", "/health"))
    event["requestContext"]["requestId"] = "a\r\nSet-Cookie: b=c"
    assert make_app()(event, LambdaContext())["headers"]["X-Request-Id"] == LAMBDA_REQUEST_ID


@pytest.mark.parametrize("context", [None, object()])
def test_a_request_that_nobody_numbered_has_a_placeholder(context: object) -> None:
    assert make_app()(event_for("alb_single", Wire("GET", "/health")), context)["headers"]["X-Request-Id"] == "-"


def test_a_view_cannot_send_another_id() -> None:
    answer = Client(app_that_answers({}, {"x-request-id": "otro"})).get("/vista", headers={"X-Request-Id": "mío?"})
    assert answer.headers.getlist("X-Request-Id") == [HTTP_API_REQUEST_ID]


@pytest.mark.parametrize("name", ["request_id", "language", "current_request"])
def test_outside_a_request_there_is_none(name: str) -> None:
    app = make_app()
    with pytest.raises(RuntimeError, match="No HTTP request is being handled"):
        getattr(app, name)
    Client(app).get("/empleados")
    with pytest.raises(RuntimeError, match="No HTTP request is being handled"):
        getattr(app, name)


def test_the_view_is_told_how_long_lambda_will_wait() -> None:
    app = make_app()

    @app.route("/plazo")
    def plazo() -> int:
        left: int = app.lambda_context.get_remaining_time_in_millis()
        return left

    assert app.lambda_context is None
    assert Client(app).get("/plazo").json() == 20_000


def test_the_request_is_chalices() -> None:
    """It sets Chalice's attributes itself: it may miss none, nor hide one from ``to_dict()``, which is for JSON."""
    requests: list[FrontDoorRequest] = []
    app = app_with(lambda: requests.append(app.current_request))
    Client(app).get("/vista?q=a", headers={"X-Request-Id": "uno"})
    (ours,) = requests
    event = {
        "multiValueQueryStringParameters": {"q": ["a"]},
        "headers": ours.headers,
        "pathParameters": {},
        "body": None,
        "stageVariables": None,
        "requestContext": {**ours.context, "httpMethod": "GET", "resourcePath": "/vista"},
    }
    theirs = Request(event).to_dict()
    told = json.loads(json.dumps(ours.to_dict()))
    assert {name: told[name] for name in theirs} == theirs
    assert told["request_id"] == "uno"
    assert (ours.raw_body, ours.to_original_event()["rawPath"]) == (b"", "/vista")


def test_middleware_may_change_what_the_door_found_out() -> None:
    app = app_with(lambda: app.current_request.context["identity"])

    @app.middleware("http")
    def replace(request: FrontDoorRequest, get_response: Callable[[FrontDoorRequest], Response]) -> Response:
        request.context = {**request.context, "identity": {"sourceIp": "hidden"}}
        return get_response(request)

    assert Client(app).get("/vista").json() == {"sourceIp": "hidden"}


# ---- the same as Chalice, where Chalice answers


@pytest.mark.parametrize("path", ["/", "/empleados", "/empleados/7", "/empleados/7/eventos?q=a&q=b"])
def test_a_rest_event_is_answered_as_chalice_does(path: str) -> None:
    """The same views, registered with plain Chalice."""

    def register(app: Chalice) -> Chalice:
        def view(**parameters: str) -> Response:
            request = app.current_request
            assert request is not None
            query = request.query_params
            body = {
                "parameters": parameters,
                "path": request.path,
                "method": request.method,
                "query": query and {name: query.getlist(name) for name in query},
                "uri_params": request.uri_params or {},
            }
            return Response(body, {"X-Dato": "a", "Content-Type": "application/json"}, 201)

        for template in ("/", "/empleados", "/empleados/{id}", "/empleados/{id}/eventos"):
            app.route(template, cors=True, name=template)(view)
        return app

    ours = register(FrontDoor("sample", configure_logs=False))
    chalices = register(Chalice("plain", configure_logs=False, env={}))
    path, _, query = path.partition("?")
    event = rest_event(Wire("GET", path, query), tuple(ours.routes))
    expected, found = chalices(event, LambdaContext()), ours(event, LambdaContext())
    assert found["body"] == expected["body"]
    assert found["statusCode"] == expected["statusCode"]
    del found["headers"]["X-Request-Id"]
    assert found["headers"] == expected["headers"]


class FakeSnapshots:
    """Lambda's library, as far as an app uses it."""

    def __init__(self) -> None:
        self.before: list[object] = []
        self.after: list[object] = []
        self.register_before_snapshot = self.before.append
        self.register_after_restore = self.after.append


def test_on_snapshot_registers_what_lambda_calls(monkeypatch):
    snapshots = FakeSnapshots()
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", snapshots)
    FrontDoor("sample").on_snapshot(before=list, after=dict)
    assert (snapshots.before, snapshots.after) == ([list], [dict])


def test_on_snapshot_does_nothing_where_there_is_no_such_thing(monkeypatch):
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)
    FrontDoor("sample").on_snapshot(before=list, after=dict)
