"""``python -m benchmarks.bench``, which ``make bench`` calls: the project beside what one would pick instead.

Everything is compared within one run, as ratios: a ratio says the same on every machine, milliseconds do not. The peers
are written from their documentation, with locked packages of their own (``requirements/bench``), in ``peers``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.bench import cold_start, path, scale, warm
from benchmarks.bench.process import BenchFailed
from benchmarks.bench.workshop import ROOT, open_workshop
from tools.command_line import OneSentenceParser, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.bench.measuring import Table

BENCHMARKS = {
    "cold-start": cold_start.measure,
    "door": warm.measure_door,
    "hop": warm.measure_hop,
    "warm": warm.measure_latency,
    "batch": warm.measure_batch,
    "scale": scale.measure,
    "path": path.measure,
}
EXIT_CODES = (
    "Exit code: 0 all targets met, 1 one was missed, 3 one could not be decided (too noisy), 2 it could not run."
)


def main(argv: Sequence[str]) -> int:
    """Measure and report; the result is the exit code."""
    options = _parse(argv)
    console, cores, load = Console(highlight=False), os.cpu_count() or 1, os.getloadavg()[0]
    if load > cores / 2:
        console.print(f"The machine is busy (load {load:.1f}, {cores} cores): ratios may be too noisy.", style="yellow")
    began = datetime.now(UTC)
    tables: list[Table] = []
    try:
        with open_workshop() as workshop:
            database = workshop.sql("SHOW server_version")
            for key in options.only:
                tables.append(BENCHMARKS[key](workshop, is_quick=options.quick))
                tables[-1].print(console)
    except BenchFailed as error:
        sys.stderr.write(f"make bench: {error}\n")
        return 2
    machine = f"Python {platform.python_version()}, PostgreSQL {database}, {cores} cores"
    counts = Counter(verdict for table in tables for _, _, verdict in table.results())
    seconds = round((datetime.now(UTC) - began).total_seconds())
    verdicts = ", ".join(f"{counts[each]} {each}" for each in ("met", "missed", "undecided"))
    console.print(f"{machine}: {seconds} seconds.\nTargets: {verdicts}.", soft_wrap=True)
    document = {"began": f"{began:%Y-%m-%dT%H:%M:%SZ}", "seconds": seconds, "quick": options.quick, "machine": machine}
    document["tables"] = [table.document() for table in tables]
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return exit_code(counts, is_quick=options.quick)


def exit_code(counts: Mapping[str, int], *, is_quick: bool) -> int:
    """A quick run decides nothing: it fails only if it cannot run."""
    if is_quick:
        return 0
    return 1 if counts.get("missed") else 3 if counts.get("undecided") else 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = OneSentenceParser("make bench", "How fast it is, beside what one would pick instead.", epilog=EXIT_CODES)
    keys = list(BENCHMARKS)
    parser.add_argument("--only", type=_benchmarks, default=keys, metavar="KEY,…", help=", ".join(keys))
    parser.add_argument("--quick", action="store_true", help="few rounds: only to see that it works")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json", help="the numbers, for programs")
    return parser.parse_args(argv)


def _benchmarks(text: str) -> list[str]:
    wanted = set(text.split(","))
    if not wanted <= set(BENCHMARKS):
        raise argparse.ArgumentTypeError(f"ONLY must name some of {', '.join(BENCHMARKS)}, not {shortened(text)}")
    return [key for key in BENCHMARKS if key in wanted]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
