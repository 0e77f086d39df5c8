from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.cost.arguments import free_tier_of, parse_arguments, profile_of
from tools.cost.prices import FreeTier
from tools.cost.profile import Profile


def profile(*argv: str) -> Profile:
    return profile_of(parse_arguments(argv))


def test_nothing_said_is_fifty_requests_a_day() -> None:
    assert profile() == Profile(
        requests=1_500, response_bytes=7_650, employees=1_000, emails=150, writes=Decimal("0.1"), cloudfront=True
    )


@pytest.mark.parametrize(
    ("text", "requests"),
    [
        ("1", 1),
        ("1500", 1_500),
        ("1_500", 1_500),
        ("30k", 30_000),
        ("1.5M", 1_500_000),
        ("1B", 10**9),
        ("2 m", 2_000_000),
    ],
)
def test_requests_are_digits_or_short_forms(text: str, requests: int) -> None:
    assert profile("--requests", text).requests == requests


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("800", 800), ("800B", 800), ("12kB", 12_000), ("1.5k", 1_500), ("1MB", 10**6)]
)
def test_a_size_is_bytes_or_kilobytes(text: str, size: int) -> None:
    assert profile("--size", text).response_bytes == size


def test_mails_follow_the_writes_unless_they_are_said() -> None:
    assert profile("--requests", "1000", "--writes", "0.25").emails == 250
    assert profile("--requests", "1000", "--emails", "7").emails == 7


def test_the_free_tier_is_deducted_unless_it_is_refused() -> None:
    assert free_tier_of(parse_arguments([])) is FreeTier.ALWAYS
    assert free_tier_of(parse_arguments(["--free-tier", "1"])) is FreeTier.ALWAYS
    assert free_tier_of(parse_arguments(["--free-tier", "0"])) is FreeTier.NONE


def test_cloudfront_is_a_choice() -> None:
    assert profile().cloudfront
    assert not profile("--cloudfront", "0").cloudfront


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        (
            "--requests=0",
            "REQUESTS must be a whole number from 1 to 1,000,000,000,000, such as 50000, 30k or 1.5M, not '0'",
        ),
        ("--requests=-5", "REQUESTS must be a whole number from 1"),
        ("--requests=1.5", "REQUESTS must be a whole number"),
        ("--requests=many", "not 'many'"),
        ("--requests=1e9", "REQUESTS must be"),
        ("--requests=", "REQUESTS must be"),
        ("--requests=٣", "REQUESTS must be"),
        ("--requests=1_001B", "REQUESTS must be"),
        ("--requests=NaN", "REQUESTS must be"),
        ("--size=-1", "SIZE must be a number of bytes from 0 to 1,048,576"),
        ("--size=2MB", "SIZE must be a number of bytes from 0 to 1,048,576"),
        ("--size=1B2", "SIZE must be"),
        ("--employees=-1", "EMPLOYEES must be a whole number from 0"),
        ("--emails=x", "EMAILS must be a whole number from 0"),
        ("--writes=1.1", "WRITES must be a fraction from 0 to 1, such as 0.1, not '1.1'"),
        ("--writes=50%", "WRITES must be a fraction from 0 to 1"),
        ("--writes=NaN", "WRITES must be a fraction"),
        ("--free-tier=yes", "FREE_TIER must be 0 or 1, not 'yes'"),
        ("--cloudfront=2", "CLOUDFRONT must be 0 or 1, not '2'"),
        ("--request=5", "unrecognized arguments: --request=5"),
    ],
)
def test_a_bad_value_is_refused_with_one_sentence(
    argument: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        parse_arguments([argument])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_the_edges_of_every_rule_are_accepted() -> None:
    largest = profile(
        "--requests=1000B", "--size=1048576", "--employees=1B", "--emails=1000B", "--writes=1", "--cloudfront=0"
    )
    assert (largest.requests, largest.response_bytes, largest.writes) == (10**12, 2**20, Decimal(1))
    smallest = profile("--requests=1", "--size=0", "--employees=0", "--emails=0", "--writes=0")
    assert (smallest.requests, smallest.response_bytes, smallest.emails) == (1, 0, 0)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_number_within_the_rule_or_refused(text: str) -> None:
    try:
        requests = profile(f"--requests={text}").requests
    except SystemExit as stopped:
        assert stopped.code == 2  # noqa: PT017 - both outcomes are right
    else:
        assert 1 <= requests <= 10**12


@settings(deadline=None)
@given(st.integers(1, 10**12))
def test_every_whole_number_within_the_rule_is_taken_as_it_is(requests: int) -> None:
    assert profile(f"--requests={requests}").requests == requests
