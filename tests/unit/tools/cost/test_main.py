from __future__ import annotations

import re

import pytest

from tools.cost.__main__ import SCALES, main, read_profile
from tools.cost.model import FreeTier, Profile, estimate_bills, find_break_even


def test_arguments_have_defaults_and_short_forms() -> None:
    assert read_profile([]) == Profile(requests=1_500, response_bytes=7_650, emails=150)
    for text, requests in (("1500", 1_500), ("30k", 30_000), ("1.5M", 1_500_000), ("1B", 10**9)):
        assert read_profile(["--requests", text]).requests == requests
    for text, size in (("0", 0), ("800B", 800), ("12kB", 12_000), ("1.5k", 1_500), ("1MB", 10**6)):
        assert read_profile(["--size", text]).response_bytes == size
    assert [read_profile(["--requests=1000", *emails]).emails for emails in ([], ["--emails=0"])] == [100, 0]


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--requests=0", "REQUESTS must be a whole number from 1 to 1,000,000,000,000, such as 50000, 30k or 1.5M"),
        ("--requests=1001B", "REQUESTS must be"),
        ("--size=2MB", "SIZE must be a whole number from 0 to 1,048,576"),
    ],
)
def test_a_bad_value_is_refused_in_one_line(argument: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([argument])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f"make cost: {sentence}")
    assert error.count("\n") == 1


def test_the_terminal_shows_the_bill_the_range_and_the_break_even(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    bill, _ = estimate_bills(Profile(1_500, 7_650, 150))
    totals = " +".join(rf"\${bill.total(column):.2f}" for column in FreeTier)
    most, fargate = estimate_bills(Profile(SCALES[-1], 7_650, SCALES[-1] // 10))
    billion = " +".join(
        rf"\${amount:,.0f}"
        for amount in (most.total(FreeTier.NONE), most.total(FreeTier.ALWAYS), fargate.total(FreeTier.ALWAYS))
    )
    break_even = find_break_even(Profile(1_500, 7_650, 150), FreeTier.ALWAYS)
    assert break_even

    assert main([]) == 0

    text = capsys.readouterr().out
    assert re.search(r"^ *hours +720 hours +\$16\.20 +\$16\.20 +\$0\.00", text, re.MULTILINE)
    assert re.search(rf"^ *total +{totals}", text, re.MULTILINE)
    assert re.search(rf"^ 1 B +{billion} +SES [0-9]+%", text, re.MULTILINE)
    assert f"Fargate is cheaper from about {break_even / 10**6:.3g} M requests a month" in text
