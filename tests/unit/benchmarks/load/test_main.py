"""The whole program, against a directory in memory."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from benchmarks.load.__main__ import main
from benchmarks.load.fake_directory import json_answer
from benchmarks.load.work import OWN_DOMAIN, own_employee
from local.settings import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.load.fake_directory import FakeDirectory
    from local.wire import WireAnswer, WireRequest

pytestmark = pytest.mark.usefixtures("_own_signals")


@pytest.fixture
def arguments(fake_directory: FakeDirectory, tmp_path: Path) -> list[str]:
    """Where the directory is, and where the reports shall be."""
    return [f"--url={fake_directory.url}", f"--report={tmp_path}/new/report.html", f"--json={tmp_path}/report.json"]


def own_rows(directory: FakeDirectory) -> list[object]:
    return [row["email"] for row in directory.rows.values() if row["email"].endswith(OWN_DOMAIN)]


def test_reading_prints_the_block_and_writes_both_reports(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--requests=20", "--concurrency=2", "--p95=30000ms", "--errors=0%"], {}) == 0

    output = capsys.readouterr()
    assert output.err == ""
    assert re.search(r"^  Total: +20\n  Exitosas: +20\n  Fallidas: +0$", output.out, re.MULTILINE)
    assert re.search(r"^P95 ≤ 30000 ms: se cumple \(\d+\.\d\d ms\)$", output.out, re.MULTILINE)
    assert f"Informe: {tmp_path}/new/report.html" in output.out
    assert (tmp_path / "new" / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (document["total"], document["concurrency"], document["interrupted"]) == (20, 2, False)


def test_the_report_is_named_as_seen_from_here(
    fake_directory: FakeDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    report = tmp_path / "report.html"
    assert main([f"--url={fake_directory.url}", "--requests=1", f"--report={report}"], {}) == 0
    assert "Informe: report.html" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_missed_threshold_is_exit_code_1(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--requests=5", "--p95=1ms"], {}) == 1
    assert "P95 ≤ 1 ms: NO se cumple" in capsys.readouterr().out


def test_the_mix_leaves_no_employee_behind(
    arguments: list[str], fake_directory: FakeDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    before = dict(fake_directory.rows)
    fake_directory.add(**own_employee("killed", 1))  # of a run that could not clean up
    assert main([*arguments, "--requests=100", "--concurrency=3", "--profile=mix", "--errors=0"], {}) == 0
    assert fake_directory.rows == before
    # 4 to begin with, 4 more, less the 2 removed on the way, and the one of before.
    assert "Borrados: 7." in capsys.readouterr().out


def test_a_climb_finds_how_many_at_once_are_worth_it(
    arguments: list[str], fake_directory: FakeDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_places = threading.Semaphore(2)

    def work(_: WireRequest) -> None:
        with two_places:
            time.sleep(0.03)

    fake_directory.fault = work
    assert main([*arguments, "--profile=step", "--requests=20", "--p95=30000"], {}) == 0
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    # Which step is the knee depends on how busy the machine is; test_climb.py decides it from given steps.
    climbed = [step["concurrency"] for step in document["steps"]]
    assert climbed == [2**number for number in range(len(climbed))]
    assert document["halt"] == "flat"
    assert document["knee"] in climbed[:-1]
    assert f"Rodilla: {document['knee']} a la vez, con " in capsys.readouterr().out


def test_a_climb_asks_for_no_more_than_256_at_once(arguments: list[str], tmp_path: Path) -> None:
    arguments += ["--profile=step", "--requests=1", "--concurrency=256", "--p95=30000"]
    assert main(arguments, {}) == 0
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (document["halt"], document["knee"]) == ("top", 256)


def test_a_climb_ends_when_the_time_is_up(arguments: list[str], fake_directory: FakeDirectory, tmp_path: Path) -> None:
    fake_directory.fault = lambda _: time.sleep(0.05)
    main([*arguments, "--profile=step", "--requests=100000", "--duration=1"], {})
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (document["halt"], len(document["steps"])) == ("spent", 1)


def test_an_unreachable_server_is_one_sentence(
    arguments: list[str], fake_directory: FakeDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_directory.stop()
    assert main(arguments, {}) == 2
    assert capsys.readouterr().err == (
        f"make load-test: No directory answers at {fake_directory.url} (ConnectError): start it with `make run`.\n"
    )


def test_an_empty_directory_is_one_sentence(
    arguments: list[str], fake_directory: FakeDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_directory.rows.clear()
    assert main(arguments, {}) == 2
    assert capsys.readouterr().err.endswith("is empty: fill it with `make demo`.\n")


def test_a_report_that_cannot_be_written_is_one_sentence_after_the_results(
    fake_directory: FakeDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def be_in_the_way(_: WireRequest) -> None:
        (tmp_path / "new").touch()  # where the folder of the report was to be

    fake_directory.fault = be_in_the_way
    assert main([f"--url={fake_directory.url}", "--requests=1", f"--report={tmp_path}/new/report.html"], {}) == 2
    output = capsys.readouterr()
    assert "RESULTADOS" in output.out
    assert output.err == f"make load-test: {tmp_path}/new/report.html cannot be written (File exists).\n"


def test_the_results_are_shown_also_when_the_directory_dies_with_rows_in_it(
    arguments: list[str], fake_directory: FakeDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_directory.fault = lambda request: json_answer({}, 503) if request.method == "DELETE" else None
    assert main([*arguments, "--profile=mix"], {}) == 2
    output = capsys.readouterr()
    assert "1 de HTTP 503" in output.out
    assert f"Employees of {OWN_DOMAIN} are left" in output.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_load_and_what_it_made_is_removed(
    number: signal.Signals, arguments: list[str], fake_directory: FakeDirectory, tmp_path: Path
) -> None:
    process = start(*arguments, "--profile=mix", "--requests=100000", "--concurrency=4")
    fake_directory.wait_until(lambda: "PUT" in {request.method for request in list(fake_directory.requests)})
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)

    assert (process.returncode, errors) == (130, "")
    assert re.search(r"^La prueba terminó con Ctrl-C: \d+ de 100000 peticiones\.$", output, re.MULTILINE)
    assert own_rows(fake_directory) == []
    assert len(fake_directory.rows) == 120
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["interrupted"] is True


def test_a_signal_in_a_climb_drops_the_step_that_it_cut(
    arguments: list[str], fake_directory: FakeDirectory, tmp_path: Path
) -> None:
    fake_directory.fault = lambda _: time.sleep(0.02)
    process = start(*arguments, "--profile=step", "--requests=100000")
    fake_directory.wait_until(lambda: len(fake_directory.requests) > 20)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "No hay rodilla: interrumpida con Ctrl-C." in output
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["steps"] == []


def test_a_signal_before_the_load_begins_sends_nothing(arguments: list[str], fake_directory: FakeDirectory) -> None:
    def interrupt(request: WireRequest) -> WireAnswer | None:
        if "orden=-id" in request.query:
            os.kill(process.pid, signal.SIGINT)
            time.sleep(0.3)
        return None

    fake_directory.fault = interrupt
    process = start(*arguments, "--requests=100")
    process.communicate(timeout=30)
    assert process.returncode == 130
    # Whether it is there and lets one in, and the three lists from which the load is made.
    assert len(fake_directory.requests) == 5


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
