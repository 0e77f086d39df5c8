"""One rule for a line of text and an address; the page's module has the same cases (tests/browser/test_modules.py)."""

import json
import re
from pathlib import Path

import idna
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract import email_address
from contract.email_address import MAX_LENGTH, is_email_address, is_invented, read_address, show_address
from contract.text import BrokenRule, clean, read_line

CASES = json.loads((Path(__file__).parents[2] / "contracts" / "text.json").read_text("utf-8"))
LABEL = "d" * 63
LONGEST = f"a@{LABEL}.{LABEL}.{LABEL}.{'d' * 60}"
VALID = ("ana@example.com", "Ana.Perez@example.com", "a!#$%&'*+/=?^_`{|}~-b@x", f"{'a' * 64}@example.com", LONGEST,
         "a@1-2.3")  # fmt: skip
#: Beside those of the page's cases.
INVALID = ("", "ana@example-.com", f"ana@{LABEL}d.com", f"{LONGEST}d", "ana perez@example.com", "ana@example.com\n",
           "ana@example.com,luis@example.com", '"ana"@example.com', "añá@example.com", "ana@exámple.com")  # fmt: skip
INVENTED = ("ana@example.com", "ana@mail.example.org", "ANA@EXAMPLE.NET", "ana@anything.test", "ana@localhost",
            "ana@invalid")  # fmt: skip
#: The last two are no addresses: a demonstration answers 422, not 500.
REAL = ("ana@gmail.com", "ana@example.es", "ana@notexample.com", "ana@example.com.es", "example.com@gmail.com",
        "example.com", "")  # fmt: skip
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


def test_a_stored_address_is_what_a_browser_accepts():
    refused = [sent for sent, kept in CASES["addresses"] if kept is None]
    assert [text for text in (*VALID, *INVALID, *refused) if is_email_address(text)] == [*VALID]
    assert len(LONGEST) == MAX_LENGTH == 254


def test_a_domain_that_is_too_long_is_refused_before_it_is_encoded(monkeypatch):
    """Of 20,000 letters, punycode takes more than a minute."""
    monkeypatch.setattr(email_address, "_encode", lambda _: pytest.fail("encoded"))
    with pytest.raises(BrokenRule) as broken:
        read_address("ana@" + "ñ" * MAX_LENGTH)
    assert broken.value.rule == "longitud"


def test_an_address_in_a_reserved_domain_is_invented():
    assert [text for text in (*INVENTED, *REAL) if is_invented(text)] == [*INVENTED]


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
@example("aa--a.é")
def test_a_domain_is_what_the_standard_says(domain):
    """What is accepted is what a browser makes of it, and is read back from what is shown."""
    address = stored(read_address, f"a@{domain}")
    # Browsers leave an ASCII label like "aa--b" alone, the library refuses it.
    is_left_alone = re.search(r"(?i)(?:^|[.\u3002])(?!xn)..--", clean(domain))
    if address is not None and not domain.isascii() and not is_left_alone:
        assert address == f"a@{idna.encode(clean(domain), uts46=True).decode().lower()}"
    if address is not None:
        assert is_email_address(address)
        assert read_address(show_address(address)) == read_address(address) == address
