"""Runs the targets, each in a process of its own, and reads what libFuzzer says of it."""

from __future__ import annotations

import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.fuzz.targets import ROOT, TARGETS

PYTHON = ROOT / ".fuzz" / "bin" / "python"
#: For each target: the inputs that led further, which the next run begins with, and those that broke something.
LEARNT = ROOT / "build" / "fuzz"
#: Of a child's output, where a target raised: the exception and the stack come last.
SHOWN = 6_000
#: Seconds for one input: who takes longer hangs. And megabytes for the process.
MOST_SECONDS, MOST_MEGABYTES = 10, 1_024

_INPUTS = re.compile(r"^stat::number_of_executed_units: (\d+)", re.MULTILINE)
_PROGRESS = re.compile(r"^#\d+\s+[A-Z]\w*\s+cov: (\d+) ft: \d+ corp: (\d+)/", re.MULTILINE)
_FINDING = re.compile(r"Test unit written to (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Fuzzed:
    """What became of a target.

    Args:
        target: its name.
        seconds: how long it was fuzzed.
        inputs: how many it has read.
        branches: how many edges of our code were reached.
        kept: how many inputs led to an edge of their own.
        finding: the file with the input that broke it, below the project; "" if nothing did.
        words: what was said of that.
    """

    target: str
    seconds: float
    inputs: int
    branches: int
    kept: int
    finding: str
    words: str

    @property
    def is_clean(self) -> bool:
        """Whether it ended by itself, when its time was up."""
        return self.finding == self.words == ""


def fuzz_all(seconds: int) -> list[Fuzzed]:
    """Fuzz every target for so many seconds, as many at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda name: fuzz(name, seconds), TARGETS))


def fuzz(name: str, seconds: int) -> Fuzzed:
    """Fuzz one target."""
    corpus, findings = LEARNT / name, LEARNT / "found"
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    options = (
        f"-max_total_time={seconds}",
        f"-timeout={MOST_SECONDS}",
        f"-rss_limit_mb={MOST_MEGABYTES}",
        f"-artifact_prefix={findings}/{name}-",
        "-print_final_stats=1",
    )
    command = [PYTHON, "-m", "benchmarks.fuzz.child", name, corpus, *options]
    started = time.monotonic()
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    return read_output(name, time.monotonic() - started, finished.returncode, finished.stdout + finished.stderr)


def read_output(name: str, seconds: float, exit_code: int, output: str) -> Fuzzed:
    """What a child's output says."""
    inputs, progress, finding = _INPUTS.search(output), _PROGRESS.findall(output), _FINDING.search(output)
    branches, kept = map(int, progress[-1]) if progress else (0, 0)
    return Fuzzed(
        target=name,
        seconds=seconds,
        inputs=int(inputs[1]) if inputs else 0,
        branches=branches,
        kept=kept,
        finding=finding[1].removeprefix(f"{ROOT}/") if finding else "",
        words="" if exit_code == 0 else output[-SHOWN:],
    )
