"""The same request through every front door gives the same answer, and one that the door accepts."""

from datetime import date
from functools import reduce
from urllib.parse import quote, urlencode

import chalice
from chalice import Response
from hypothesis import given
from hypothesis import strategies as st

from chalice_frontdoor import Problem
from chalice_frontdoor.testing.client import Client
from chalice_frontdoor.testing.events import DOORS, Wire
from sample_app import act, app_with, make_app

#: A repeated header or parameter reaches the app once: AWS's ALB and Chalice's server drop the others.
ONE_VALUE = {"alb_single", "chalice_local"}
#: A "/" or "?" in a parameter is lost before the app is called: AWS has decoded the path.
DECODED = {"http_api_2", "http_api_2_stage", "http_api_1", "http_api_1_stage"}

APP = make_app()

printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)).map(str.strip)
segments = st.text(min_size=1).filter(lambda text: "/" not in text and "?" not in text)
words = st.text(max_size=8)
paths = st.one_of(
    st.sampled_from(["/", "/health", "/empleados", "/empleados/", "/empleados/nuevos", "/nada", "/empleados/7/nada"]),
    segments.map(lambda text: f"/empleados/{quote(text, safe='')}"),
    segments.map(lambda text: f"/empleados/{quote(text, safe='')}/eventos"),
    st.lists(segments, min_size=1, max_size=3).map(
        lambda parts: "/archivos/" + "/".join(quote(part, safe="") for part in parts)
    ),
)
field_names = st.sampled_from(["X-Dato-A", "x-dato-b", "X-DATO-C"])
bodies = st.binary(max_size=50) | st.text(max_size=20).map(str.encode)


@st.composite
def requests(draw, *, unique):
    """A request; with ``unique``, without a name that stands twice."""
    by_name = (lambda pair: pair[0]) if unique else None
    query = draw(st.lists(st.tuples(words, words), max_size=5, unique_by=by_name))
    fields = draw(st.lists(st.tuples(field_names, printable), max_size=4, unique_by=by_name))
    fields += [
        ("Accept-Language", draw(st.sampled_from(["", "en", "es-MX,es;q=0.9", "fr, en;q=0.5"]))),
        ("Content-Type", draw(st.sampled_from(["application/json", "text/plain", "application/octet-stream"]))),
        ("Cookie", draw(st.sampled_from(["sesion=abc", "sesion=abc; tema=oscuro"]))),
        ("X-Request-Id", "peticion-1"),
    ]
    method = draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]))
    return Wire(method, draw(paths), urlencode(query), tuple(fields), draw(bodies))


def assert_same_answer(app, doors, wire):
    """Each answer without what differs by nature: its id, and its length, which chalice local writes itself."""
    answers = {}
    for door in doors:
        answer = Client(app, door).send(wire)
        fields = {name: answer.headers[name] for name in answer.headers if name != "content-length"}
        cookies = answer.headers.getlist("set-cookie")
        own_id = fields.pop("x-request-id")
        assert wire.method != "HEAD" or answer.body == b""
        answers[door] = answer.status, fields, cookies, answer.body.replace(own_id.encode(), b"id")
    assert all(answer == answers[doors[0]] for answer in answers.values()), answers


@given(data=st.data(), unique=st.booleans())
def test_a_request_is_seen_the_same_through_every_door(data, unique):
    """With names that stand twice, through those that keep their values."""
    doors = [door for door in DOORS if unique or door not in ONE_VALUE]
    assert_same_answer(APP, doors, data.draw(requests(unique=unique)))


@given(identifier=st.text(min_size=1), values=st.lists(words, min_size=1))
def test_any_text_survives_in_path_and_query_where_the_door_keeps_them(identifier, values):
    for door in set(DOORS) - DECODED - ONE_VALUE:
        query = [("q", value) for value in values]
        seen = Client(APP, door).get(f"/empleados/{quote(identifier, safe='')}/eventos", query=query).json()
        assert (seen["parameters"], seen["query"]) == ({"id": identifier}, {"q": values})


# ---- whatever a view returns or raises


def endless():
    value = []
    value.append(value)
    return value


texts = st.text(st.characters())  # lone surrogates too
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.binary(), texts, st.builds(endless),
    st.builds(lambda: reduce(lambda value, _: [value], range(5_000))),
    st.builds(lambda: (number for number in range(3))),
    st.sampled_from([{1}, print, object(), date(2026, 11, 29), "x" * 1_100_000]),
)  # fmt: skip
keys = texts | st.none() | st.integers() | st.tuples(st.integers())
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))
usual_names = [
    "Content-Type",
    "content-encoding",
    "Content-Length",
    "Set-Cookie",
    "X-Request-Id",
    "Allow",
    "Connection",
]
header_names = texts | st.none() | st.integers() | st.sampled_from(usual_names)
usual_values = ["a\r\nSet-Cookie: b=c", "gzip", "text/html", "image/png", "", "x" * 20_000, "ñ", "\x00"]
header_values = st.one_of(leaves, printable, st.lists(leaves | printable, max_size=3), st.sampled_from(usual_values))
headers = st.dictionaries(header_names, header_values, max_size=4)
good_headers = st.dictionaries(st.sampled_from(["Set-Cookie", "Link", *usual_names]), printable | st.lists(printable))
good_responses = st.builds(Response, texts | st.binary() | values, good_headers, st.integers(200, 599))
statuses = st.integers() | st.integers(100, 700) | leaves
responses = good_responses | st.builds(Response, values, headers | leaves, statuses)
titles = st.none() | texts | st.dictionaries(keys, leaves, max_size=2) | leaves
problems = st.builds(Problem, st.integers(400, 599), title=titles, detail=titles, headers=headers, errores=values)
chalice_errors = st.sampled_from([*chalice.app.ALL_ERRORS, chalice.ChaliceViewError, chalice.app.ChaliceUnhandledError])
errors = st.one_of(
    problems,
    st.builds(lambda kind, text: kind(text), chalice_errors, texts),
    st.sampled_from([ValueError("ñ\ud800"), KeyError(), RecursionError(), MemoryError(), StopIteration(), OSError(2)]),
)


@given(
    outcome=values | responses | errors,
    place=st.sampled_from(["view", "middleware", "explanation"]),
    method=st.sampled_from(["GET", "HEAD"]),
)
def test_whatever_the_app_does_each_door_accepts_the_answer_and_sends_the_same(outcome, place, method):
    app = app_with(lambda: act(outcome if place == "view" else OSError()))
    if place == "middleware":
        app.register_middleware(lambda _request, _get_response: act(outcome), "http")
    app.register_problems({OSError: lambda _: act(outcome)} if place == "explanation" else {})
    for is_alb in (True, False):  # whose limit is less
        doors = [door for door in DOORS if door.startswith("alb") is is_alb]
        assert_same_answer(app, doors, Wire(method, "/vista"))


def test_an_error_that_cannot_be_explained_is_a_plain_500():
    app = app_with(lambda: 1 / 0)
    app.register_problems({Exception: Problem(409, detail="\ud800")})
    for door in DOORS:
        for method in ("GET", "HEAD"):
            answer = Client(app, door).request(method, "/vista")
            assert (answer.status, answer.headers["Content-Type"]) == (500, "application/problem+json")
