"""No event, whatever it holds, makes the app crash, grow or answer what a front door refuses."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_frontdoor import events
from chalice_frontdoor.testing.client import LambdaContext
from chalice_frontdoor.testing.events import DOORS, Wire, event_for, health_check_event
from chalice_frontdoor.testing.responses import check_response
from sample_app import make_app

APP = make_app()
TEMPLATES = tuple(APP.routes)
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
