"""`make test` and `make check`: runs the stages, two at a time, shows how far each is, and ends with a table.

What a stage prints goes to `build/stages/<stage>.log`; of one that fails, the end is shown. Two at a time, because
most stages use one core and wait for the rest of the time. `python -m tests.stages test|check|only email`
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from rich.console import Console
from rich.table import Table

from local.guardian import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "stages"
PYTHON = sys.executable
BIN = Path(PYTHON).parent
AT_ONCE = 2  # stages: three were no faster on two cores
LAST_LINES = 60  # of a failed stage's log
#: As pytest prints them: a letter for each test; the name of one that failed, the line of its code, and why.
PROGRESS, TOLD = re.compile(r"[.\w]+ +\[ *\d+%\]$"), re.compile(r"_+ [^_ ].* _+$|>  |E  ")
PROGRESS_SECONDS = 30
#: Folders whose tests run a whole system, or a tool that takes seconds: they are left to `make check`.
SYSTEM_TESTS = (
    "tests/stack",
    "tests/faults",
    "tests/wheels",
    "tests/unit/benchmarks",
    "tests/unit/tools/test_sbom.py",
    "tests/unit/tools/test_scan.py",
)
TERRAFORM_TESTS = ("tests/infra/test_plans.py",)  # what an edit of a .tf file breaks; the rest is `make check`'s
UNIT_TESTS = ("tests/unit", "libs", *(f"--ignore={folder}" for folder in SYSTEM_TESTS))
BROWSER_WORKERS = 3
UNIT_WORKERS = 4
NO_TESTS = 5  # pytest's exit code; `ONLY=` may name an app that has none
APPS = {"crud": "crud_app", "email": "email_app", "bff": "bff_app", "frontdoor": "libs/chalice-frontdoor"}


@dataclass
class Stage:
    """One command, and what came of it."""

    name: str
    command: Sequence[str | Path]
    is_pytest: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    #: Says why the stage need not run; None if it must.
    skip_reason: Callable[[], str | None] = lambda: None
    on_success: Callable[[], None] = lambda: None

    outcome: str = "waits"
    seconds: float = 0
    tests: int = 0
    failures: int = 0
    skips: list[str] = field(default_factory=list)
    process: Child | None = None

    @property
    def log(self) -> Path:
        return FOLDER / f"{self.name}.log"

    @property
    def progress(self) -> str:
        """The last percentage that pytest printed."""
        shares = re.findall(r"\[ *(\d+)%\]", self.log.read_text(errors="replace")) if self.log.exists() else []
        return f"{self.name} {shares[-1]} %" if shares else self.name

    def run(self) -> None:
        """Run it to its end."""
        if reason := self.skip_reason():
            self.outcome, self.skips = "skipped", [reason]
            return
        self.outcome = "runs"
        junit = self.log.with_suffix(".xml")
        junit.unlink(missing_ok=True)
        command = [*self.command, f"--junit-xml={junit}"] if self.is_pytest else self.command
        streams = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        started = time.monotonic()
        with self.log.open("wb") as log:
            self.process = Child(command, cwd=ROOT, env={**os.environ, **self.environment}, stdout=log, **streams)
            code = self.process.wait()
        self.seconds = time.monotonic() - started
        if junit.exists():
            self._read_report(junit)
        else:  # `make scan` says what it could not check
            self.skips = re.findall("^.+: SKIPPED: .+$", self.log.read_text(errors="replace"), re.MULTILINE)
        self.outcome = "passed" if code == 0 or (self.is_pytest and code == NO_TESTS) else f"failed ({code})"
        if self.outcome == "passed":
            self.on_success()

    def _read_report(self, junit: Path) -> None:
        root = ET.parse(junit).getroot()  # noqa: S314 - pytest wrote it a moment ago
        reasons = [skip.get("message", "") for skip in root.iter("skipped")]
        self.tests = sum(1 for _ in root.iter("testcase")) - len(reasons)
        self.failures = sum(1 for case in root.iter("testcase") if {"failure", "error"} & {part.tag for part in case})
        self.skips = [f"{reason} ({reasons.count(reason)})" for reason in dict.fromkeys(reasons)]


def pytest(name: str, *arguments: str, workers: int = 0, environment: dict[str, str] | None = None) -> Stage:
    """A stage of tests. Each has a coverage file of its own, for those that measure."""
    spread = [f"--numprocesses={workers}"] if workers else []
    return Stage(name, [BIN / "pytest", *spread, *arguments], is_pytest=True, environment=environment or {})


def make(target: str) -> Stage:
    """A stage that the Makefile runs, too."""
    return Stage(target, ["make", target])


def missing_terraform() -> str | None:
    """Why a stage that needs Terraform is skipped; None where there is one."""
    found = which(os.environ.get("TERRAFORM", "terraform"))
    return None if found else "terraform is not on the PATH (1.11 or newer)"


def terraform(*, everything: bool) -> Stage:
    """Terraform's own tests, unless nothing that they read has changed since they passed.

    ``everything`` is for `make check`: it takes no word for it, and also changes the switches of a running environment.
    """
    stamp = FOLDER / "terraform.sha256"
    files = [
        *(path for path in (ROOT / "infra").rglob("*") if path.suffix in {".tf", ".hcl", ".tfvars"}),
        *(ROOT / "tests" / "infra").glob("*.*"),
        ROOT / "shared" / "contract" / "roles.json",  # infra/identity.tf reads it
        *(ROOT / "build").glob("*/main.tf.json"),
    ]
    state = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()

    def unchanged() -> str | None:
        if not everything and stamp.exists() and stamp.read_text() == state:
            return "no Terraform file changed since these tests passed"
        return missing_terraform()

    def remember() -> None:
        stamp.write_text(state)

    stage = pytest("terraform", *(["tests/infra"] if everything else TERRAFORM_TESTS))
    stage.skip_reason, stage.on_success = unchanged, remember
    return stage


def stages_of_test() -> list[Stage]:
    """`make test`. The longest comes first, so that the others run beside it; what has workers ends it."""
    browser = pytest("browser", "tests/browser", workers=BROWSER_WORKERS)
    unit = pytest("unit", *UNIT_TESTS, workers=UNIT_WORKERS)
    return [unit, make("lint"), make("types"), terraform(everything=False), browser]


def stages_of_check() -> list[Stage]:
    """`make check`: everything, with coverage."""

    def covered(name: str, *tests: str, workers: int) -> Stage:
        coverage = ["--cov", "--cov-report=", "--cov-fail-under=0"]  # the stages are judged together
        environment = {"COVERAGE_FILE": str(FOLDER / f".coverage.{name}")}
        return pytest(name, *tests, *coverage, workers=workers, environment=environment)

    e2e = pytest("e2e", "tests/e2e", "-p", "no:randomly", "--timeout=900")
    e2e.skip_reason = missing_terraform
    return [
        e2e,
        make("lint"),
        make("types"),
        covered("unit", *UNIT_TESTS, workers=UNIT_WORKERS),
        covered("system", *SYSTEM_TESTS, workers=2),
        terraform(everything=True),
        pytest("browser", "tests/browser", workers=BROWSER_WORKERS),
        make("scan"),
    ]


def stages_of_only(app: str) -> list[Stage]:
    """`make test ONLY=email`: the tests of one app or library."""
    named = APPS.get(app, app)
    folder = named if named.startswith("libs/") else f"tests/unit/{named}"
    if not (ROOT / folder).is_dir():
        raise SystemExit(
            f"ONLY={app}: there is no folder {folder}. Choose one of {', '.join(APPS)}, or a folder's name."
        )
    return [pytest(app.replace("/", "-"), folder, workers=2)]


def report_coverage() -> Stage:
    """The combined coverage of all measured stages."""
    script = 'cd build/stages && "$0" combine -q --keep .coverage.* && "$0" report --rcfile=../../pyproject.toml'
    return Stage("coverage", ["bash", "-c", script, BIN / "coverage"])


def run(stages: Sequence[Stage], console: Console, after: Sequence[Stage] = ()) -> bool:
    """Run ``stages``, some at a time, then ``after``; tell whether all passed. The table comes in any case."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    pool = ThreadPoolExecutor(AT_ONCE)
    ends = [pool.submit(_run, stage, console) for stage in stages]
    try:
        while wait(ends, PROGRESS_SECONDS).not_done:
            running = ", ".join(stage.progress for stage in stages if stage.outcome == "runs")
            console.print(f"… {running}", style="dim", highlight=False)
        for stage in after:
            _run(stage, console)
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        processes = [stage.process for stage in stages if stage.process and stage.process.poll() is None]
        for process in processes:
            os.killpg(process.pid, signal.SIGINT)
        for process in processes:
            process.wait()
        console.print("Interrupted; every stage has been stopped.")
    finally:
        show([*stages, *after], console)
    return all(stage.outcome in {"passed", "skipped"} for stage in (*stages, *after))


def _run(stage: Stage, console: Console) -> None:
    try:
        stage.run()
    except Exception as error:  # noqa: BLE001 - the others still run
        stage.outcome = f"failed ({error})"
    console.print(f"{stage.name}: {stage.outcome}, {stage.seconds:.0f} s", highlight=False)


def told_by(log: str) -> list[str]:
    """What failed, what was expected and what came; then the end of the log."""
    lines = [line for line in log.splitlines() if not PROGRESS.match(line)]
    return [*[line for line in lines if TOLD.match(line)][:LAST_LINES], *lines[-LAST_LINES:]]


def show(stages: Sequence[Stage], console: Console) -> None:
    """The ends of the logs of what failed, then the table."""
    for stage in stages:
        if stage.outcome.startswith("failed"):
            console.rule(f"{stage.name}: {stage.log.relative_to(ROOT)}", align="left")
            told = told_by(stage.log.read_text(errors="replace"))
            console.print("\n".join(told), markup=False, highlight=False)
    table = Table("stage", "outcome", "seconds", "tests", "skipped", title="Stages")
    for stage in stages:
        tests = f"{stage.tests:,}" if stage.is_pytest else ""
        table.add_row(stage.name, stage.outcome, f"{stage.seconds:.0f}", tests, "\n".join(stage.skips))
    console.print(table)
    # CI reads this line to see that tests ran.
    ran, failed = sum(stage.tests for stage in stages), sum(stage.failures for stage in stages)
    console.print(f"tests: {ran - failed} passed, {failed} failed", highlight=False)


def main(arguments: Sequence[str]) -> int:
    console = Console(width=None if sys.stdout.isatty() else 120)
    what, *rest = arguments
    stages = {"test": stages_of_test, "check": stages_of_check}.get(what, lambda: stages_of_only(rest[0]))()
    started = time.monotonic()
    passed = run(stages, console, [report_coverage()] if what == "check" else [])
    verdict = f"{'passed' if passed else 'failed'} in {time.monotonic() - started:.0f} s"
    console.print(f"make {'check' if what == 'check' else 'test'}: {verdict}", highlight=False)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
