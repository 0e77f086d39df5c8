"""Numbers and sentences as people read them, the same on the terminal and in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.load.outcome import Climb, Outcome, Threshold

NOTHING = "—"


def milliseconds(value: float | None) -> str:
    """``221.78 ms``."""
    return NOTHING if value is None else f"{value:.2f} ms"


def seconds(value: float) -> str:
    """``11.16 seg``."""
    return f"{value:.2f} seg"


def rate(value: float) -> str:
    """``4.48 req/seg``."""
    return f"{value:.2f} req/seg"


def percent(value: float) -> str:
    """``100 %``, ``99.5 %``: never 100 when something is missing, never 0 when something is there."""
    rounded = round(value, 2)
    if rounded in {0, 100} and rounded != value:
        return "> 99.99 %" if rounded else "< 0.01 %"
    return f"{rounded:g} %"


def rank_name(rank: int) -> str:
    """``P50 (mediana)``, ``P95``."""
    return "P50 (mediana)" if rank == 50 else f"P{rank}"


def verdict(threshold: Threshold) -> str:
    """``P95 ≤ 200 ms: se cumple (34.1 ms)``."""
    measured = NOTHING if threshold.measured is None else f"{threshold.measured:.2f} {threshold.unit}"
    word = "se cumple" if threshold.is_kept else "NO se cumple"
    return f"{threshold.name} ≤ {threshold.limit:g} {threshold.unit}: {word} ({measured})"


def knee_sentence(climb: Climb) -> str:
    """Where the knee is, and why the climb ended."""
    if not climb.knee:
        return f"No hay rodilla: {climb.halt}."
    results = climb.knee.results
    return (
        f"Rodilla: {climb.knee.users} a la vez, con {rate(results.throughput)} y P95 de "
        f"{milliseconds(results.percentile(95))}. Más allá: {climb.halt}."
    )


def early_end(outcome: Outcome) -> str | None:
    """Why fewer requests were sent than were asked for; None if they were not."""
    if outcome.climb or outcome.results.total >= outcome.options.requests:
        return None
    why = "con Ctrl-C" if outcome.is_interrupted else f"por tiempo (DURATION={outcome.options.seconds})"
    return f"La prueba terminó {why}: {outcome.results.total} de {outcome.options.requests} peticiones."
