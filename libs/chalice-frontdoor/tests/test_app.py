"""What the app does between the event and the response: routes, methods, middleware, CORS, ids."""

import inspect
import json
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from chalice import Blueprint, CORSConfig, IAMAuthorizer, Response
from chalice.app import Chalice, ChaliceUnhandledError, ConvertToMiddleware, RestAPIEventHandler

from chalice_frontdoor import FrontDoor, Problem, logs
from chalice_frontdoor.access import Caller
from chalice_frontdoor.testing.client import Client, LambdaContext
from chalice_frontdoor.testing.events import (
    DOORS,
    HTTP_API_REQUEST_ID,
    LAMBDA_REQUEST_ID,
    REST_REQUEST_ID,
    Wire,
    event_for,
    rest_event,
)
from sample_app import act, app_with, make_app


def test_a_method_that_the_route_lacks_is_405_and_options_names_those_that_it_has():
    allowed = {
        "/health": "GET, HEAD, OPTIONS",
        "/empleados": "GET, HEAD, OPTIONS, POST",
        "/empleados/7": "DELETE, GET, HEAD, OPTIONS, PUT",
    }
    for door in DOORS:
        client = Client(make_app(), door)
        assert client.get("/nada").json()["status"] == 404
        for path, methods in allowed.items():
            for method in ("PATCH", "BREW", "get"):
                answer = client.request(method, path)
                assert (answer.status, answer.json()["status"], answer.headers["Allow"]) == (405, 405, methods)
            answer = client.options(path)
            assert (answer.status, answer.body, answer.headers["Allow"]) == (204, b"", methods)
            assert "Access-Control-Allow-Methods" not in answer.headers


def test_a_view_of_its_own_for_head_and_options_is_called_and_without_get_there_is_no_head():
    client = Client(app_with(lambda: Response(None, {"X-Dato": "propia"}), methods=["HEAD", "OPTIONS"]))
    for answer in (client.head("/vista"), client.options("/vista")):
        assert (answer.status, answer.headers["X-Dato"]) == (200, "propia")
    client = Client(app_with(dict, methods=["POST"]))
    assert (client.head("/vista").status, client.options("/vista").headers["Allow"]) == (405, "OPTIONS, POST")


def test_routes_may_be_added_later_and_looking_one_up_adds_none():
    """Chalice's table is a defaultdict: a lookup by index adds an empty entry."""
    app = make_app()
    assert app.routes["/fantasma"] == {}
    assert [Client(app).get(path).status for path in ("/fantasma", "/tarde", "/empleados")] == [404, 404, 200]
    app.route("/tarde")(dict)
    assert Client(app).get("/tarde").status == 200


def test_a_blueprint_is_part_of_the_app():
    blueprint = Blueprint("parte")

    @blueprint.route("/{id}")
    def view(id):  # noqa: A002 - the route's parameter
        return {"id": id, "path": blueprint.current_request.path, "app": blueprint.current_app.request_id}

    app = make_app()
    app.register_blueprint(blueprint, url_prefix="/parte")
    answer = Client(app, "alb_multi").get("/parte/7")
    assert answer.json() == {"id": "7", "path": "/parte/{id}", "app": LAMBDA_REQUEST_ID}


@pytest.mark.parametrize(
    ("content_types", "content_type", "body", "status"),
    [
        (["application/json"], "Application/Json; charset=utf-8", b"{}", 200), (["application/json"], None, b"{}", 200),
        (["application/json"], "text/plain", b"{}", 415), (["application/json"], "", b"{}", 415),
        (["application/json"], "text/plain", b"", 415), (["text/csv"], None, b"", 200),
        (["Text/CSV", "application/json"], "text/csv", b"a;b", 200),
        (["*/*"], "image/png", b"a", 200), ([], "image/png", b"a", 200),
    ],
)  # fmt: skip
def test_a_body_of_a_type_that_the_route_does_not_take_is_415(content_types, content_type, body, status):
    answer = Client(app_with(dict, content_types=content_types)).post("/vista", body=body, content_type=content_type)
    assert answer.status == status
    assert answer.headers.get("Accept") == ("application/json" if status == 415 else None)


# ---- middleware


def test_middleware_runs_in_the_order_of_registration_and_for_http_only():
    calls, app = [], app_with(dict)
    app.register_middleware(lambda request, get_response: calls.append("outer") or get_response(request), "http")
    app.register_middleware(lambda request, get_response: calls.append("inner") or get_response(request), "http")
    app.register_middleware(lambda _event, _get_response: pytest.fail("for queues only"), "sqs")
    assert Client(app).get("/vista").status == 200
    assert calls == ["outer", "inner"]


def test_middleware_sees_every_answer_as_a_response_and_may_handle_what_chalice_lets_through():
    def watch(request, get_response):
        try:
            response = get_response(request)
        except ChaliceUnhandledError:
            return {"espere": True}
        response.headers["X-Dato"] = f"{request.path} {response.status_code}"
        return response

    for outcome, path, seen in (({}, "/vista", "/vista 200"), (OSError(), "/vista", "/vista 500"),
                                ({}, "/nada", "$default 404"), (ChaliceUnhandledError(), "/vista", None)):  # fmt: skip
        app = app_with(lambda outcome=outcome: act(outcome))
        app.register_middleware(watch, "http")
        answer = Client(app).get(path)
        assert answer.headers.get("X-Dato") == seen
        assert seen or answer.json() == {"espere": True}


@pytest.mark.parametrize(("error", "status"), [(Problem(429), 429), (KeyError("clave"), 409), (OSError(), 500)])
def test_an_error_of_a_middleware_is_explained_like_a_views(error, status):
    app = app_with(dict)
    app.register_middleware(lambda _request, _get_response: act(error), "http")
    app.register_problems({KeyError: Problem(409)})
    assert Client(app).get("/vista").status == status


def test_a_wrapper_of_lambda_handlers_gets_the_doors_event():
    seen, app = [], app_with(dict)
    app.register_middleware(ConvertToMiddleware(lambda handler: lambda *call: seen.append(call) or handler(*call)))
    event, context = event_for("alb_multi", Wire("GET", "/vista")), LambdaContext()
    assert app(event, context)["statusCode"] == 200
    assert seen == [(event, context)]


# ---- CORS and authorizers

CORS = CORSConfig(allow_origin="https://example.com", max_age=600, allow_credentials=True)


def test_a_preflight_is_answered_by_the_methods_that_have_cors():
    """powertools#4327: in multi-value mode too."""
    for door in DOORS:
        app = app_with(dict, methods=["GET"], cors=CORS)
        app.route("/vista", methods=["PUT"], name="cambiar")(dict)
        client = Client(app, door)
        answer = client.options("/vista", headers={"Origin": "https://example.com"})
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "https://example.com")
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
        assert answer.headers["Access-Control-Max-Age"] == "600"
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert client.head("/vista").headers["Access-Control-Allow-Origin"] == "https://example.com"
        assert "Access-Control-Allow-Origin" not in client.put("/vista", json={}).headers


def test_every_answer_of_a_route_with_cors_can_be_read_by_the_page():
    for view in (dict, lambda: 1 / 0, lambda: {1, 2}):
        for method in ("GET", "PATCH"):
            answer = Client(app_with(view, cors=True)).request(method, "/vista")
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert not [name for name in Client(app_with(dict)).get("/vista").headers if name.startswith("access-control")]
    app = app_with(lambda: Response({}, {"access-control-allow-origin": "https://otro.example"}), cors=CORS)
    assert Client(app).get("/vista").headers.getlist("Access-Control-Allow-Origin") == ["https://otro.example"]


def test_a_route_with_an_authorizer_is_closed_where_the_door_asks_none():
    for door in DOORS:
        app = app_with(dict, authorizer=IAMAuthorizer())
        enforced = door in {"rest", "chalice_local"}
        assert Client(app, door).get("/vista").status == (200 if enforced else 401)
        if door.startswith("http_api"):
            assert Client(app, door, claims={"sub": "7"}).get("/vista").status == 200


# ---- what stands before the app, and around its views


@pytest.mark.parametrize("path", ["/api/v1/empleados/7", "/empleados/7"])
def test_a_base_path_is_no_part_of_the_route(path):
    """A custom domain's mapping and an ALB's rule leave it in the path; the API's own address has none."""
    app = make_app(base_path="/api/v1")
    for door in DOORS:
        assert Client(app, door).get(path).json()["parameters"] == {"id": "7"}
    assert [Client(app).get(path).status for path in ("/api", "/api/v1x/empleados", "/API/v1/empleados")] == [404] * 3


def test_only_known_doors_may_be_declared():
    known = "alb, http_api, function_url, lattice, rest, chalice_local"
    with pytest.raises(ValueError, match=f"knows the doors {known}; not elb"):
        FrontDoor("sample", doors=("alb", "elb"))


def test_the_arguments_of_chalice_are_taken_as_it_takes_them():
    app = FrontDoor(*("sample", True, False, environment := {}))
    assert (app.app_name, app.debug, app.configure_logs) == ("sample", True, False)
    assert "aws-chalice/" in environment["AWS_EXECUTION_ENV"]


def test_an_integration_that_wraps_views_as_sentry_does_sees_what_becomes_a_500(monkeypatch):
    seen = []
    original = vars(RestAPIEventHandler)["_get_view_function_response"]

    def wrapped(handler, view, arguments):
        def report(**parameters):
            try:
                return view(**parameters)
            except Exception as error:
                context = handler.lambda_context.aws_request_id
                seen.append((type(error).__name__, handler.current_request.to_dict()["path"], context))
                raise

        return original(handler, report, arguments)

    monkeypatch.setattr(RestAPIEventHandler, "_get_view_function_response", wrapped)
    app = app_with(lambda: 1 / 0)
    app.route("/404")(lambda: act(Problem(404)))
    app.route("/503")(lambda: act(OSError()))
    app.register_problems({OSError: Problem(503)})
    assert [Client(app).get(path).status for path in ("/vista", "/404", "/503")] == [500, 404, 503]
    assert seen == [("ZeroDivisionError", "/vista", LAMBDA_REQUEST_ID), ("OSError", "/503", LAMBDA_REQUEST_ID)]


# ---- ids and per-request state


def test_the_request_has_an_id_of_its_own_beside_the_callers():
    good = ("x", "x" * 128, "Root=1-5c53:Sampled", "a/b+c=.~_-@")
    for door in DOORS:
        own = event_for(door, Wire("GET", "/empleados"))["requestContext"].get("requestId", LAMBDA_REQUEST_ID)
        for sent in (*good, "", "con espacio", "x" * 129, "a,b", "ñ", '"a"'):
            answer = Client(make_app(), door).get("/empleados", headers={"x-request-ID": sent})
            assert answer.headers["X-Request-Id"] == answer.json()["request_id"] == own
            assert answer.json()["client_request_id"] == (sent if sent in good else "")


def test_an_id_that_could_not_be_sent_is_not_used_and_a_request_without_one_has_a_placeholder():
    event = rest_event(Wire("GET", "/health"))
    event["requestContext"]["requestId"] = "a\r\nSet-Cookie: b=c"
    assert make_app()(event, LambdaContext())["headers"]["X-Request-Id"] == LAMBDA_REQUEST_ID
    assert make_app()(event_for("alb_single", Wire("GET", "/health")), None)["headers"]["X-Request-Id"] == "-"


def test_a_view_cannot_send_another_id_and_knows_how_long_lambda_will_wait():
    app = app_with(lambda: Response([app.lambda_context.get_remaining_time_in_millis()], {"x-request-id": "otro"}))
    assert app.lambda_context is None
    answer = Client(app).get("/vista")
    assert (answer.headers.getlist("X-Request-Id"), answer.json()) == ([HTTP_API_REQUEST_ID], [20_000])


def test_outside_a_request_there_is_none():
    app = make_app()
    app.lambda_function(name="pure")(lambda _event, _context: app.current_request is None)
    for _ in range(2):
        assert (app.current_request, app.request_id) == (None, "-")
        assert dict(inspect.getmembers(app))["app_name"] == "sample"
        assert Client(app).lambda_.invoke("pure", {}).payload is True
        Client(app).get("/empleados")


def test_requests_in_two_threads_do_not_meet_and_a_thread_of_a_view_sees_the_views(caplog):
    """As under ``chalice local``: while a view runs, another thread handles a request from start to end."""
    caplog.set_level(logging.INFO, "chalice_frontdoor")
    app = make_app()
    told = []

    @app.route("/vista")
    def view():
        logs.note("turns", 1)
        with ThreadPoolExecutor(1) as pool:
            told.append(pool.submit(Client(app).get, "/empleados/7?q=b", headers={"Accept-Language": "en"}).result())
            assert pool.submit(lambda: app.current_request.path).result() == "/vista"
        request = app.current_request
        return [request.path, request.language, request.query_params["q"]]

    assert Client(app).get("/vista?q=a", headers={"Accept-Language": "es"}).json() == ["/vista", "es", "a"]
    other = told[0].json()
    assert (other["path"], other["language"], other["query"]) == ("/empleados/{id}", "en", {"q": ["b"]})
    noted = {
        record.route: getattr(record, "turns", None) for record in caplog.records if record.name.endswith(".access")
    }
    assert noted == {"/empleados/{id}": None, "/vista": 1}


def test_a_rest_event_is_read_and_answered_as_chalice_does():
    """The same view, registered with plain Chalice: the request lacks nothing of Chalice's, and is fit for JSON."""
    told, responses = [], []
    for app in (FrontDoor("sample", configure_logs=False, safe_headers=False), Chalice("plain", env={})):

        @app.route("/empleados/{id}", cors=True)
        def view(id, app=app):  # noqa: A002 - the route's parameter
            request = app.current_request
            if isinstance(app, FrontDoor):
                request.caller = Caller("ana", frozenset({"admin"}))
            told.append(json.loads(json.dumps(request.to_dict())) | {"raw_body": request.raw_body.decode()})
            assert request.to_original_event()["resource"] == "/empleados/{id}"
            return Response({"id": id}, {"X-Dato": "a", "Content-Type": "application/json"}, 201)

        response = app(rest_event(Wire("GET", "/empleados/7", "q=a&q=b"), tuple(app.routes)), LambdaContext())
        response["headers"].pop("X-Request-Id", None)
        responses.append({name: response[name] for name in ("statusCode", "headers", "body")})
    assert responses[0] == responses[1]
    ours, theirs = told
    assert ours["request_id"] == REST_REQUEST_ID
    assert ours["context"].items() >= theirs.pop("context").items()
    assert ours.items() >= theirs.items()
