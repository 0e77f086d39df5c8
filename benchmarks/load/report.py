"""The outcome as an HTML page: one file, which asks for nothing from anywhere."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.load.charts import climb_charts, course_charts, distribution_chart
from benchmarks.load.profile import Profile
from benchmarks.load.results import PERCENTILES
from benchmarks.load.wording import (
    NOTHING,
    early_end,
    knee_sentence,
    milliseconds,
    percent,
    rate,
    seconds,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.load.outcome import Climb, Outcome
    from benchmarks.load.results import Results

STYLE = Path(__file__).with_name("report.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'"

PROFILES = {
    Profile.READ: "solo lectura: listar, buscar, ver",
    Profile.MIX: "el uso real: nueve de cada diez peticiones leen, una escribe",
    Profile.STEP: "en escalones: cada vez el doble a la vez",
}
METHOD = (
    "Cada persona simulada envía su siguiente petición cuando tiene la respuesta de la anterior. El tiempo va desde el "
    "envío hasta el último byte; los tiempos y el throughput son de las respuestas correctas. Un percentil P es el "
    "menor tiempo medido que no superan al menos P de cada 100 respuestas."
)


def report_page(outcome: Outcome) -> str:
    """The whole page."""
    title = f"Prueba de carga · {outcome.options.target.url}"
    style = STYLE.read_text(encoding="utf-8")
    return (
        "<!doctype html>\n"
        '<html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{escape(title)}</title><style>\n{style}</style></head>\n<body>\n"
        + "\n".join(_sections(outcome))
        + "\n</body></html>\n"
    )


def _sections(outcome: Outcome) -> Iterable[str]:
    results, climb = outcome.results, outcome.climb
    yield _heading(outcome)
    yield _tiles(outcome)
    if climb and climb.steps:
        yield "<h2>Escalones</h2>"
        yield _figures(climb_charts(climb))
        yield _steps_table(climb)
    if results.total:
        step = f", con {(climb.knee or climb.steps[0]).users} a la vez" if climb else ""
        yield f"<h2>Peticiones{step}</h2>"
        yield _figures([] if climb else course_charts(results))
        yield _figures([distribution_chart(results)] if results.succeeded else [])
        yield _kinds_table(results)
    if results.failed:
        yield "<h2>Fallos</h2>"
        yield _table(["motivo", "veces"], [[reason, str(times)] for reason, times in results.failures.items()])
    yield f'<h2>Cómo se midió</h2>\n<p class="muted">{METHOD}</p>'


def _heading(outcome: Outcome) -> str:
    options = outcome.options
    lines = [
        "<h1>Prueba de carga</h1>",
        f'<p class="muted">{escape(options.target.url)} · {outcome.began:%Y-%m-%d %H:%M %Z}</p>',
        f'<p class="muted">Perfil <b>{options.profile}</b>: {PROFILES[options.profile]}.</p>',
    ]
    if outcome.climb:
        lines.append(f"<p><b>{escape(knee_sentence(outcome.climb))}</b></p>")
    else:
        lines.append(f'<p class="muted">{options.requests} peticiones, {options.concurrency} a la vez.</p>')
    if sentence := early_end(outcome):
        lines.append(f'<p class="missed">{escape(sentence)}</p>')
    lines += [
        f'<p class="{"kept" if threshold.is_kept else "missed"}">{escape(verdict(threshold))}</p>'
        for threshold in outcome.thresholds
    ]
    return "\n".join(lines)


def _tiles(outcome: Outcome) -> str:
    results, climb = outcome.results, outcome.climb
    tiles = {
        "Throughput": rate(results.throughput),
        "P50 (mediana)": milliseconds(results.percentile(50)),
        "P95": milliseconds(results.percentile(95)),
        "Tasa de éxito": percent(results.success_percent),
    }
    if climb:
        tiles["Rodilla"] = f"{climb.knee.users} a la vez" if climb.knee else NOTHING
    else:
        tiles["Tiempo total"] = seconds(results.seconds)
    return f'<dl class="tiles">{"".join(_tile(*tile) for tile in tiles.items())}</dl>'


def _tile(name: str, value: str) -> str:
    number, _, unit = value.partition(" ")
    return f"<div><dt>{name}</dt><dd>{escape(number)} <small>{escape(unit)}</small></dd></div>"


def _figures(charts: Iterable[str]) -> str:
    return "\n".join(f"<figure>{chart}</figure>" for chart in charts)


def _kinds_table(results: Results) -> str:
    headings = [
        "tiempos en ms",
        "total",
        "fallidas",
        "promedio",
        "mínimo",
        "máximo",
        *(f"P{rank}" for rank in PERCENTILES),
    ]
    by_kind = {"todas": results, **results.by_kind()}
    return _table(headings, [_kind_row(kind, each) for kind, each in by_kind.items()])


def _kind_row(kind: str, results: Results) -> list[str]:
    measured = (results.mean, results.least, results.most, *map(results.percentile, PERCENTILES))
    times = (NOTHING if value is None else f"{value:.2f}" for value in measured)
    return [kind, str(results.total), str(results.failed), *times]


def _steps_table(climb: Climb) -> str:
    headings = ["a la vez", "throughput", "P50", "P95", "P99", "fallidas"]
    rows = [
        [
            str(step.users),
            rate(step.results.throughput),
            *(milliseconds(step.results.percentile(rank)) for rank in (50, 95, 99)),
            percent(step.results.failure_percent),
        ]
        for step in climb.steps
    ]
    return _table(headings, rows, marked=climb.steps.index(climb.knee) if climb.knee else None)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, marked: int | None = None) -> str:
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    body = "\n".join(
        f'<tr class="knee">{line}</tr>' if number == marked else f"<tr>{line}</tr>" for number, line in enumerate(lines)
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'
