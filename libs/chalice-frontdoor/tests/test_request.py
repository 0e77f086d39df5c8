"""What a view learns from its request: strict JSON, the client's language and address, and its id."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalice_frontdoor import FrontDoor, read_json
from chalice_frontdoor.request import client_address, negotiate
from chalice_frontdoor.testing.client import Client
from chalice_frontdoor.testing.events import DOORS
from sample_app import make_app

APP = FrontDoor("sample", configure_logs=False)
VALUES = []
APP.route("/leer", methods=["POST"], content_types=["*/*"])(lambda: VALUES.append(read_json(APP.current_request)))


def send(body, content_type="application/json"):
    return Client(APP).post("/leer", body=body, content_type=content_type)


def read(body):
    assert send(body).status == 200
    return VALUES[-1]


def test_only_json_is_read():
    for content_type in ("Application/JSON; charset=utf-8", "application/merge-patch+json", "application/json;a=b"):
        assert send("{}", content_type).status == 200
    for content_type in (None, "", "text/json", "text/plain", "application/xml", "image/svg+json"):
        answer = send("{}", content_type)
        assert (answer.status, answer.headers["Accept"]) == (415, "application/json")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff", b"\xef\xbb\xbf{}", b"{} {}", b"01", b"'a'", '{"nombre": "Ana"}'.encode("utf-16"),
        b'{"salario": NaN}', b"[Infinity, -Infinity]", b'{"a": 1, "a": 2}', b'{"x": {"a": 1, "a": 2}}',
        b'"\\ud800"', b'{"\\uDfff": 1}', b'["\\ud83d \\ude00"]', b"1e9999999999999999999999", b"9" * 5_000,
        b"[" * 100_000, b"[" * 65 + b"]" * 65, b'{"a":' * 65 + b"1" + b"}" * 65,
    ],
)  # fmt: skip
def test_what_is_not_strict_json_is_400(body):
    answer = send(body)
    assert (answer.status, answer.json()["detail"]) == (400, "The body is not valid JSON in UTF-8.")


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("1.10", Decimal("1.10")), ("1e400", Decimal("1e400")), ("0.1", Decimal("0.1")), ("7", 7),
        ("9007199254740993", 9007199254740993), ('"\\ud83d\\ude00"', "😀"), ("null", None),
        ("[" * 64 + "]" * 64, json.loads("[" * 64 + "]" * 64)),
        ("[[]," * 40 + "1" + "]" * 40, json.loads("[[]," * 40 + "1" + "]" * 40)),
    ],
)  # fmt: skip
def test_values_are_read_exactly(body, value):
    found = read(body)
    assert (found, type(found)) == (value, type(value))


@settings(deadline=None)
@given(
    st.binary()
    | st.text(st.sampled_from('{}[]",:\\ud8n0123eE.-+ tfaslru')).map(str.encode)
    | st.text("a\ud83d\ude00").map(lambda text: json.dumps({text: [text]}).encode())  # with lone surrogates
)
def test_any_bytes_are_refused_or_read_as_what_can_be_written(body):
    answer = send(body)
    assert answer.status in {200, 400}
    if answer.status == 200:
        json.dumps(VALUES[-1], ensure_ascii=False, default=str).encode()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "es"), ("en", "en"), ("EN-us", "en"), ("es-MX,es;q=0.9,en;q=0.8", "es"), ("en;q=0.5, es;q=0.6", "es"),
        ("en;q=0.5,es;q=0.5", "en"), ("fr", "es"), ("fr, en;q=0.1", "en"), ("*", "es"), ("*;q=0.5, en;q=0.4", "es"),
        ("en;q=0", "es"), ("en;q=nan", "es"), ("en;q=inf", "es"), ("en;q=2", "es"), ("en;q=x", "es"),
        ("en;level=1", "en"), (";;,,=", "es"), ("en; Q=0.3, es;q=0.2", "en"), ("es;q=0, en;q=0.1", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_one_that_the_client_wants_most(header, language):
    assert negotiate(header, ("es", "en")) == language


def test_a_region_is_served_exactly_or_by_its_language():
    assert negotiate("pt-PT", ("en", "pt-BR", "pt-PT")) == "pt-PT"
    assert negotiate("pt", ("en", "pt-BR")) == "pt-BR"


PEER = "203.0.113.7"


@pytest.mark.parametrize(
    ("forwarded_for", "trusted", "address"),
    [
        ("", 0, PEER), ("10.0.0.1, 203.0.113.7", 0, PEER), ("", 1, PEER), ("203.0.113.7", 1, PEER), (" , ,", 1, PEER),
        ("10.0.0.1, 198.51.100.4, 203.0.113.7", 1, "198.51.100.4"),
        ("10.0.0.1,198.51.100.4,203.0.113.7", 2, "10.0.0.1"), ("198.51.100.4, 203.0.113.7", 9, "198.51.100.4"),
        ("198.51.100.4", 1, "198.51.100.4"),  # a door that does not append the peer
    ],
)  # fmt: skip
def test_as_many_hops_are_believed_as_there_are_trusted_proxies(forwarded_for, trusted, address):
    assert client_address(PEER, forwarded_for, trusted) == address


def test_no_proxy_is_trusted_unless_the_app_says_so_behind_every_door():
    """serverless-express#331: by an explicit rule, never by default."""
    headers = {"X-Forwarded-For": "10.0.0.1, 198.51.100.4"}
    for door in DOORS:
        assert Client(make_app(), door).get("/empleados", headers=headers).json()["client"] == PEER
        trusting = Client(make_app(trusted_proxies=1), door)
        assert trusting.get("/empleados", headers=headers).json()["client"] == "198.51.100.4"
