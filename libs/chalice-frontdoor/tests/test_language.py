from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_frontdoor.request import negotiate

LANGUAGES = ("es", "en")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "es"),
        ("en", "en"),
        ("EN-us", "en"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en;q=0.5, es;q=0.6", "es"),
        ("en;q=0.5,es;q=0.5", "en"),
        ("fr", "es"),
        ("fr, en;q=0.1", "en"),
        ("*", "es"),
        ("fr, *;q=0.5", "es"),
        ("en;q=0", "es"),
        ("es;q=0, en;q=0.1", "en"),
        ("en;q=nan", "es"),
        ("en;q=inf", "es"),
        ("en;q=2", "es"),
        ("en;q=mucho", "es"),
        ("en; Q=0.3, es;q=0.2", "en"),
        ("en;level=1", "en"),
        (",;,=;q", "es"),
    ],
)
def test_the_client_gets_the_language_that_it_wants_most(header: str, language: str) -> None:
    assert negotiate(header, LANGUAGES) == language


def test_a_region_is_found_exactly_before_its_language() -> None:
    assert negotiate("pt-PT", ("pt-BR", "pt-PT")) == "pt-PT"


def test_a_language_is_served_by_a_region_of_it() -> None:
    assert negotiate("pt", ("en", "pt-BR")) == "pt-BR"


@given(st.text(st.sampled_from("esn-;=q.,0123456789* ")) | st.text())
def test_any_header_gives_one_of_the_languages(header: str) -> None:
    assert negotiate(header, LANGUAGES) in LANGUAGES
