"""Which headers pass, in each direction."""

from __future__ import annotations

import pytest
from chalice.app import CaseInsensitiveMapping
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.web.headers import FORWARDED, NOT_RETURNED, MalformedHeader, forwarded_headers, returned_headers

NAMES = st.sampled_from([*FORWARDED, *sorted(NOT_RETURNED), "Cookie", "X-Forwarded-For", "X-Other"])
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)


def forward(headers: dict[str, str]) -> dict[str, str]:
    return dict(forwarded_headers(CaseInsensitiveMapping(headers)))


def unchanged(reference: str) -> str:
    return reference


@pytest.mark.parametrize(
    "name",
    [
        "accept",
        "ACCEPT-LANGUAGE",
        "Authorization",
        "Content-Type",
        "idempotency-key",
        "If-Match",
        "If-None-Match",
        "User-Agent",
        "X-Amzn-Trace-Id",
        "traceparent",
        "tracestate",
    ],
)
def test_what_the_upstream_needs_is_forwarded_in_any_case(name: str) -> None:
    (forwarded,) = forward({name: "value"}).items()
    assert (forwarded[0].lower(), forwarded[1]) == (name.lower(), "value")


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "TE",
        "Trailer",
        "Upgrade",
        "Keep-Alive",
        "Proxy-Connection",
        "Proxy-Authorization",
        "Connection",
        "Expect",
        "Accept-Encoding",
        "Cookie",
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "X-Real-IP",
        "True-Client-IP",
        "X-HTTP-Method-Override",
        "X-Request-Id",
    ],
)
def test_what_belongs_to_the_connection_or_could_be_spoofed_is_not_forwarded(name: str) -> None:
    assert forward({name: "value"}) == {}


def test_headers_named_by_connection_are_not_forwarded() -> None:
    assert forward({"connection": "close, If-Match", "if-match": '"1"', "accept": "*/*"}) == {"Accept": "*/*"}


def test_an_empty_header_is_forwarded() -> None:
    """Without its If-Match, a write would be unconditional."""
    assert forward({"if-match": "  "}) == {"If-Match": ""}


def test_surrounding_blanks_are_removed_and_other_characters_sent_as_utf_8() -> None:
    forwarded = forward({"user-agent": "\t Peña \t", "accept-language": "日本"})
    assert forwarded["User-Agent"].encode("latin-1") == "Peña".encode("latin-1")
    assert forwarded["Accept-Language"].encode("latin-1") == "日本".encode()


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "\x7f", "a\x1bb"])
def test_a_value_that_could_end_the_header_is_refused_by_name(value: str) -> None:
    with pytest.raises(MalformedHeader, match="If-Match"):
        forward({"if-match": value})


@given(st.dictionaries(NAMES, st.text(max_size=20)))
def test_what_is_forwarded_is_always_legal_and_allowed(headers: dict[str, str]) -> None:
    try:
        forwarded = forward(headers)
    except MalformedHeader:
        return
    assert set(forwarded) <= set(FORWARDED)
    for value in forwarded.values():
        assert value == value.strip("\t ")
        assert not any(character in value for character in "\r\n\0")
        value.encode("latin-1")


def test_repeated_headers_of_an_answer_stay_repeated_and_in_order() -> None:
    answer = (("Set-Cookie", "a=1"), ("ETag", '"1"'), ("set-cookie", "b=2"))
    assert returned_headers(answer, unchanged) == {"Set-Cookie": ["a=1", "b=2"], "ETag": ['"1"']}


@given(st.lists(st.tuples(NAMES, VALUES)))
def test_an_answer_keeps_every_header_except_those_of_the_connection(answer: list[tuple[str, str]]) -> None:
    named = {name.strip().lower() for key, value in answer if key.lower() == "connection" for name in value.split(",")}

    returned = returned_headers(tuple(answer), unchanged)

    kept = [(key.lower(), value) for key, value in answer if key.lower() not in NOT_RETURNED | named]
    assert sorted((name.lower(), value) for name, values in returned.items() for value in values) == sorted(kept)


def test_references_in_an_answer_are_translated() -> None:
    answer = (
        ("Location", "a"),
        ("Content-Location", "b"),
        ("Link", '<c>; rel="next", <d>; rel="prev"'),
        ("X-Other", "<e>"),
    )
    assert returned_headers(answer, str.upper) == {
        "Location": ["A"],
        "Content-Location": ["B"],
        "Link": ['<C>; rel="next", <D>; rel="prev"'],
        "X-Other": ["<e>"],
    }
