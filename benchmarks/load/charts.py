"""The pictures of the report."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from benchmarks.load.results import PERCENTILES, Measurement, percentile
from tools.cost.svg import INK, Drawing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.load.outcome import Climb
    from benchmarks.load.results import Results

WIDTH, HEIGHT = 860, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 28, 44, 48

BLUE, ORANGE, RED, GREY = "#0b5c7a", "#bc4c00", "#b3261e", "#9fb8c5"

BINS = 40
MOST_INTERVALS = 60
# Fewer answers in an interval would make its P95 a matter of chance.
ANSWERS_IN_AN_INTERVAL = 20
FEWEST_INTERVALS = 5
ABOUT_TICKS = 5
SINCE_THE_BEGINNING = "segundos desde el comienzo"


class Plane:
    """A drawing with two axes: values become places."""

    def __init__(self, title: str, across: str, most: tuple[float, float]) -> None:
        """``across`` says what the horizontal axis shows; both begin at 0 and hold at least ``most``."""
        self.drawing = Drawing(WIDTH, HEIGHT, title)
        self._most_x, self._most_y = most[0] or 1.0, ticks(most[1])[-1]
        self.drawing.text(LEFT, 24, title, bold=True)
        self.drawing.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, across, anchor="middle")
        for value in ticks(most[1]):
            self.drawing.line([(LEFT, self.y(value)), (WIDTH - RIGHT, self.y(value))])
            self.drawing.text(LEFT - 8, self.y(value) + 4, f"{value:g}", anchor="end")

    def x(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(value / self._most_x, 1)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * min(value / self._most_y, 1)

    def mark_across(self, values: Sequence[float], label: Callable[[float], str] = "{:g}".format) -> None:
        """Write values below the horizontal axis."""
        for value in values:
            self.drawing.text(self.x(value), HEIGHT - BOTTOM + 18, label(value), anchor="middle")

    def mark_seconds(self, results: Results) -> None:
        """Write the time below the horizontal axis."""
        self.mark_across([tick for tick in ticks(results.seconds) if tick <= results.seconds])

    def bar(self, across: tuple[float, float], up: tuple[float, float], fill: str) -> None:
        """A bar between two values of each axis, with a little air to the next one."""
        left, right = self.x(across[0]) + 0.5, self.x(across[1]) - 0.5
        self.drawing.box(left, self.y(up[1]), max(right - left, 0.5), self.y(up[0]) - self.y(up[1]), fill)

    def curve(self, points: Sequence[tuple[float, float]], colour: str, *, dotted: bool = False) -> None:
        """A line through values, with a dot at each if asked for."""
        places = [(self.x(x), self.y(y)) for x, y in points]
        self.drawing.line(places, colour, width=2)
        if dotted:
            for x, y in places:
                self.drawing.dot(x, y, colour)

    def legend(self, *entries: tuple[str, str]) -> None:
        """Names with their colours, at the upper right."""
        x = WIDTH - RIGHT
        for name, colour in reversed(entries):
            self.drawing.text(x, 24, name, anchor="end", fill=colour, bold=True)
            x -= 9 * len(name) + 14


def ticks(most: float) -> list[float]:
    """Round values from 0 to the first that is not below ``most``: about five, 1, 2 or 5 times a power of ten apart."""
    if most <= 0:
        return [0, 1]
    rough = most / ABOUT_TICKS
    magnitude = 10.0 ** floor(log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough * (1 - 1e-9))
    return [round(number * step, 9) for number in range(ceil(most / step - 1e-9) + 1)]


def distribution_chart(results: Results) -> str:
    """How many answers took how long. What took longer than nearly all stands in the last bar."""
    scale = ticks(1.2 * percentile(results.milliseconds, 99))
    bins = histogram(results.milliseconds, scale[-1])
    plane = Plane("Distribución de los tiempos de respuesta", "milisegundos", (scale[-1], max(bins.values())))
    for edge, count in bins.items():
        if count:
            plane.bar((edge, edge + scale[-1] / BINS), (0, count), GREY)
    plane.mark_across(scale, lambda value: f"{'≥ ' if value == scale[-1] else ''}{value:g}")
    for row, rank in enumerate(PERCENTILES):
        x = plane.x(percentile(results.milliseconds, rank))
        plane.drawing.line([(x, TOP), (x, HEIGHT - BOTTOM)], ORANGE, width=1.5)
        plane.drawing.text(x + 4, TOP + 12 + 16 * row, f"P{rank}", fill=ORANGE, bold=True)
    return str(plane.drawing)


def histogram(values: Sequence[float], most: float) -> dict[float, int]:
    """How many values are in each of `BINS` equal parts from 0 to ``most``, by where the part begins.

    The last part also counts what is larger.
    """
    edges = [most * number / BINS for number in range(BINS)]
    counts = Counter(edges[bisect_right(edges, value) - 1] for value in values)
    return {edge: counts[edge] for edge in edges}


def course_charts(results: Results) -> list[str]:
    """How it went from the beginning of the load to its end: every answer when there are few, else by intervals."""
    if results.total < FEWEST_INTERVALS * ANSWERS_IN_AN_INTERVAL:
        return [_answers_chart(results)]
    intervals = _intervals(results)
    return [_times_chart(results, intervals), _rates_chart(results, intervals)]


def _answers_chart(results: Results) -> str:
    most = max(each.ms for each in results.measurements)
    plane = Plane("Cada respuesta (ms)", SINCE_THE_BEGINNING, (results.seconds, most))
    for each in results.measurements:
        plane.drawing.dot(plane.x(each.at), plane.y(each.ms), RED if each.failure else BLUE)
    plane.legend(("exitosa", BLUE), *([("fallida", RED)] if results.failed else []))
    plane.mark_seconds(results)
    return str(plane.drawing)


def _times_chart(results: Results, intervals: Sequence[Sequence[Measurement]]) -> str:
    width = results.seconds / len(intervals)
    curves: dict[int, list[tuple[float, float]]] = {50: [], 95: []}
    for number, answers in enumerate(intervals):
        if right := sorted(each.ms for each in answers if not each.failure):
            for rank, curve in curves.items():
                curve.append(((number + 0.5) * width, percentile(right, rank)))
    most = max((y for curve in curves.values() for _, y in curve), default=0)
    plane = Plane("Tiempos de respuesta (ms)", SINCE_THE_BEGINNING, (results.seconds, most))
    plane.curve(curves[50], BLUE)
    plane.curve(curves[95], ORANGE)
    plane.legend(("P50", BLUE), ("P95", ORANGE))
    plane.mark_seconds(results)
    return str(plane.drawing)


def _rates_chart(results: Results, intervals: Sequence[Sequence[Measurement]]) -> str:
    width = results.seconds / len(intervals)
    most = max(len(answers) for answers in intervals) / width
    plane = Plane("Respuestas por segundo", SINCE_THE_BEGINNING, (results.seconds, most))
    for number, answers in enumerate(intervals):
        start, end = number * width, (number + 1) * width
        failed = sum(1 for each in answers if each.failure) / width
        plane.bar((start, end), (0, failed), RED)
        plane.bar((start, end), (failed, len(answers) / width), BLUE)
    plane.legend(("exitosas", BLUE), *([("fallidas", RED)] if results.failed else []))
    plane.mark_seconds(results)
    return str(plane.drawing)


def _intervals(results: Results) -> list[list[Measurement]]:
    """The answers in equal intervals of time."""
    number = min(results.total // ANSWERS_IN_AN_INTERVAL, MOST_INTERVALS)
    intervals: list[list[Measurement]] = [[] for _ in range(number)]
    for each in results.measurements:
        intervals[min(int(each.at / results.seconds * number), number - 1)].append(each)
    return intervals


def climb_charts(climb: Climb) -> list[str]:
    """Throughput and times against the people at once, which double from one place to the next."""
    numbered = list(enumerate(climb.steps, 1))
    size = len(numbered) + 1.0
    most = max(step.results.throughput for step in climb.steps)
    rates = Plane("Peticiones por segundo, según cuántas a la vez", "peticiones a la vez", (size, most))
    rates.curve([(place, step.results.throughput) for place, step in numbered], BLUE, dotted=True)
    most = max(step.results.percentile(95) or 0 for step in climb.steps)
    times = Plane("Tiempos de respuesta, según cuántas a la vez (ms)", "peticiones a la vez", (size, most))
    for rank, colour in ((50, BLUE), (95, ORANGE)):
        line = [(float(place), step.results.percentile(rank) or 0) for place, step in numbered]
        times.curve(line, colour, dotted=True)
    times.legend(("P50", BLUE), ("P95", ORANGE))
    for plane in (rates, times):
        plane.mark_across([place for place, _ in numbered], lambda place: str(climb.steps[int(place) - 1].users))
        for place, step in numbered:
            if step == climb.knee:
                plane.drawing.line([(plane.x(place), TOP), (plane.x(place), HEIGHT - BOTTOM)], INK)
                plane.drawing.text(plane.x(place) + 6, TOP + 12, "rodilla", bold=True)
    return [str(rates.drawing), str(times.drawing)]
