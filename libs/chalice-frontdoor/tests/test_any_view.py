"""Whatever a view returns or raises, the front door accepts the answer."""

from datetime import datetime, timezone
from functools import reduce

import chalice
from chalice import Response
from hypothesis import given, settings
from hypothesis import strategies as st

from chalice_frontdoor import Problem
from chalice_frontdoor.testing.client import Client
from chalice_frontdoor.testing.events import DOORS
from sample_app import app_with


def endless():
    value = []
    value.append(value)
    return value


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.binary(), st.builds(endless),
    st.text(st.characters()),  # lone surrogates too
    st.builds(lambda: reduce(lambda value, _: [value], range(5_000))),
    st.builds(lambda: (number for number in range(3))),
    st.sampled_from([{1}, print, object(), datetime.now(timezone.utc), "x" * 1_100_000, b"x" * 5_000_000]),
)  # fmt: skip
keys = st.one_of(st.text(st.characters()), st.none(), st.integers(), st.tuples(st.integers()))
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))
header_names = st.one_of(
    st.text(st.characters()),
    st.none(),
    st.integers(),
    st.sampled_from(["Content-Type", "content-encoding", "Content-Length", "Set-Cookie", "X-Request-Id", "Allow"]),
)
header_values = st.one_of(
    leaves,
    st.lists(leaves, max_size=3),
    st.sampled_from(["a\r\nSet-Cookie: b=c", "gzip", "text/html", "image/png", "", "x" * 20_000, "ñ", "\x00"]),
)
headers = st.one_of(st.dictionaries(header_names, header_values, max_size=4), leaves)
statuses = st.one_of(st.integers(), st.integers(100, 700), st.sampled_from([204, 304, 200]), leaves)
responses = st.builds(Response, values, headers, statuses)
texts = st.one_of(st.none(), st.text(st.characters()), st.dictionaries(keys, leaves, max_size=2), leaves)
problems = st.builds(
    Problem,
    st.integers(400, 599),
    title=texts,
    detail=texts,
    headers=st.dictionaries(header_names, header_values, max_size=3),
    errores=values,
)
chalice_errors = st.sampled_from([*chalice.app.ALL_ERRORS, chalice.ChaliceViewError, chalice.app.ChaliceUnhandledError])
errors = st.one_of(
    problems,
    st.builds(lambda kind, text: kind(text), chalice_errors, st.text(st.characters())),
    st.sampled_from([ValueError("ñ\ud800"), KeyError(), RecursionError(), MemoryError(), StopIteration(), OSError(2)]),
)


def act(outcome):
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@settings(deadline=None, max_examples=200)
@given(
    outcome=st.one_of(values, responses, errors),
    place=st.sampled_from(["view", "middleware", "explanation"]),
    door=st.sampled_from(DOORS),
    method=st.sampled_from(["GET", "HEAD"]),
)
def test_whatever_the_app_does_the_door_accepts_the_answer(outcome, place, door, method):
    app = app_with(lambda: act(outcome if place == "view" else OSError()))
    if place == "middleware":
        app.register_middleware(lambda _request, _get_response: act(outcome), "http")
    app.register_problems({OSError: lambda _: act(outcome)} if place == "explanation" else {})
    answer = Client(app, door).request(method, "/vista")
    assert method == "GET" or answer.body == b""


def test_an_error_that_cannot_be_explained_is_a_plain_500():
    app = app_with(lambda: 1 / 0)
    app.register_problems({Exception: Problem(409, detail="\ud800")})
    for door in DOORS:
        for method in ("GET", "HEAD"):
            answer = Client(app, door).request(method, "/vista")
            assert (answer.status, answer.headers["Content-Type"]) == (500, "application/problem+json")
