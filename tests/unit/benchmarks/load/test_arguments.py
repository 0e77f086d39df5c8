from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load.arguments import REPORT, Options, parse_arguments
from benchmarks.load.profile import Profile
from tools.target import NotAnAddress, NotOwn

if TYPE_CHECKING:
    from collections.abc import Mapping


def parse(*argv: str, environment: Mapping[str, str] | None = None) -> Options:
    return parse_arguments(argv, environment or {})


def refusal(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one sentence that a bad value gets."""
    with pytest.raises(SystemExit) as leaving:
        parse(*argv)
    assert leaving.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    sentence, end = output.err.split("\n")
    assert end == ""
    return sentence


def test_without_arguments_it_is_the_load_of_the_original_report() -> None:
    options = parse()
    assert options.target.url == "http://localhost:8000"
    assert (options.profile, options.requests, options.concurrency) == (Profile.READ, 50, 1)
    assert (options.p95_ms, options.errors_percent, options.json, options.report) == (None, None, None, REPORT)


def test_a_climb_has_bounds_of_its_own() -> None:
    options = parse("--profile=step")
    assert (options.requests, options.concurrency, options.p95_ms, options.errors_percent) == (200, 1, 500, 1.0)


def test_what_is_said_wins() -> None:
    options = parse("--profile=step", "--requests=9", "--concurrency=16", "--p95=80ms", "--errors=0", "--duration=60")
    assert (options.requests, options.concurrency, options.seconds) == (9, 16, 60)
    assert (options.p95_ms, options.errors_percent) == (80, 0.0)


def test_the_port_of_make_run_is_known() -> None:
    assert parse(environment={"BFF_PORT": "8100"}).target.url == "http://localhost:8100"
    assert parse("--url=http://127.0.0.1:9", environment={"BFF_PORT": "8100"}).target.url == "http://127.0.0.1:9"


@pytest.mark.parametrize(("text", "percent"), [("1%", 1.0), ("1", 1.0), ("0.5%", 0.5), ("100", 100.0), ("0", 0.0)])
def test_a_percentage_may_have_its_sign(text: str, percent: float) -> None:
    assert parse(f"--errors={text}").errors_percent == percent


@pytest.mark.parametrize("text", ["0", "-1", "", "1e3", "2.5", "100001", "٣", "9" * 5_000, " 5"])
def test_a_number_of_requests_that_cannot_be_is_refused_by_name(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    sentence = refusal(capsys, f"--requests={text}")
    assert sentence.startswith("make load-test: REQUESTS must be a whole number from 1 to 100,000, not '")
    assert len(sentence) < 200


@pytest.mark.parametrize(
    ("argument", "beginning"),
    [
        ("--concurrency=257", "CONCURRENCY must be a whole number from 1 to 256"),
        ("--concurrency=51", "CONCURRENCY (51) must not be larger than REQUESTS (50)"),
        ("--duration=1801", "DURATION must be a whole number from 1 to 1,800"),
        ("--profile=write", "PROFILE must be read, mix or step"),
        ("--p95=0", "P95 must be a whole number of milliseconds from 1 to 30,000, such as 200ms"),
        ("--p95=30001ms", "P95 must be"),
        ("--p95=0.2s", "P95 must be"),
        ("--errors=101%", "ERRORS must be a percentage from 0 to 100, such as 1%"),
        ("--errors=nan", "ERRORS must be"),
        ("--errors=-1", "ERRORS must be"),
        ("--requets=1", "unrecognized arguments: --requets=1"),
    ],
)
def test_each_bad_value_gets_one_sentence_that_names_its_variable(
    argument: str, beginning: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = refusal(capsys, argument)
    assert sentence.startswith(f"make load-test: {beginning}")
    assert sentence.endswith(".")


def test_a_climb_may_begin_with_more_people_than_requests_for_each() -> None:
    assert parse("--profile=step", "--requests=1", "--concurrency=8").concurrency == 8


@pytest.mark.parametrize("variable", ["REPORT", "JSON"])
def test_a_file_that_cannot_be_written_is_refused_before_the_load(
    variable: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    for path in (tmp_path, Path("/"), file / "below"):
        sentence = refusal(capsys, f"--{variable.lower()}={path}")
        assert sentence.startswith(f"make load-test: {variable} must be a file that can be written, not '")


def test_a_file_in_a_folder_that_is_not_there_yet_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    assert parse(f"--json={path}").json == path


def test_another_host_needs_the_word_of_its_owner() -> None:
    with pytest.raises(NotOwn, match=r"^example\.org is not this machine, .* say MINE=1 if it is yours\.$"):
        parse("--url=http://example.org")
    assert parse("--url=https://example.org", "--mine").target.url == "https://example.org"


def test_no_address_is_refused() -> None:
    with pytest.raises(NotAnAddress):
        parse("--url=")


@given(st.text() | st.integers(-10, 200).map(str))
def test_whatever_is_given_is_either_a_number_within_bounds_or_refused(text: str) -> None:
    try:
        options = parse("--profile=step", f"--requests={text}", f"--p95={text}", f"--errors={text}")
    except SystemExit:
        return
    assert 1 <= options.requests <= 100_000
    assert options.p95_ms is not None
    assert 1 <= options.p95_ms <= 30_000
    assert options.errors_percent is not None
    assert 0 <= options.errors_percent <= 100
