"""The load test on a terminal: a bar while it runs, then the block of the original report."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from benchmarks.load.results import PERCENTILES
from benchmarks.load.wording import (
    early_end,
    knee_sentence,
    milliseconds,
    percent,
    rank_name,
    rate,
    seconds,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from benchmarks.load.climb import Step
    from benchmarks.load.outcome import Outcome
    from benchmarks.load.results import Results

LINE = "=" * 42
LABEL_WIDTH = 16


class Terminal:
    """Shows how a load test goes and what came of it."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def bar(self, what: str, total: float) -> Iterator[Callable[[float], None]]:
        """A bar that is full at ``total``; the function says how far it is."""
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task(what, total=total)
            yield lambda completed: progress.update(task, completed=completed)

    def note(self, sentence: str) -> None:
        """Something to know, in a pale colour."""
        self._print(sentence, "dim")

    def step(self, step: Step) -> None:
        """What came of a step."""
        results = step.results
        self._print(
            f"  {step.users:>3} a la vez  {rate(results.throughput):>16}  "
            f"P95 {milliseconds(results.percentile(95)):>10}  fallidas {percent(results.failure_percent)}"
        )

    def outcome(self, outcome: Outcome) -> None:
        """The block, and what follows from it."""
        self._print(results_block(outcome.results))
        for reason, times in outcome.results.failures.items():
            self._print(f"  {times} de {reason}", "red")
        if outcome.climb:
            self._print(knee_sentence(outcome.climb), "bold")
        if sentence := early_end(outcome):
            self._print(sentence, "yellow")
        for threshold in outcome.thresholds:
            self._print(verdict(threshold), "green" if threshold.is_kept else "bold red")

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(text, style=style, markup=False, soft_wrap=True)


def results_block(results: Results) -> str:
    """The block of the original report."""
    sections = {
        "Peticiones": {
            "Total": str(results.total),
            "Exitosas": str(results.succeeded),
            "Fallidas": str(results.failed),
            "Tasa de éxito": percent(results.success_percent),
        },
        "Tiempos de respuesta": {
            "Promedio": milliseconds(results.mean),
            "Mínimo": milliseconds(results.least),
            "Máximo": milliseconds(results.most),
        },
        "Percentiles": {rank_name(rank): milliseconds(results.percentile(rank)) for rank in PERCENTILES},
        "Rendimiento": {"Tiempo total": seconds(results.seconds), "Throughput": rate(results.throughput)},
    }
    lines = [LINE, "RESULTADOS", LINE]
    for heading, figures in sections.items():
        lines += ["", f"{heading}:", *(f"  {f'{label}:':<{LABEL_WIDTH}}{value}" for label, value in figures.items())]
    return "\n".join([*lines, LINE])
