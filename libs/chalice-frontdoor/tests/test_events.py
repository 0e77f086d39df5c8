"""What AWS's events hold, case by case, and events that hold anything."""

import base64
import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_frontdoor import events
from chalice_frontdoor.testing.client import Client, LambdaContext
from chalice_frontdoor.testing.events import (
    DOORS,
    Wire,
    event_for,
    health_check_event,
    http_api_1_event,
    http_api_2_event,
    rest_event,
)
from chalice_frontdoor.testing.responses import check_response
from sample_app import make_app

APP = make_app()
TEMPLATES = tuple(APP.routes)
KEEPS_ALL_VALUES = [door for door in DOORS if door != "alb_single"]


def seen(event):
    response = APP(event, LambdaContext())
    assert response["statusCode"] == 200, response
    return json.loads(response["body"])


@pytest.mark.parametrize(
    ("path", "query", "identifier", "parameters"),
    [
        ("%C3%B1", "", "ñ", None), ("a%20b/", "n=Ana+P%C3%A9rez", "a b", {"n": ["Ana Pérez"]}),
        ("%2525", "ruta=a/b%2Fc", "%25", {"ruta": ["a/b/c"]}), ("a+b", "filtro%5B%5D=a", "a+b", {"filtro[]": ["a"]}),
        ("7", "v=%3D%26%25", "7", {"v": ["=&%"]}), ("7/", "v=%2525", "7", {"v": ["%25"]}),
        ("7", "v=a%2Bb", "7", {"v": ["a+b"]}), ("7", "v=a=b", "7", {"v": ["a=b"]}),
        ("7", "vacio&otro=", "7", {"vacio": [""], "otro": [""]}),
    ],
)  # fmt: skip
def test_path_and_query_are_decoded_once(path, query, identifier, parameters):
    """mangum#178, serverless-express#219, serverless-http#66, bref#456, apig-wsgi#253, #376 and 2.9.2."""
    for door in DOORS:
        answer = Client(APP, door).send(Wire("GET", f"/empleados/{path}", query)).json()
        assert (answer["parameters"], answer["query"]) == ({"id": identifier}, parameters)


def test_only_spaces_and_tabs_are_no_part_of_a_headers_value():
    """A cookie whose name begins with another white space must not be taken for one of ours."""
    for door in ["alb_multi", "alb_single", "http_api_2", "http_api_1", "function_url", "rest"]:
        event = event_for(door, Wire("GET", "/empleados", headers=(("X-Dato", " \t\u00a0a\u2000 "),)), TEMPLATES)
        assert seen(event)["headers"]["x-dato"] == "\u00a0a\u2000"


def test_of_a_repeated_parameter_an_alb_without_multiple_values_keeps_the_last():
    """And two spellings of one encoded name are one parameter."""
    for door, query, seen_query in (("alb_multi", "a%5B%5D=1&a[]=2&b", {"a[]": ["1", "2"], "b": [""]}),
                                    ("alb_single", "q=b&q=a", {"q": ["a"]})):  # fmt: skip
        assert Client(APP, door).send(Wire("GET", "/empleados", query)).json()["query"] == seen_query


@pytest.mark.parametrize("event_of", [http_api_1_event, http_api_2_event])
@pytest.mark.parametrize(
    ("stage", "raw_path", "status"),
    [
        ("prod", "/prod/empleados", 200), ("prod", "/prod", 200), ("prod", "/prod/", 200), ("prod", "/production", 404),
        ("prod", "/empleados", 200), ("emp", "/empleados", 200),  # a custom domain name hides the stage
        ("$default", "/$default/empleados", 404), ("$default", "/empleados", 200),
    ],
)  # fmt: skip
def test_the_name_of_a_stage_is_no_part_of_the_path(event_of, stage, raw_path, status):
    """powertools#621, serverless-wsgi#191."""
    event = event_of(Wire("GET", "/empleados"), stage=stage)
    event["rawPath" if event["version"] == "2.0" else "path"] = raw_path
    assert APP(event, None)["statusCode"] == status


def test_a_rest_api_with_a_base_path_is_understood_by_its_resource():
    """Behind a custom domain name's base path, ``path`` begins with it and ``resource`` does not."""
    event = rest_event(Wire("GET", "/empleados/a%2Fb"), TEMPLATES) | {"path": "/v1/empleados/a%2Fb"}
    assert seen(event)["parameters"] == {"id": "a/b"}


@pytest.mark.parametrize(
    ("resource", "parameters"),
    [
        ("/otra/{id}", {"id": "7"}), ("/empleados/{id}", {"otro": "7"}),  # that the app does not have, or read so
        ("/empleados/{id}", {"id": None}), ("/empleados/{id}", None), ("/{proxy+}", {"proxy": "empleados/9"}),
        ("$default", None), (None, None),
    ],
)  # fmt: skip
def test_a_match_of_the_door_that_does_not_fit_the_app_is_made_anew(resource, parameters):
    event = http_api_1_event(Wire("GET", "/empleados/9"))
    event |= {"resource": resource, "pathParameters": parameters}
    assert seen(event)["parameters"] == {"id": "9"}
    assert tuple(APP.routes) == TEMPLATES


def test_a_body_in_base64_is_decoded_json_too():
    for door in [door for door in DOORS if door != "chalice_local"]:
        body = '{"nombre": "Ñandú"}'.encode()
        event = event_for(door, Wire("POST", "/empleados", body=body), TEMPLATES)
        event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        assert base64.b64decode(seen(event)["body"]) == body


@pytest.mark.parametrize(
    ("door", "change"),
    [
        ("alb_multi", {"multiValueHeaders": {"accept": [7]}}), ("alb_single", {"headers": {"accept": 7}}),
        ("alb_multi", {"multiValueQueryStringParameters": {"q": [7]}}),
        ("rest", {"multiValueQueryStringParameters": {"q": [None]}}),
        ("rest", {"multiValueQueryStringParameters": None, "queryStringParameters": {"q": 7}}),
        ("http_api_2", {"cookies": [7]}), ("http_api_2", {"rawPath": None}),
        *(("rest", {"httpMethod": method}) for method in ("", "GET /", "G\r\nET", None, 7)),
        *(
            ("alb_multi", {"body": body, "isBase64Encoded": True})
            for body in ("no es base64", "ñ", "YQ", "Y Q = =", {"a": 1}, [1], 7)
        ),
    ],
)  # fmt: skip
def test_a_value_that_the_door_cannot_have_sent_is_400(door, change):
    assert APP(event_for(door, Wire("GET", "/health")) | change, None)["statusCode"] == 400


def test_a_repeated_header_is_joined_and_cookies_are_one_header_again():
    headers = {"X-Dato": ["uno", "dos"], "Cookie": ["sesion=abc", "tema=oscuro"]}
    for door in [door for door in KEEPS_ALL_VALUES if door != "chalice_local"]:
        seen_by_view = Client(APP, door).get("/empleados", headers=headers).json()
        assert seen_by_view["headers"] == {"x-dato": "uno,dos"}
        assert seen_by_view["cookie"] == "sesion=abc; tema=oscuro"


def test_an_event_that_names_a_route_instead_of_a_path_is_read():
    """Unit tests of Chalice apps often make their events so."""
    context = {"httpMethod": "GET", "resourcePath": "/empleados/{id}", "identity": {"sourceIp": "127.0.0.1"}}
    event = {"requestContext": context, "pathParameters": {"id": "a/b"}, "headers": {"x-dato": 7}}
    assert seen(event)["parameters"] == {"id": "a/b"}
    assert seen(event)["headers"] == {"x-dato": "7"}


# ---- whatever an event holds: no crash, no growth, an answer that the front door accepts

WIRE = Wire(
    "POST",
    "/empleados/a%20b",
    "q=ana&q=%25",
    (("Content-Type", "application/json"), ("Cookie", "a=b"), ("X-Forwarded-For", "10.0.0.1")),
    b'{"nombre": "Ana"}',
    claims={"sub": "7"},
)

texts = st.text(st.characters())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from(["=", "%", "a\r\nb"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
KEYS = "requestContext version httpMethod path rawPath headers multiValueHeaders body http elb"
known_keys = st.sampled_from(KEYS.split())
contexts = st.dictionaries(known_keys, json_values, max_size=4)
any_events = json_values | st.dictionaries(known_keys, json_values | contexts, max_size=8)


def places(value, place=()):
    """Where something stands in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(found for key, child in inner for found in places(child, (*place, key)))]


@st.composite
def mutated_events(draw):
    """An event of AWS in which some values were replaced or are missing."""
    event = copy.deepcopy(event_for(draw(st.sampled_from(DOORS)), WIRE, TEMPLATES))
    for _ in range(draw(st.integers(1, 3))):
        *parents, last = draw(st.sampled_from([place for place in places(event) if place]))
        holder = event
        for key in parents:
            holder = holder[key]
        if isinstance(holder, dict) and draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = draw(json_values)
    return event


@given(event=any_events | mutated_events())
def test_any_value_and_any_damaged_event_gets_an_answer_that_a_door_accepts(event):
    routes = set(APP.routes)
    response = APP(event, LambdaContext())
    form = events.recognise(event) or events.FORMS["rest"]
    check_response(next(name for name in events.FORMS if events.FORMS[name] is form), response)
    assert set(APP.routes) == routes
    assert events.recognise(event) or response["statusCode"] == 400


@pytest.mark.parametrize(
    "event",
    [
        None, [], {}, {"key1": "value1", "key2": "value2", "key3": "value3"},  # the console's "hello-world" test event
        {"source": "serverless-plugin-warmup"}, {"Records": [{"eventSource": "aws:sqs", "body": "{}"}]},
        {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}, "resources": [], "version": "0"},
        {"requestContext": {"routeKey": "$connect", "eventType": "CONNECT", "connectionId": "a="}},
    ],
)  # fmt: skip
def test_an_event_that_is_no_http_request_is_refused_in_peace(event):
    """apig-wsgi#289."""
    response = APP(event, None)
    check_response("rest", response)
    assert response["statusCode"] == 400


def test_what_chalice_would_miss_may_be_missing_or_null():
    parts = ("headers", "queryStringParameters", "pathParameters", "stageVariables", "body")
    for door in DOORS:
        for part in parts:
            event = event_for(door, Wire("GET", "/health"), TEMPLATES)
            for name in event.keys() & {part, f"multiValue{part[0].upper()}{part[1:]}"}:
                assert APP(event | {name: None}, None)["statusCode"] == 200
                del event[name]
                assert APP(event, None)["statusCode"] == 200


def test_test_events_and_health_checks_are_answered():
    """apig-wsgi#155, aws-lambda-dotnet#436: the console's test events have no context, health checks no Host."""
    for context in (None, {}):
        event = event_for("rest", Wire("GET", "/health")) | {"requestContext": context}
        assert APP(event, None)["statusCode"] == 200
    response = APP(health_check_event(), LambdaContext())
    check_response("alb_multi", response)
    assert response["statusCode"] == 200
