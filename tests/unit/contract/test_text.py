"""One rule for a line of text and an address; the page's module has the same cases (tests/browser/test_modules.py)."""

import json
from pathlib import Path

import idna
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.email_address import is_email_address, read_address, show_address
from contract.text import BrokenRule, clean, read_line

CASES = json.loads((Path(__file__).parents[2] / "contracts" / "text.json").read_text("utf-8"))
ANY = st.text() | st.text("a \t\u00a0\u0301\u034f\u200b\u200c\u200d\u0639\u0928\u00ad\ufeff\u1161\u1100e", max_size=8)
DOMAIN = st.text("aé\u0301ßñ-.xnİςяहि例。\uff21\u200c1", min_size=1, max_size=12)


def stored(read, *arguments):
    try:
        return read(*arguments)
    except BrokenRule:
        return None


def test_a_line_is_cleaned_or_refused():
    assert [[sent, stored(read_line, sent, 10)] for sent, _ in CASES["lines"]] == CASES["lines"]


def test_an_address_is_stored_in_one_form_and_shown_in_the_other():
    assert [[sent, stored(read_address, sent)] for sent, _ in CASES["addresses"]] == CASES["addresses"]
    shown = {"ana@xn--espaa-rta.es": "ana@españa.es", "a@b.c": "a@b.c", "a@xn--a.es": "a@xn--a.es",
             "a@xn--a-.es": "a@xn--a-.es", "a@xn--\ud800": "a@xn--\ud800"}  # fmt: skip
    assert {address: show_address(address) for address in shown} == shown


def test_a_refusal_names_the_character():
    with pytest.raises(BrokenRule, match="caracteres") as caught:
        read_line("Ana\u202eP", 10)
    assert "U+202E" in caught.value.message["es"]


@given(ANY)
@example("\u0915\u200c\u200d\u0915")
def test_cleaning_twice_changes_nothing(text):
    once = clean(text)
    assert clean(once) == once
    assert stored(read_line, once, 99) == stored(read_line, text, 99)


@given(DOMAIN)
@example("a\u3002b")
def test_a_domain_is_what_the_standard_says(domain):
    """What is accepted is what a browser makes of it, and is read back from what is shown."""
    address = stored(read_address, f"a@{domain}")
    if address is not None and not domain.isascii():
        assert address == f"a@{idna.encode(clean(domain), uts46=True).decode().lower()}"
    if address is not None:
        assert is_email_address(address)
        assert read_address(show_address(address)) == read_address(address) == address
