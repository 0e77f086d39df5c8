"""The same request through every front door gives the same answer."""

from urllib.parse import quote, urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from chalice_frontdoor.testing.client import Client
from chalice_frontdoor.testing.events import DOORS, Wire
from sample_app import app_that_answers, make_app

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


def comparable(answer):
    """An answer without what differs by nature: its id, and its length, which chalice local writes itself."""
    fields = {
        name: answer.headers.getlist("set-cookie") if name == "set-cookie" else answer.headers[name]
        for name in answer.headers
    }
    fields.pop("content-length", None)
    return answer.status, fields, answer.body.replace(fields.pop("x-request-id").encode(), b"id")


@settings(deadline=None, max_examples=200)
@given(data=st.data(), unique=st.booleans())
def test_a_request_is_seen_the_same_through_every_door(data, unique):
    """With names that stand twice, through those that keep their values."""
    wire = data.draw(requests(unique=unique))
    answers = {door: comparable(Client(APP, door).send(wire)) for door in DOORS if unique or door not in ONE_VALUE}
    assert all(answer == answers["rest"] for answer in answers.values()), answers


@settings(deadline=None)
@given(identifier=st.text(min_size=1), values=st.lists(words, min_size=1))
def test_any_text_survives_in_path_and_query_where_the_door_keeps_them(identifier, values):
    for door in set(DOORS) - DECODED - ONE_VALUE:
        query = [("q", value) for value in values]
        seen = Client(APP, door).get(f"/empleados/{quote(identifier, safe='')}/eventos", query=query).json()
        assert (seen["parameters"], seen["query"]) == ({"id": identifier}, {"q": values})


header_values = st.one_of(printable, st.integers(), st.booleans(), st.lists(printable, max_size=3))
response_headers = st.dictionaries(
    st.sampled_from(["X-Dato-A", "x-dato-b", "Set-Cookie", "Link", "Content-Encoding", "Cache-Control", "Connection"]),
    header_values,
)
response_bodies = st.one_of(
    st.none(),
    st.text(),
    st.binary(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
)


@settings(deadline=None, max_examples=100)
@given(
    body=response_bodies,
    headers=response_headers,
    content_type=st.sampled_from([None, "text/html; charset=utf-8", "application/json", "image/png", "text/plain"]),
    status=st.integers(200, 599),
    method=st.sampled_from(["GET", "HEAD"]),
)
def test_a_response_arrives_the_same_through_every_door(body, headers, content_type, status, method):
    if content_type is not None:
        headers["Content-Type"] = content_type
    app = app_that_answers(body, headers, status)
    fields = {"X-Request-Id": "peticion-1"}
    answers = {door: comparable(Client(app, door).request(method, "/vista", headers=fields)) for door in DOORS}
    assert all(answer == answers["rest"] for answer in answers.values()), answers
