"""One rule for an email address, wherever it comes from."""

from __future__ import annotations

import pytest

from contract.email_address import MAX_LENGTH, is_email_address, is_invented

LABEL = "d" * 63


@pytest.mark.parametrize(
    "text",
    [
        "ana@example.com",
        "Ana.Pérez@example.com".replace("é", "e"),
        "a!#$%&'*+/=?^_`{|}~-b@x",
        f"{'a' * 64}@example.com",
        f"a@{LABEL}.{LABEL}.{LABEL}.{'d' * 60}",  # 254 characters
        "a@1-2.3",
    ],
)
def test_an_address_that_a_browser_accepts_is_valid(text: str) -> None:
    assert is_email_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "@example.com",
        "ana@",
        "ana@@example.com",
        "ana@example..com",
        "ana@-example.com",
        "ana@example-.com",
        f"ana@{LABEL}d.com",
        f"{'a' * 65}@example.com",
        f"a@{LABEL}.{LABEL}.{LABEL}.{'d' * 61}",
        "ana perez@example.com",
        "ana@example.com\n",
        "ana@example.com\r\nBcc: x@example.com",
        "ana@example.com,luis@example.com",
        '"ana"@example.com',
        "añá@example.com",
        "ana@exámple.com",
    ],
)
def test_anything_else_is_not_an_address(text: str) -> None:
    assert not is_email_address(text)


def test_the_longest_address_has_254_characters() -> None:
    longest = f"a@{LABEL}.{LABEL}.{LABEL}.{'d' * 60}"

    assert len(longest) == MAX_LENGTH


@pytest.mark.parametrize(
    ("address", "invented"),
    [
        ("ana@example.com", True),
        ("ana@mail.example.org", True),
        ("ANA@EXAMPLE.NET", True),
        ("ana@anything.test", True),
        ("ana@localhost", True),
        ("ana@invalid", True),
        ("ana@gmail.com", False),
        ("ana@example.es", False),
        ("ana@notexample.com", False),
        ("ana@example.com.es", False),
        ("example.com@gmail.com", False),
        ("example.com", False),  # no address: a demonstration answers 422, not 500
        ("", False),
    ],
)
def test_an_address_in_a_reserved_domain_is_invented(address: str, *, invented: bool) -> None:
    assert is_invented(address) is invented
