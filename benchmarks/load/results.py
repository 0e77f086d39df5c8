"""What a load test measured: figures, the original report's block, thresholds, and the knee of a climb.

Only the standard library: the locustfile imports it, too.
"""

from __future__ import annotations

from collections import Counter
from math import ceil
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

PERCENTILES = (50, 90, 95, 99)
MOST_AT_ONCE = 256
LEAST_GROWTH = 1.1  # twice as many people must bring this much more throughput, or they bring nothing but waiting

LINE = "=" * 42
LABEL_WIDTH = 16
NOTHING = "—"

Figures = dict[str, Any]


class Answer(NamedTuple):
    """One answer, or that there was none.

    ``at`` is when it came, in seconds since the load began; ``ms`` the time from sending the request to the last byte;
    ``failure`` says why it is not the right answer, and is empty when it is.
    """

    at: float
    ms: float
    kind: str
    failure: str


def figures_of(answers: Sequence[Answer], seconds: float) -> Figures:
    """The figures of a load, as the JSON report has them. Times and throughput are those of the right answers.

    A percentile is the least measured time that at least so many per cent of the answers do not exceed.
    """
    times = sorted(answer.ms for answer in answers if not answer.failure)
    return {
        "total": len(answers),
        "succeeded": len(times),
        "failed": len(answers) - len(times),
        "seconds": round(seconds, 3),
        "throughput": round(len(times) / seconds, 3) if seconds else 0.0,
        "ms": {
            "mean": round(fmean(times), 3) if times else None,
            "min": times[0] if times else None,
            "max": times[-1] if times else None,
            **{f"p{rank}": times[ceil(len(times) * rank / 100) - 1] if times else None for rank in PERCENTILES},
        },
    }


def figures_by_kind(answers: Sequence[Answer], seconds: float) -> dict[str, Figures]:
    """The figures of each kind of request, the most frequent first."""
    kinds = Counter(answer.kind for answer in answers)
    return {
        kind: figures_of([answer for answer in answers if answer.kind == kind], seconds)
        for kind, _ in kinds.most_common()
    }


def failures_of(answers: Sequence[Answer]) -> dict[str, int]:
    """How often each reason occurred, the most frequent first."""
    return dict(Counter(answer.failure for answer in answers if answer.failure).most_common())


def step_figures(users: int, answers: Sequence[Answer]) -> Figures:
    """A step of a climb, without the first answer for each person: connections are made for it."""
    counted = answers[users:] or answers
    began = answers[users - 1].at if len(answers) > users else 0.0
    return {"concurrency": users, **figures_of(counted, answers[-1].at - began if answers else 0.0)}


def percent_failed(figures: Figures) -> float:
    return 100 * figures["failed"] / figures["total"] if figures["total"] else 0.0


def find_halt(steps: Sequence[Figures], p95_ms: float, errors_percent: float) -> tuple[str, str] | None:
    """Why no step should follow the last one, as a word and in Spanish; None if one should."""
    *before, last = steps
    p95 = last["ms"]["p95"]
    if percent_failed(last) > errors_percent:
        return "failing", "fallan demasiadas peticiones"
    if p95 is None or p95 > p95_ms:
        return "slow", "el P95 pasa de su límite"
    if before and last["throughput"] < LEAST_GROWTH * before[-1]["throughput"]:
        return "flat", "el throughput ya no crece"
    if 2 * last["concurrency"] > MOST_AT_ONCE:
        return "top", "esta prueba no pide más a la vez"
    return None


def find_knee(steps: Sequence[Figures], p95_ms: float, errors_percent: float) -> Figures | None:
    """The last step that was worth it; None if not even the first was."""
    knee = None
    for number, step in enumerate(steps, 1):
        halt = find_halt(steps[:number], p95_ms, errors_percent)
        if halt and halt[0] != "top":
            break
        knee = step
    return knee


def thresholds_of(
    figures: Figures, p95_ms: float | None, errors_percent: float | None, where: str = ""
) -> list[dict[str, Any]]:
    """What was asked for, and whether it is kept. Without a right answer there is no P95, and it is missed."""
    thresholds = []
    if p95_ms is not None:
        thresholds.append({"name": f"P95{where}", "unit": "ms", "limit": p95_ms, "measured": figures["ms"]["p95"]})
    if errors_percent is not None:
        failed = percent_failed(figures)
        thresholds.append({"name": f"Fallidas{where}", "unit": "%", "limit": errors_percent, "measured": failed})
    for threshold in thresholds:
        threshold["kept"] = threshold["measured"] is not None and threshold["measured"] <= threshold["limit"]
    return thresholds


def format_block(figures: Figures) -> str:
    """The block of the original report."""
    ms = figures["ms"]
    percentiles = {"P50 (mediana)": ms["p50"], **{f"P{rank}": ms[f"p{rank}"] for rank in PERCENTILES[1:]}}
    sections = {
        "Peticiones": {
            "Total": str(figures["total"]),
            "Exitosas": str(figures["succeeded"]),
            "Fallidas": str(figures["failed"]),
            "Tasa de éxito": _format_success(figures),
        },
        "Tiempos de respuesta": {
            "Promedio": format_ms(ms["mean"]),
            "Mínimo": format_ms(ms["min"]),
            "Máximo": format_ms(ms["max"]),
        },
        "Percentiles": {name: format_ms(value) for name, value in percentiles.items()},
        "Rendimiento": {
            "Tiempo total": f"{figures['seconds']:.2f} seg",
            "Throughput": f"{figures['throughput']:.2f} req/seg",
        },
    }
    lines = [LINE, "RESULTADOS", LINE]
    for heading, rows in sections.items():
        lines += ["", f"{heading}:", *(f"  {f'{label}:':<{LABEL_WIDTH}}{value}" for label, value in rows.items())]
    return "\n".join([*lines, LINE])


def format_step(step: Figures) -> str:
    return (
        f"  {step['concurrency']:>3} a la vez  {step['throughput']:>10.2f} req/seg  "
        f"P95 {format_ms(step['ms']['p95']):>10}  fallidas {percent_failed(step):g} %"
    )


def format_threshold(threshold: dict[str, Any]) -> str:
    """``P95 ≤ 200 ms: se cumple (34.10 ms)``."""
    measured = NOTHING if threshold["measured"] is None else f"{threshold['measured']:.2f} {threshold['unit']}"
    verdict = "se cumple" if threshold["kept"] else "NO se cumple"
    return f"{threshold['name']} ≤ {threshold['limit']:g} {threshold['unit']}: {verdict} ({measured})"


def format_ms(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f} ms"


def _format_success(figures: Figures) -> str:
    """``100 %``, ``99.5 %``: never 100 when something failed."""
    percent = 100 - percent_failed(figures) if figures["total"] else 0.0
    return "> 99.99 %" if round(percent, 2) == 100 != percent else f"{round(percent, 2):g} %"
