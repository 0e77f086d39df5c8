"""What is read in AWS's own sample events, one of each form (see events/README.md)."""

import json
from pathlib import Path

import pytest

from chalice_frontdoor import DOORS, FrontDoor, events
from chalice_frontdoor.testing.client import LambdaContext
from chalice_frontdoor.testing.events import DOORS as TEST_DOORS
from chalice_frontdoor.testing.events import Wire, event_for
from chalice_frontdoor.testing.responses import check_response

SAMPLES = Path(__file__).with_name("events")
SEVERAL = {"parameter1": ["value1", "value2"], "parameter2": ["value"]}
UNVERIFIED = ({}, False)


def load(name):
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def read(event):
    return events.read(events.recognise(event), event)


def query_of(request):
    query = request.query_params
    found = query and {name: query.getlist(name) for name in query}
    assert request.query_pairs == [(name, value) for name, values in (found or {}).items() for value in values]
    return found


@pytest.mark.parametrize(
    "sample",
    [
        ("alb_multi", "alb_multi", "GET todos", None, ("accept", "*/*"), "123.123.123.123", None, UNVERIFIED),
        ("alb_single", "alb_single", "GET lambda", {"query": ["1234ABCD"]}, ("accept-encoding", "gzip"),
         "72.12.164.125", b"Test", UNVERIFIED),
        ("http_api_2_jwt", "http_api_2", "POST my/path", SEVERAL, ("cookie", "cookie1; cookie2"), "192.168.0.1/32",
         b'{"message": "hello world", "username": "tom"}', ({"claim1": "value1", "claim2": "value2"}, True)),
        ("http_api_2_lambda", "http_api_2", "GET my/path", SEVERAL, ("header2", "value2"), "192.168.0.1/32",
         b'{\r\n\t"a": 1\r\n}', ({"claim1": "value1"}, True)),
        ("http_api_2_iam", "http_api_2", "GET my/path", SEVERAL, ("header2", "value2"), "192.168.0.1/32",
         b'{\r\n\t"a": 1\r\n}', ({}, True)),
        ("http_api_1", "http_api_1", "GET my/path", SEVERAL, ("header2", "value1,value2"), "192.168.0.1/32",
         b"Hello from Lambda!", UNVERIFIED),
        ("function_url", "function_url", "GET ", None, ("accept-encoding", "gzip, deflate, br"), "123.123.123.123",
         None, UNVERIFIED),
        ("function_url_iam", "function_url", "POST my/path", SEVERAL, ("header2", "value1,value2"), "123.123.123.123",
         b"Hello from client!", ({}, True)),
        ("lattice_1", "lattice", "GET testpath", {"order-id": ["1"]}, ("header2", "value1,value2"), "10.213.229.10",
         b'{"test": "event"}', UNVERIFIED),
        ("lattice_2", "lattice", "GET newpath", {"order-id": ["1"]}, ("accept", "*/*"), "10.213.229.10",
         b'{"message": "Hello from Lambda!"}', ({}, True)),
        ("rest", "rest", "GET my/path", SEVERAL, ("header2", "value1,value2"), "192.168.0.1/32",
         b"Hello from Lambda!", ({}, True)),
        ("rest_lambda", "rest", "POST trip", None, ("accept", None), "", None, ({}, True)),
    ],
)  # fmt: skip
def test_a_sample_is_read_and_refused_where_its_door_is_not_declared(sample, caplog):
    name, door, request_line, query, header, client, body, admitted = sample
    form = events.recognise(load(name))
    assert form is events.FORMS[door]
    request = read(load(name))
    assert f"{request.method} {'/'.join(request.segments)}" == request_line
    assert (query_of(request), request.client) == (query, client)
    assert (request.raw_body or None, request.headers.get(header[0])) == (body, header[1])
    assert (request.claims, request.authorized) == admitted
    for doors, status in (((form.door,), 404), (set(DOORS) - {form.door}, 403)):
        response = FrontDoor("sample", doors=doors)(load(name), LambdaContext())
        check_response(door, response)
        assert response["statusCode"] == status
    assert [record.door for record in caplog.records if hasattr(record, "refusal")] == [form.door]


@pytest.mark.parametrize("door", TEST_DOORS)
def test_events_made_for_tests_have_the_form_and_the_members_of_awss_samples(door):
    name = door.removesuffix("_stage").removesuffix("_routes")
    made = event_for(door, Wire("POST", "/my/path", "a=b", (("Cookie", "a=b"),), b"x", {"sub": "7"}), ("/my/path",))
    assert events.recognise(made) is events.FORMS[name]
    assert name != "http_api_2" or "cookie" not in made["headers"]
    if name not in {"chalice_local", "function_url"}:  # whose sample has no body
        sample = load({"http_api_2": "http_api_2_jwt", "lattice": "lattice_2"}.get(name, name))
        assert made.keys() <= sample.keys()
        assert made["requestContext"].keys() <= sample["requestContext"].keys() | {"authorizer"}


def read_with(name, findings):
    """The sample with what its authorizer found out."""
    event = load(name)
    event["requestContext"] = event.get("requestContext", {}) | {"authorizer": findings}
    return read(event)


def test_findings_of_authorizers_lie_where_a_rest_api_has_them():
    request = read(load("http_api_2_lambda"))
    assert (request.authorizer["tenantId"], request.authorizer["claims"]) == ("123-456-789-012", {"claim1": "value1"})
    assert read(load("function_url_iam")).authorizer["iam"]["callerId"] == "AIDA..."
    findings = {"jwt": "eyJ", "lambda": "x"}  # they may have any name
    assert read_with("rest_lambda", findings).authorizer == findings | {"claims": {}}
    # One that finds out nothing has still let the request in.
    assert read_with("http_api_2_lambda", {"lambda": None}).authorized
    assert read_with("http_api_1", {"principalId": ""}).authorized


@pytest.mark.parametrize("name", ["alb_multi", "alb_single", "function_url", "lattice_1", "lattice_2"])
def test_claims_that_a_door_does_not_verify_do_not_count(name):
    claims = {"claims": {"sub": "7"}}
    request = read_with(name, {**claims, "jwt": claims, "lambda": claims})
    assert (request.claims, request.authorizer["claims"]) == ({}, {})
    assert request.authorized == (name == "lattice_2")


@pytest.mark.parametrize(
    "event",
    [
        load("lattice_2") | {"headers": {"a": ["b", "c"]}, "queryStringParameters": {"q": ["a%20b", "c"]}},
        load("lattice_2") | {"headers": {"a": "b,c"}, "path": "/newpath?q=a+b&q=c", "queryStringParameters": None},
    ],
)
def test_lattice_sends_lists_or_a_query_in_the_path(event):
    request = read(event)
    assert (request.headers["a"], request.segments, query_of(request)) == ("b,c", ["newpath"], {"q": ["a b", "c"]})
