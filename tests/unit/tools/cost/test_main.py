from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tools.cost.__main__ import main

ROOT = Path(__file__).resolve().parents[4]


def as_json(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, object]:
    assert main([*argv, "--json"]) == 0
    document: dict[str, object] = json.loads(capsys.readouterr().out)
    return document


def test_json_holds_money_as_exact_strings(capsys: pytest.CaptureFixture[str]) -> None:
    document = as_json(capsys, "--requests=3M")
    lines = {line["key"]: line for line in document["lines"]}
    assert lines["alb_hours"]["list_price"] == "16.2000"
    assert lines["http_api_requests"] == {
        "key": "http_api_requests",
        "service": "HTTP API",
        "name": "HTTP APIs, requests of up to 512 KB",
        "unit": "requests",
        "quantity": "3000000.0000",
        "list_price": "3.0000",
        "free_tier": "3.0000",
        "first_year": "2.0000",
    }
    total = sum(Decimal(line["free_tier"]) for line in lines.values())
    assert total == pytest.approx(Decimal(document["totals"]["free_tier"]), abs=Decimal("0.002"))


def test_json_says_which_column_the_comparisons_use(capsys: pytest.CaptureFixture[str]) -> None:
    listed, deducted = as_json(capsys, "--free-tier=0"), as_json(capsys)
    assert (listed["comparisons_use"], deducted["comparisons_use"]) == ("list_price", "free_tier")
    assert listed["totals"] == deducted["totals"]
    assert listed["fargate_cheaper_from_requests"] < deducted["fargate_cheaper_from_requests"]
    share = Decimal(deducted["services"]["ALB"]["free_tier"]) / Decimal(deducted["totals"]["free_tier"])
    assert deducted["dominant"] == {"service": "ALB", "share": f"{share:.4f}"}


def test_json_repeats_the_profile_and_the_range(capsys: pytest.CaptureFixture[str]) -> None:
    document = as_json(capsys, "--requests=1k", "--size=2kB", "--employees=5", "--emails=0", "--cloudfront=1")
    assert document["profile"] == {
        "requests": 1_000,
        "response_bytes": 2_000,
        "employees": 5,
        "emails": 0,
        "writes": "0.1",
        "cloudfront": True,
    }
    assert [row["requests"] for row in document["scales"]][::6] == [1_500, 10**9]
    assert document["month_hours"] == 720


def test_the_terminal_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "Cost a month, US dollars" in capsys.readouterr().out


def test_the_documents_go_where_they_are_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--write-docs", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"costs.md", "costs-total.svg", "costs-share.svg"}
    assert capsys.readouterr().out == ""


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-m", "tools.cost", *argv],
        cwd=ROOT,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )


def test_a_stranger_finds_help_with_examples() -> None:
    result = run("--help")
    assert result.returncode == 0
    assert "make cost REQUESTS=3M" in result.stdout
    assert "--free-tier 0|1" in result.stdout


def test_a_bad_flag_leaves_with_status_2() -> None:
    result = run("--requests=lots")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("make cost: argument --requests: REQUESTS must be")


def test_a_pipe_gets_plain_text() -> None:
    assert "\x1b" not in run().stdout
