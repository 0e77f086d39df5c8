from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from benchmarks.load.climb import Halt
from benchmarks.load.results import results_of
from benchmarks.load.sample import answers, climb_outcome, outcome, step
from benchmarks.load.terminal import Terminal, results_block
from benchmarks.load.wording import percent

if TYPE_CHECKING:
    from benchmarks.load.outcome import Outcome

BLOCK = """\
==========================================
RESULTADOS
==========================================

Peticiones:
  Total:          20
  Exitosas:       18
  Fallidas:       2
  Tasa de éxito:  90 %

Tiempos de respuesta:
  Promedio:       20.50 ms
  Mínimo:         12.00 ms
  Máximo:         29.00 ms

Percentiles:
  P50 (mediana):  20.00 ms
  P90:            28.00 ms
  P95:            29.00 ms
  P99:            29.00 ms

Rendimiento:
  Tiempo total:   2.00 seg
  Throughput:     9.00 req/seg
=========================================="""


def shown(outcome: Outcome) -> list[str]:
    """The lines below the block."""
    output = io.StringIO()
    Terminal(Console(file=output, width=40)).outcome(outcome)
    block, _, rest = output.getvalue().rpartition("=" * 42)
    assert "RESULTADOS" in block
    return rest.strip().splitlines()


def test_the_block_is_that_of_the_original_report_with_more_percentiles() -> None:
    assert results_block(results_of(answers(20, failed=2))) == BLOCK


def test_the_block_of_nothing_has_dashes() -> None:
    block = results_block(results_of([]))
    assert "P99:            —" in block
    assert "Tasa de éxito:  0 %" in block


def test_failures_are_counted_by_reason_and_thresholds_judged() -> None:
    lines = shown(outcome(answers(20, failed=2), requests=20, p95_ms=20, errors_percent=10.0))
    assert lines == [
        "2 de HTTP 503",
        "P95 ≤ 20 ms: NO se cumple (29.00 ms)",
        "Fallidas ≤ 10 %: se cumple (10.00 %)",
    ]


@pytest.mark.parametrize(
    ("is_interrupted", "sentence"),
    [
        (True, "La prueba terminó con Ctrl-C: 20 de 50 peticiones."),
        (False, "La prueba terminó por tiempo (DURATION=300): 20 de 50 peticiones."),
    ],
)
def test_an_early_end_is_said(is_interrupted: bool, sentence: str) -> None:  # noqa: FBT001 - a parameter of the test
    assert shown(outcome(answers(20), is_interrupted=is_interrupted)) == [sentence]


def test_a_climb_says_where_its_knee_is_and_what_ended_it() -> None:
    assert shown(climb_outcome([step(1, 100), step(2, 150), step(4, 151)], Halt.FLAT)) == [
        "Rodilla: 2 a la vez, con 150.00 req/seg y P95 de 20.00 ms. Más allá: el throughput ya no crece.",
        "P95 en el primer escalón ≤ 500 ms: se cumple (20.00 ms)",
        "Fallidas en el primer escalón ≤ 1 %: se cumple (0.00 %)",
    ]


def test_a_climb_without_a_knee_says_so() -> None:
    assert shown(climb_outcome([step(1, 100, ms=900)], Halt.SLOW)) == [
        "No hay rodilla: el P95 pasa de su límite.",
        "P95 en el primer escalón ≤ 500 ms: NO se cumple (900.00 ms)",
        "Fallidas en el primer escalón ≤ 1 %: se cumple (0.00 %)",
    ]


def test_a_threshold_without_a_measurement_is_shown_with_a_dash() -> None:
    assert "P95 ≤ 20 ms: NO se cumple (—)" in shown(outcome(answers(3, failed=3), requests=3, p95_ms=20))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 %"), (100, "100 %"), (99.5, "99.5 %"), (99.9999, "> 99.99 %"), (0.0001, "< 0.01 %"), (33.3333, "33.33 %")],
)
def test_a_percentage_is_all_or_nothing_only_when_it_is(value: float, text: str) -> None:
    assert percent(value) == text
