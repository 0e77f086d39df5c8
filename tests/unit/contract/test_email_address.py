"""One rule for email addresses from every source."""

import pytest

from contract import email_address
from contract.email_address import MAX_LENGTH, is_email_address, is_invented, read_address
from contract.text import BrokenRule

LABEL = "d" * 63
LONGEST = f"a@{LABEL}.{LABEL}.{LABEL}.{'d' * 60}"
VALID = ("ana@example.com", "Ana.Perez@example.com", "a!#$%&'*+/=?^_`{|}~-b@x", f"{'a' * 64}@example.com", LONGEST,
         "a@1-2.3")  # fmt: skip
INVALID = ("", "ana", "@example.com", "ana@", "ana@@example.com", "ana@example..com", "ana@-example.com",
           "ana@example-.com", f"ana@{LABEL}d.com", f"{'a' * 65}@example.com", f"{LONGEST}d", "ana perez@example.com",
           "ana@example.com\n", "ana@example.com\r\nBcc: x@example.com", "ana@example.com,luis@example.com",
           '"ana"@example.com', "añá@example.com", "ana@exámple.com")  # fmt: skip
INVENTED = ("ana@example.com", "ana@mail.example.org", "ANA@EXAMPLE.NET", "ana@anything.test", "ana@localhost",
            "ana@invalid")  # fmt: skip
#: The last two are no addresses: a demonstration answers 422, not 500.
REAL = ("ana@gmail.com", "ana@example.es", "ana@notexample.com", "ana@example.com.es", "example.com@gmail.com",
        "example.com", "")  # fmt: skip


def test_an_address_is_what_a_browser_accepts():
    assert [text for text in (*VALID, *INVALID) if is_email_address(text)] == [*VALID]
    assert len(LONGEST) == MAX_LENGTH == 254


def test_a_domain_that_is_too_long_is_refused_before_it_is_encoded(monkeypatch):
    """Of 20,000 letters, punycode takes more than a minute."""
    monkeypatch.setattr(email_address, "_encode", lambda _: pytest.fail("encoded"))
    with pytest.raises(BrokenRule) as broken:
        read_address("ana@" + "ñ" * MAX_LENGTH)
    assert broken.value.rule == "longitud"


def test_an_address_in_a_reserved_domain_is_invented():
    assert [text for text in (*INVENTED, *REAL) if is_invented(text)] == [*INVENTED]
