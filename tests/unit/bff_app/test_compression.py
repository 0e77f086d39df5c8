"""Answers of the APIs travel compressed where that is wanted, worth it, and tells nobody else anything."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from chalice_frontdoor.testing.events import DOORS
from chalicelib.web.headers import MIN_COMPRESSED_BYTES, accepts_gzip
from tests.unit.bff_app.servers import answering

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_frontdoor.testing.client import Answer, Client
    from tests.unit.bff_app.servers import Server

JSON = "Content-Type: application/json"
ROWS = json.dumps([{"id": number, "nombre": "Ana Pérez"} for number in range(100)]).encode()
OWN_PAGE = {"Accept-Encoding": "gzip, br", "Sec-Fetch-Site": "same-origin"}


def ask(
    bff: Callable[..., Client], serve: Callable[..., Server], headers: dict[str, str], *answer: str, body: bytes = ROWS
) -> Answer:
    return bff(serve(answering(body, JSON, *answer))).get("/empleados", headers=headers)


@pytest.mark.parametrize("door", DOORS)
def test_a_list_is_compressed_for_our_own_page(
    bff: Callable[..., Client], serve: Callable[..., Server], door: str
) -> None:
    upstream = serve(answering(ROWS, JSON, "Vary: Accept-Language"))
    answer = bff(upstream, door=door).get("/empleados", headers=OWN_PAGE)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.body) == ROWS
    assert answer.headers["Vary"] == "Accept-Language, Accept-Encoding"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_program_with_a_token_of_its_own_gets_it_compressed(
    bff: Callable[..., Client], serve: Callable[..., Server]
) -> None:
    answer = ask(bff, serve, {"Accept-Encoding": "gzip", "Authorization": "Bearer x"})
    assert gzip.decompress(answer.body) == ROWS
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Accept-Encoding": "gzip;q=0"},
        {"Accept-Encoding": "gzip"},
        {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-site"},
        {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_nobody_else_does(bff: Callable[..., Client], serve: Callable[..., Server], headers: dict[str, str]) -> None:
    """The length of what another site had somebody's browser ask for would tell it something (BREACH)."""
    answer = ask(bff, serve, headers)
    assert answer.body == ROWS
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("header", ['ETag: "7"', "Content-Encoding: br"])
def test_bytes_that_have_a_name_stay_as_they_are(
    bff: Callable[..., Client], serve: Callable[..., Server], header: str
) -> None:
    assert ask(bff, serve, OWN_PAGE, header).body == ROWS


def test_what_is_short_stays_as_it_is(bff: Callable[..., Client], serve: Callable[..., Server]) -> None:
    short = b" " * (MIN_COMPRESSED_BYTES - 1)
    assert ask(bff, serve, OWN_PAGE, body=short).body == short


@pytest.mark.parametrize(
    ("accept_encoding", "accepted"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("br, gzip ; q=1.0", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, br", False),
        ("br", False),
        ("x-gzip-like", False),
        ("", False),
    ],
)
def test_gzip_is_sent_only_where_it_is_wanted(accept_encoding: str, accepted: bool) -> None:  # noqa: FBT001
    assert accepts_gzip({"Accept-Encoding": accept_encoding}) is accepted
