"""The pictures of docs/scale.md."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.scale.wording import count
from tools.cost.svg import INK, Drawing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.scale.demand import Load
    from benchmarks.scale.limits import Limits
    from benchmarks.scale.simulation import Moment, Site

WIDTH = 860
LEFT, RIGHT = 76, 24
PANEL, GAP, TOP, BOTTOM = 130, 44, 56, 34
BLUE, ORANGE, RED, GREEN, GREY = "#0969da", "#bc4c00", "#cf222e", "#1a7f37", "#9fb8c5"
LABELS = 400
ROW = 26
LEAST, MOST = 1.0, 1e8


def breaking_chart(limits: Limits, load: Load) -> str:
    """At which rate each limit is reached: by default, and for the asking; a logarithmic axis."""
    ordered = limits.first_to_last(load)
    height = TOP + ROW * len(ordered) + BOTTOM
    drawing = Drawing(WIDTH, height, "The rate of requests at which each limit is reached")
    drawing.text(16, 28, "What breaks first", bold=True)
    drawing.text(150, 28, "by default", fill=BLUE, bold=True)
    drawing.text(240, 28, "for the asking", fill=GREY, bold=True)
    for exponent in range(int(log10(LEAST)), int(log10(MOST)) + 1):
        x = _log_x(10.0**exponent)
        drawing.line([(x, TOP - 8), (x, height - BOTTOM)])
        drawing.text(x, height - 12, count(10.0**exponent).replace(" million", "M"), anchor="middle")
    for place, limit in enumerate(ordered):
        y = TOP + ROW * place
        drawing.text(LABELS - 8, y + 13, limit.name.partition(" (")[0].replace("`", ""), anchor="end")
        raised = limit.raised_breaks_at(load)
        if raised:
            drawing.box(LABELS, y, _log_x(raised) - LABELS, 16, GREY)
        drawing.box(LABELS, y, _log_x(limit.breaks_at(load)) - LABELS, 16, BLUE)
    return str(drawing)


def _log_x(rate: float) -> float:
    part = log10(min(max(rate, LEAST), MOST) / LEAST) / log10(MOST / LEAST)
    return LABELS + (WIDTH - LABELS - RIGHT) * part


class _Panel(NamedTuple):
    """One of the pictures below each other: its heading, the limit to draw, and its curves (name, colour, value)."""

    heading: str
    limit: float | None
    curves: Sequence[tuple[str, str, Callable[[Moment], float]]]


def course_chart(moments: Sequence[Moment], site: Site, title: str) -> str:
    """Requests, environments, connections and the queue over the simulated time, one below the other."""
    panels = (
        _Panel(
            "requests a second",
            None,
            (
                ("offered", GREY, lambda each: each.offered),
                ("served", BLUE, lambda each: each.served),
                ("refused", RED, lambda each: each.refused),
            ),
        ),
        _Panel(
            "environments of Lambda",
            site.concurrency,
            (("bff_app", BLUE, lambda each: each.bff), ("crud_app", ORANGE, lambda each: each.crud)),
        ),
        _Panel("connections to PostgreSQL", site.connections, (("in use", GREEN, lambda each: each.connections),)),
        _Panel("mails that wait in the queue", None, (("waiting", ORANGE, lambda each: each.queue),)),
    )
    height = TOP + len(panels) * (PANEL + GAP) + BOTTOM - GAP
    drawing = Drawing(WIDTH, height, title)
    drawing.text(16, 24, title, bold=True)
    for place, panel in enumerate(panels):
        _draw_panel(drawing, TOP + place * (PANEL + GAP), panel, moments)
    for minute in range(0, len(moments) // 60 + 1, 5):
        x = LEFT + (WIDTH - LEFT - RIGHT) * minute * 60 / len(moments)
        drawing.text(x, height - 10, f"{minute} min", anchor="middle")
    return str(drawing)


def _draw_panel(drawing: Drawing, top: float, panel: _Panel, moments: Sequence[Moment]) -> None:
    heading, limit, curves = panel
    most = max(max(value(each) for each in moments) for _, _, value in curves) or 1.0
    shows_limit = limit is not None and limit <= 2 * most
    most = max(most, limit or 0.0) if shows_limit else most
    drawing.text(LEFT, top - 6, heading, bold=True)
    x = float(WIDTH - RIGHT)
    for name, colour, _ in reversed(curves):
        drawing.text(x, top - 6, name, anchor="end", fill=colour, bold=True)
        x -= 8 * len(name) + 14
    for part in (0.0, 1.0):
        y = top + PANEL * (1 - part)
        drawing.line([(LEFT, y), (WIDTH - RIGHT, y)])
        drawing.text(LEFT - 8, y + 4, count(most * part).replace(" million", "M"), anchor="end")
    if limit is not None and shows_limit:
        y = top + PANEL * (1 - limit / most)
        drawing.line([(LEFT, y), (WIDTH - RIGHT, y)], INK, width=1.5)
        drawing.text(LEFT + 6, y + 14, f"limit {count(limit)}")
    step = max(len(moments) // 400, 1)
    for _, colour, value in curves:
        points = [
            (
                LEFT + (WIDTH - LEFT - RIGHT) * second / len(moments),
                top + PANEL * (1 - value(moments[second]) / most),
            )
            for second in range(0, len(moments), step)
        ]
        drawing.line(points, colour, width=2)
