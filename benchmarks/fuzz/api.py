"""schemathesis in all its phases against the whole local stack, round after round, until so many requests were made.

A round is one process for each role. Its own threads would share Python's parser, which CPython 3.11 cannot do: "AST
constructor recursion depth mismatch" ends a run that has found nothing.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.support.stack import ROOT, Stack

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CONFIGURATION = ROOT / "tests" / "stack" / "schemathesis.toml"
# Of each operation in each phase of a round. A round takes minutes: less than an access token lives.
EXAMPLES = 100
ROLES = ("admin", "rrhh", "lector")
# What is shown of a round that found something: its findings come last but for the summary.
SHOWN = 12_000

_GENERATED = re.compile(r"^  (\d+) generated", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """What was asked of the API, and what was found: nothing, or schemathesis's own words."""

    requests: int
    seconds: float
    findings: str

    @property
    def is_clean(self) -> bool:
        return self.findings == ""


def ask_at_random(requests: int, tell: Callable[[str], None]) -> Asked:
    """Ask the API until ``requests`` were made or something is found: a crash, a 5xx, what is not described.

    Args:
        requests: at least.
        tell: gets a line for each round.
    """
    started, asked = time.monotonic(), 0
    with TemporaryDirectory(prefix="fuzz-") as folder:
        stack = Stack(Path(folder))
        stack.start()
        try:
            for seed in count(1):
                with ThreadPoolExecutor() as pool:
                    rounds = list(pool.map(lambda role: _run(stack, seed, role), ROLES))  # noqa: B023 - it ends here
                asked += sum(made for made, _ in rounds)
                findings = "".join(found for _, found in rounds) or _exceptions(stack)
                tell(f"schemathesis, round {seed}: {asked} requests so far")
                if findings or asked >= requests:
                    return Asked(asked, time.monotonic() - started, findings)
        finally:
            stack.stop()
            stack.http.close()
    raise AssertionError("rounds have no end of their own")


def _run(stack: Stack, seed: int, role: str) -> tuple[int, str]:
    """How many requests were made, and what was found."""
    finished = subprocess.run(
        [
            SCHEMATHESIS,
            f"--config-file={CONFIGURATION}",
            "run",
            f"{stack.url}/openapi.json",
            f"--header=Authorization: {stack.authorization(role)}",
            f"--max-examples={EXAMPLES}",
            f"--seed={seed}",
            "--suppress-health-check=too_slow",
            # Others than an admin are rightly refused what is valid: tests/stack/test_roles.py knows what.
            *(() if role == ROLES[0] else ("--exclude-checks=positive_data_acceptance",)),
            "--continue-on-failure",
            "--no-color",
        ],
        cwd=stack.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    generated = _GENERATED.search(finished.stdout)
    words = "" if finished.returncode == 0 else (finished.stdout + finished.stderr)[-SHOWN:]
    return int(generated[1]) if generated else 0, words


def _exceptions(stack: Stack) -> str:
    """The end of the stack's log from its first exception on, if there was one."""
    log = stack.log.read_text(errors="replace")
    return log[log.index("Traceback") :][:SHOWN] if "Traceback" in log else ""
