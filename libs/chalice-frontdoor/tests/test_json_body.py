from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalice_frontdoor import FrontDoor, read_json
from chalice_frontdoor.testing.client import Answer, Client


def app_that_reads() -> FrontDoor:
    app = FrontDoor("sample", configure_logs=False)
    app.values = []  # type: ignore[attr-defined]

    @app.route("/leer", methods=["POST"], content_types=["*/*"])
    def leer() -> dict[str, Any]:
        app.values.append(read_json(app.current_request))  # type: ignore[attr-defined]
        return {}

    return app


APP = app_that_reads()


def send(body: bytes | str, content_type: str | None = "application/json") -> Answer:
    return Client(APP).post("/leer", body=body, content_type=content_type)


def read(body: bytes | str) -> Any:
    assert send(body).status == 200
    return APP.values[-1]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json", "application/json;a=b"],
)
def test_json_is_read(content_type: str) -> None:
    assert send('{"nombre": "Ana"}', content_type).status == 200


@pytest.mark.parametrize("content_type", [None, "", "text/json", "text/plain", "application/xml", "image/svg+json"])
def test_another_content_type_is_415(content_type: str | None) -> None:
    answer = send('{"nombre": "Ana"}', content_type)
    assert answer.status == 415
    assert answer.headers["Accept"] == "application/json"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        '{"nombre": "Ana"}'.encode("utf-16"),
        b'{"salario": NaN}',
        b"[Infinity, -Infinity]",
        b'{"a": 1, "a": 2}',
        b'{"x": {"a": 1, "a": 2}}',
        b'"\\ud800"',
        b'{"\\uDfff": 1}',
        b'["\\ud83d \\ude00"]',
        b"{} {}",
        b"01",
        b"'a'",
        b"1e9999999999999999999999",
        b"9" * 5_000,
        b"[" * 100_000,
        b"[" * 65 + b"]" * 65,
        b'{"a":' * 65 + b"1" + b"}" * 65,
    ],
)
def test_what_is_no_strict_json_is_400(body: bytes) -> None:
    answer = send(body)
    assert answer.status == 400
    assert answer.json()["detail"] == "The body is not valid JSON in UTF-8."


@pytest.mark.parametrize("body", [b"[" * 64 + b"]" * 64, b"[[]," * 40 + b"1" + b"]" * 40])
def test_what_is_nested_up_to_the_limit_is_read(body: bytes) -> None:
    assert read(body) == json.loads(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("1.10", Decimal("1.10")),
        ("1e400", Decimal("1e400")),
        ("-0.0", Decimal("-0.0")),
        ("0.1", Decimal("0.1")),
        ("7", 7),
        ("9007199254740993", 9007199254740993),
        ('"\\ud83d\\ude00"', "😀"),
        ('"ñ"', "ñ"),
        ("null", None),
    ],
)
def test_values_are_read_exactly(body: str, value: object) -> None:
    found = read(body)
    assert found == value
    assert type(found) is type(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(json_values, st.booleans())
def test_all_json_is_read_as_it_was_written(value: object, ascii_only: bool) -> None:  # noqa: FBT001
    assert read(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@settings(deadline=None)
@given(st.binary() | st.text(st.sampled_from('{}[]",:\\ud8n0123eE.-+ tfaslru')).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    assert send(body).status in {200, 400}
