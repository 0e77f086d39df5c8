from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from tools.cost.__main__ import main, parse_arguments, profile_of
from tools.cost.model import Profile


def profile(*argv: str) -> Profile:
    return profile_of(parse_arguments(argv))


def read_json(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    assert main([*argv, "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_arguments_have_defaults_and_short_forms() -> None:
    assert profile() == Profile(
        requests=1_500, response_bytes=7_650, employees=1_000, emails=150, writes=Decimal("0.1"), cloudfront=True
    )
    for text, requests in (("1500", 1_500), ("30k", 30_000), ("1.5M", 1_500_000), ("1B", 10**9)):
        assert profile("--requests", text).requests == requests
    for text, size in (("0", 0), ("800B", 800), ("12kB", 12_000), ("1.5k", 1_500), ("1MB", 10**6)):
        assert profile("--size", text).response_bytes == size
    assert [profile(f"--employees={rows}").response_bytes for rows in (0, 1, 50, 10**6)] == [150, 300, 7_650, 7_650]
    assert profile("--requests=1000", "--writes=0.25").emails == 250
    assert profile("--requests=1000", "--emails=7", "--cloudfront=0").emails == 7


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--requests=0", "REQUESTS must be a whole number from 1 to 1,000,000,000,000, such as 50000, 30k or 1.5M"),
        ("--requests=1.5", "REQUESTS must be a whole number"),
        ("--requests=1e9", "REQUESTS must be"),
        ("--requests=1001B", "REQUESTS must be"),
        ("--size=2MB", "SIZE must be a whole number from 0 to 1,048,576"),
        ("--writes=1.1", "WRITES must be a fraction from 0 to 1, such as 0.1, not '1.1'"),
        ("--writes=NaN", "WRITES must be a fraction"),
        ("--cloudfront=2", "CLOUDFRONT must be a whole number from 0 to 1, not '2'"),
    ],
)
def test_a_bad_value_is_refused_in_one_line(argument: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([argument])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f"make cost: {sentence}")
    assert error.count("\n") == 1


def test_json_holds_money_as_exact_strings(capsys: pytest.CaptureFixture[str]) -> None:
    document = read_json(capsys, "--requests=3M", "--size=2kB")
    (line,) = [line for line in document["lines"] if line["key"] == "http_api_requests"]
    assert (line["quantity"], line["list_price"], line["first_year"]) == ("3000000.0000", "3.0000", "2.0000")
    assert document["profile"]["response_bytes"] == 2_000
    assert [row["requests"] for row in document["scales"]][::6] == [1_500, 10**9]


def test_comparisons_use_the_column_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    listed, deducted = read_json(capsys, "--free-tier=0"), read_json(capsys)
    assert (listed["comparisons_use"], deducted["comparisons_use"]) == ("list_price", "free_tier")
    assert listed["fargate_cheaper_from_requests"] < deducted["fargate_cheaper_from_requests"]
    share = Decimal(deducted["services"]["ALB"]["free_tier"]) / Decimal(deducted["totals"]["free_tier"])
    assert deducted["dominant"] == {"service": "ALB", "share": f"{share:.4f}"}


def test_the_terminal_shows_the_same_bill(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    totals = read_json(capsys)["totals"]
    assert main([]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^ *hours +720 hours +\$16\.20 +\$16\.20 +\$0\.00", text, re.MULTILINE)
    columns = " +".join(rf"\${Decimal(amount):.2f}" for amount in totals.values())
    assert re.search(rf"^ *total +{columns}", text, re.MULTILINE)
    assert re.search(r"^ 1 B +\$[0-9,]+ +\$[0-9,]+ +\$[0-9,]+ +SES [0-9]+%", text, re.MULTILINE)
    assert "Fargate is cheaper from about" in text
