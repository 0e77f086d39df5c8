from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_frontdoor import FrontDoor, Problem
from chalice_frontdoor.idempotency import HEADER, MALFORMED, MAX_LENGTH, KeyInFlight, KeyReused, read_key
from chalice_frontdoor.testing.client import Answer, Client
from chalice_frontdoor.testing.events import DOORS


def app_that_tells_the_key() -> FrontDoor:
    app = FrontDoor("sample", languages=("es", "en"), configure_logs=False)

    @app.route("/clave", methods=["POST"])
    def clave() -> dict[str, str | None]:
        return {"clave": read_key(app.current_request.headers)}

    return app


APP = app_that_tells_the_key()


def send(key: str, door: str = "http_api_2", **headers: str) -> Answer:
    return Client(APP, door).post("/clave", headers={HEADER: key, **headers})


def test_the_key_is_what_stands_in_the_quotes() -> None:
    for door in DOORS:
        assert send('"8e03978e-40d5-43dd-bc93-6894a57f9324"', door).json() == {
            "clave": "8e03978e-40d5-43dd-bc93-6894a57f9324"
        }


def test_a_request_may_have_none() -> None:
    assert Client(APP).post("/clave").json() == {"clave": None}


def test_the_quotes_may_be_left_out_around_a_plain_word() -> None:
    assert read_key({HEADER: "8e03978e-40d5"}) == read_key({HEADER: '"8e03978e-40d5"'})


@pytest.mark.parametrize(
    "key",
    ["", '""', '"', '"a', 'a"', "a b", "a,b", '"a", "b"', '"a";p=1', '"a"b"', '"\\a"', '"a\\"', "á", '"á"', '"a\tb"',
     "a" * (MAX_LENGTH + 1), '"' + "a" * (MAX_LENGTH + 1) + '"'],
)  # fmt: skip
def test_what_is_no_key_is_refused_with_the_rule(key: str) -> None:
    with pytest.raises(Problem) as refusal:
        read_key({HEADER: key})
    assert (refusal.value.status, refusal.value.type) == (400, MALFORMED)


def test_the_rule_is_told_in_the_language_of_the_client() -> None:
    answer = send('"a', **{"Accept-Language": "en"})
    assert (answer.status, answer.json()["type"]) == (400, MALFORMED)
    assert "1 to 255 characters" in answer.json()["detail"]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=MAX_LENGTH))
def test_every_text_of_ascii_can_be_a_key(key: str) -> None:
    quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert read_key({HEADER: quoted}) == key


@given(st.text())
def test_any_text_is_a_key_or_refused(text: str) -> None:
    try:
        key = read_key({HEADER: text}) or ""
    except Problem:
        return
    assert 1 <= len(key) <= MAX_LENGTH
    assert key.isascii()
    assert key.isprintable()


def test_a_request_under_way_says_when_to_ask_again() -> None:
    assert (KeyInFlight().status, KeyInFlight().headers) == (409, {"Retry-After": "1"})


def test_a_key_of_another_request_cannot_be_had() -> None:
    assert KeyReused().status == 422
