"""No part that a client chooses changes where a request goes."""

import re
from string import punctuation
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalice_frontdoor import Problem
from chalicelib.web.upstream import UpstreamAddress

TEXT = st.text(st.sampled_from(punctuation) | st.characters(exclude_categories=["Cs"]), max_size=20)
SEGMENT = TEXT.filter(lambda value: value not in {"", ".", ".."} and not set(value) & set("/\\?#"))
ENCODED = re.compile(r"([A-Za-z0-9._~-]|%[0-9A-F]{2})+")
HOSTILE = st.sampled_from(["//evil.example", "/\\evil.example", "http://evil.example/", "@evil.example", "..%2f"])
ADDRESSES = st.sampled_from(
    [
        UpstreamAddress.parse("http://127.0.0.1:8001"),
        UpstreamAddress.parse("https://a1b2c3.execute-api.us-east-1.amazonaws.com"),
        UpstreamAddress.parse("http://localhost:4566/_aws/execute-api/a1b2c3/$default"),
    ]
)


@pytest.mark.parametrize(
    ("text", "origin", "prefix"),
    [
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001", ""),
        ("http://127.0.0.1:8001/", "http://127.0.0.1:8001", ""),
        ("https://API.example.com", "https://api.example.com", ""),
        ("https://api.example.com:443/prod", "https://api.example.com", "/prod"),
        ("http://api.example.com:80", "http://api.example.com", ""),
        ("http://[::1]:8001", "http://[::1]:8001", ""),
        ("http://[::1]", "http://[::1]", ""),
        ("http://localhost:4566/_aws/execute-api/x/$default/", "http://localhost:4566", "/_aws/execute-api/x/$default"),
    ],
)
def test_parse_reads_origin_and_prefix(text, origin, prefix):
    address = UpstreamAddress.parse(text)
    assert (address.origin, address.prefix) == (origin, prefix)


def test_parse_refuses_anything_but_a_plain_base_url():
    for text in (
        "", "api.example.com", "//api.example.com", "ftp://api.example.com", "http://", "http:///empleados",
        "http://user:secret@api.example.com", "http://user@api.example.com", "http://api.example.com?stage=prod",
        "http://api.example.com/?", "http://api.example.com/#top", "http://api.example.com:0",
        "http://api.example.com:65536", "http://api.example.com:port", "http://api.example.com:",
        "http://api.example.com/../other", "http://api.example.com/a//b", "http://api.example.com/a b",
        "http://api.example.com/%2e%2e", "http://api.example.com\\@evil.example", "http://ñandú.example",
        "http://[::1", "${var.crud_api_url}",
    ):  # fmt: skip
        with pytest.raises(ValueError, match="http"):
            UpstreamAddress.parse(text)


@given(ADDRESSES, SEGMENT, st.lists(st.tuples(TEXT | HOSTILE, TEXT | HOSTILE), max_size=4))
@example(
    UpstreamAddress.parse("http://up"), "a%2F+ !$&'()*,;:=@[]", [("filtro[]", "a=b&c%d"), ("filtro[]", ""), ("ñ", "+")]
)
def test_target_is_decoded_to_what_the_client_sent_and_names_no_host(address, segment, query):
    target = address.target("/empleados/{id}/eventos", {"id": segment}, query)
    assert target.isascii()
    parts = urlsplit(address.origin + target)
    assert f"{parts.scheme}://{parts.netloc}" == address.origin
    assert urljoin(address.origin, target) == address.origin + target
    head, tail = f"{address.prefix}/empleados/", "/eventos"
    assert parts.path.startswith(head)
    assert parts.path.endswith(tail)
    assert unquote(parts.path.removeprefix(head).removesuffix(tail)) == segment
    assert ENCODED.fullmatch(parts.path.removeprefix(head).removesuffix(tail))
    assert parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(query)) == query


@given(st.tuples(TEXT, st.sampled_from("/\\?#"), TEXT).map("".join) | st.sampled_from(["", ".", ".."]))
def test_target_refuses_a_parameter_that_would_reach_another_route(segment):
    """API Gateway decodes a path before it chooses a route: an encoded slash would begin another segment there."""
    with pytest.raises(Problem, match="404"):
        UpstreamAddress.parse("http://up").target("/empleados/{id}/eventos", {"id": segment}, [])
