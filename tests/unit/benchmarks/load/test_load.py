from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from benchmarks.load.__main__ import OWN_DOMAIN, OWN_EMPLOYEE, main
from benchmarks.load.results import Answer, figures_of, find_halt, find_knee, format_block, step_figures, thresholds_of
from local.settings import ROOT
from tests.support.fake_directory import json_answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.load.results import Figures
    from tests.support.fake_directory import FakeDirectory

BLOCK = """\
==========================================
RESULTADOS
==========================================

Peticiones:
  Total:          10
  Exitosas:       8
  Fallidas:       2
  Tasa de éxito:  80 %

Tiempos de respuesta:
  Promedio:       4.50 ms
  Mínimo:         1.00 ms
  Máximo:         8.00 ms

Percentiles:
  P50 (mediana):  4.00 ms
  P90:            8.00 ms
  P95:            8.00 ms
  P99:            8.00 ms

Rendimiento:
  Tiempo total:   2.00 seg
  Throughput:     4.00 req/seg
=========================================="""


@pytest.fixture
def arguments(fake_directory: FakeDirectory, tmp_path: Path) -> list[str]:
    """Where the directory is, and where to write the reports."""
    return [f"--url={fake_directory.url}", f"--report={tmp_path}/new/report.html", f"--json={tmp_path}/report.json"]


def answers(*times: float, failures: int = 0) -> list[Answer]:
    right = [Answer(0.2 * (place + 1), ms, "ver", "") for place, ms in enumerate(times)]
    return [*right, *[Answer(2.0, 0.1, "ver", "HTTP 503")] * failures]


def step(users: int, throughput: float, p95: float | None = 20.0, failed: int = 0) -> Figures:
    return {"concurrency": users, "throughput": throughput, "ms": {"p95": p95}, "failed": failed, "total": 100}


def test_the_block_of_the_original_report_counts_right_answers_only() -> None:
    assert format_block(figures_of(answers(*range(8, 0, -1), failures=2), 2.0)) == BLOCK
    assert figures_of([], 0.0)["ms"]["p95"] is None
    almost = figures_of([*answers(*[1.0] * 99_999), *answers(failures=1)], 1.0)
    assert "> 99.99 %" in format_block(almost)


def test_a_step_leaves_out_the_first_answer_for_each_person() -> None:
    figures = step_figures(2, answers(900, 800, 1, 2, 3))
    assert (figures["total"], figures["ms"]["max"]) == (3, 3)
    assert figures["throughput"] == pytest.approx(3 / 0.6)


@pytest.mark.parametrize(
    ("steps", "halt", "knee"),
    [
        ([step(1, 10)], None, 1),
        ([step(1, 10), step(2, 11.1)], None, 2),
        ([step(1, 10), step(2, 10.9)], "flat", 1),
        ([step(1, 10), step(2, 20, p95=501)], "slow", 1),
        ([step(1, 10, p95=None)], "slow", None),
        ([step(1, 10), step(2, 20, failed=2)], "failing", 1),
        ([step(128, 10), step(256, 20)], "top", 256),
    ],
)
def test_a_climb_halts_at_the_knee(steps: Sequence[Figures], halt: str | None, knee: int | None) -> None:
    found, top = find_halt(steps, 500, 1), find_knee(steps, 500, 1)
    assert (found and found[0]) == halt
    assert (top and top["concurrency"]) == knee


def test_a_threshold_is_kept_up_to_its_limit_and_missed_without_an_answer() -> None:
    figures = figures_of(answers(10, 20, failures=2), 1.0)
    assert [threshold["kept"] for threshold in thresholds_of(figures, 20, 50)] == [True, True]
    assert [threshold["kept"] for threshold in thresholds_of(figures, 19, 49)] == [False, False]
    assert [threshold["kept"] for threshold in thresholds_of(figures_of([], 0.0), 100, 0)] == [False, True]


def test_reading_sends_every_request_once_and_writes_both_reports(
    arguments: list[str], fake_directory: FakeDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--requests=20", "--concurrency=2", "--p95=30000ms", "--errors=0%"], {}) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert re.search(r"^  Total: +20\n  Exitosas: +20\n  Fallidas: +0$", output.out, re.MULTILINE)
    assert re.search(r"^P95 ≤ 30000 ms: se cumple \(\d+\.\d\d ms\)$", output.out, re.MULTILINE)
    assert "p\\u00e1gina siguiente" in (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert {kind: figures["total"] for kind, figures in document["by_kind"].items()} == {
        "listar": 8,
        "buscar": 6,
        "ver": 4,
        "página siguiente": 2,
    }
    preparation = 4  # whether it is there, and the three lists from which the load is made
    assert len(fake_directory.requests) == 20 + preparation + 1  # and whether it lets the program in


def test_failures_and_missed_thresholds_are_exit_code_1(
    arguments: list[str], fake_directory: FakeDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_directory.fault = lambda request: json_answer({}, 503) if "q=" in request.query else None
    assert main([*arguments, "--requests=10", "--errors=1%"], {}) == 1
    output = capsys.readouterr().out
    assert "  3 de HTTP 503\n" in output
    assert "Fallidas ≤ 1 %: NO se cumple (30.00 %)" in output


def test_the_mix_writes_and_leaves_no_employee_behind(
    arguments: list[str], fake_directory: FakeDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    before = dict(fake_directory.rows)
    fake_directory.add(**{**OWN_EMPLOYEE, "email": f"killed-1@{OWN_DOMAIN}"})  # of a run that could not clean up
    assert main([*arguments, "--requests=100", "--concurrency=3", "--profile=mix", "--errors=0"], {}) == 0
    assert fake_directory.rows == before
    methods = Counter(request.method for request in fake_directory.requests)
    # Four rows to begin with, four more, less the two removed on the way, and the one from before.
    assert (methods["POST"], methods["PUT"], methods["DELETE"]) == (8, 4, 9)
    assert "Borrados: 7 empleados" in capsys.readouterr().out


def test_a_climb_doubles_the_people_until_the_time_is_up(
    arguments: list[str], fake_directory: FakeDirectory, tmp_path: Path
) -> None:
    fake_directory.fault = lambda _: time.sleep(0.05)
    main([*arguments, "--profile=step", "--requests=5", "--concurrency=2", "--p95=30000", "--duration=4"], {})
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    climbed = [step["concurrency"] for step in document["steps"]]
    assert climbed == [2 * 2**number for number in range(len(climbed))]
    assert len(climbed) > 1
    assert document["halt"] in {"spent", "flat"}  # flat on a busy machine


def test_rows_that_cannot_be_removed_are_reported_after_the_results(
    arguments: list[str], fake_directory: FakeDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_directory.fault = lambda request: json_answer({}, 503) if request.method == "DELETE" else None
    assert main([*arguments, "--profile=mix"], {}) == 2
    output = capsys.readouterr()
    assert "1 de HTTP 503" in output.out
    assert f"Employees of {OWN_DOMAIN} are left" in output.err


def test_ctrl_c_ends_the_load_and_removes_what_it_made(
    arguments: list[str], fake_directory: FakeDirectory, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "benchmarks.load", *arguments),
            *("--profile=mix", "--requests=100000", "--concurrency=4"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    fake_directory.wait_until(lambda: "PUT" in {request.method for request in list(fake_directory.requests)})
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()
    assert (process.returncode, errors) == (130, "")
    assert re.search(r"^La prueba terminó con Ctrl-C: \d+ de 100000 peticiones\.$", output, re.MULTILINE)
    assert len(fake_directory.rows) == 120
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["interrupted"] is True


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--profile=write", "PROFILE must be read, mix or step, not 'write'"),
        ("--requests=0", "REQUESTS must be a whole number from 1 to 100,000"),
        ("--concurrency=257", "CONCURRENCY must be a whole number from 1 to 256"),
        ("--concurrency=51", "CONCURRENCY (51) must not be larger than REQUESTS (50)"),
        ("--p95=fast", "P95 must be a whole number of milliseconds"),
        ("--errors=101%", "ERRORS must be a percentage from 0 to 100"),
        ("--json=/", "JSON must be a file that can be written"),
    ],
)
def test_a_bad_value_is_refused(argument: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([argument], {})
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith(f"make load-test: {sentence}")


def test_a_directory_that_is_empty_foreign_or_not_there_is_not_loaded(
    arguments: list[str], fake_directory: FakeDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_directory.rows.clear()
    assert main(arguments, {}) == 2
    assert capsys.readouterr().err.endswith("is empty: fill it with `make demo`.\n")
    assert main(["--url=https://directorio.example.com"], {}) == 2
    assert "say MINE=1 if it is yours" in capsys.readouterr().err
    fake_directory.stop()
    assert main(arguments, {}) == 2
    assert "start it with `make run`" in capsys.readouterr().err
