from __future__ import annotations

import re
from html.parser import HTMLParser
from math import isclose
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load.charts import HEIGHT, WIDTH, course_charts, distribution_chart, histogram, ticks
from benchmarks.load.climb import Halt
from benchmarks.load.profile import Profile
from benchmarks.load.report import report_page
from benchmarks.load.results import Measurement, results_of
from benchmarks.load.sample import answers, climb_outcome, outcome, step

if TYPE_CHECKING:
    from benchmarks.load.outcome import Outcome

SVG = "{http://www.w3.org/2000/svg}"
MANY = answers(400, failed=30)
OUTCOMES = {
    "a few": outcome(answers(50)),
    "many": outcome(MANY, requests=400, p95_ms=20, errors_percent=10.0),
    "nothing": outcome([]),
    "nothing right": outcome(answers(5, failed=5), requests=5),
    "a climb": climb_outcome([step(1, 100), step(2, 150), step(4, 151)], Halt.FLAT),
    "a climb without a knee": climb_outcome([step(1, 100, ms=900)], Halt.SLOW),
    "a climb without a right answer": climb_outcome([step(1, 100, failed=200)], Halt.FAILING),
    "a climb without a step": climb_outcome([], Halt.SPENT),
}
VOID = {"meta", "rect", "polyline", "circle"}


class Page(HTMLParser):
    """What a page holds, and that each of its elements is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.headings: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


def charts_of(page: str) -> list[ET.Element]:
    return [ET.fromstring(chart) for chart in re.findall("<svg.*?</svg>", page, re.DOTALL)]  # noqa: S314 - ours


def titles(page: str) -> list[str]:
    return [chart.findtext(f"{SVG}title", "") for chart in charts_of(page)]


@pytest.mark.parametrize("shown", OUTCOMES.values(), ids=OUTCOMES)
def test_every_outcome_makes_a_whole_page_that_asks_for_nothing(shown: Outcome) -> None:
    page = report_page(shown)
    attributes = dict(Page(page).attributes)
    assert not {"src", "href", "action"} & set(attributes)
    assert "url(" not in page
    assert "@import" not in page
    assert ("lang", "es") in Page(page).attributes
    assert "default-src 'none'" in page


def test_a_few_answers_are_shown_one_by_one() -> None:
    page = report_page(OUTCOMES["a few"])
    assert titles(page) == ["Cada respuesta (ms)", "Distribución de los tiempos de respuesta"]
    assert len(charts_of(page)[0].findall(f"{SVG}circle")) == 50
    assert Page(page).headings == ["Peticiones", "Cómo se midió"]


def test_many_answers_are_shown_by_intervals_and_failures_with_their_reasons() -> None:
    page = report_page(OUTCOMES["many"])
    assert titles(page) == [
        "Tiempos de respuesta (ms)",
        "Respuestas por segundo",
        "Distribución de los tiempos de respuesta",
    ]
    assert Page(page).headings == ["Peticiones", "Fallos", "Cómo se midió"]
    text = Page(page).text
    for words in ("HTTP 503", "P95 ≤ 20 ms: NO se cumple (391.00 ms)", "Fallidas ≤ 10 %: se cumple (7.50 %)", "92.5"):
        assert words in text


def test_a_climb_is_shown_by_its_steps() -> None:
    page = report_page(OUTCOMES["a climb"])
    assert titles(page) == [
        "Peticiones por segundo, según cuántas a la vez",
        "Tiempos de respuesta, según cuántas a la vez (ms)",
        "Distribución de los tiempos de respuesta",
    ]
    assert Page(page).headings == ["Escalones", "Peticiones, con 2 a la vez", "Cómo se midió"]
    assert page.count('<tr class="knee"><td>2</td>') == 1
    assert [chart.find(f"{SVG}text[.='rodilla']") is not None for chart in charts_of(page)] == [True, True, False]


def test_nothing_measured_is_shown_as_nothing() -> None:
    page = Page(report_page(OUTCOMES["nothing"]))
    assert page.headings == ["Cómo se midió"]
    assert "La prueba terminó por tiempo (DURATION=300): 0 de 50 peticiones." in page.text


def test_what_comes_from_outside_is_text() -> None:
    hostile = "<script>alert(1)</script>"
    page = report_page(outcome([Measurement(1.0, 5, hostile, hostile)]))
    assert hostile not in page
    assert Page(page).text.count(hostile) == 2


@pytest.mark.parametrize("profile", Profile)
def test_every_profile_is_explained(profile: Profile) -> None:
    assert f"Perfil {profile}: " in Page(report_page(outcome(answers(3), profile=profile))).text


@given(st.floats(1e-6, 1e9))
def test_ticks_are_round_numbers_that_reach_the_value(most: float) -> None:
    values = ticks(most)
    step = values[1]
    assert values[0] == 0
    assert values[-1] >= most * (1 - 1e-6)
    assert 2 <= len(values) <= 7
    assert all(isclose(value, number * step, rel_tol=1e-6, abs_tol=1e-9) for number, value in enumerate(values))
    assert f"{step:e}"[:8] in {"1.000000", "2.000000", "5.000000"}


def test_ticks_of_nothing_are_there() -> None:
    assert ticks(0) == [0, 1]


MEASUREMENTS = st.lists(
    st.builds(
        Measurement,
        at=st.floats(0.001, 300),
        ms=st.floats(0.001, 30_000),
        kind=st.just("ver"),
        failure=st.sampled_from(["", "", "HTTP 500"]),
    ),
    min_size=1,
    max_size=250,
)


@given(MEASUREMENTS)
def test_nothing_is_drawn_outside_the_picture(measurements: list[Measurement]) -> None:
    results = results_of(measurements)
    charts = [*course_charts(results), *([distribution_chart(results)] if results.succeeded else [])]
    for chart in charts:
        for place in _places(ET.fromstring(chart)):  # noqa: S314 - ours
            assert 0 <= place[0] <= WIDTH
            assert 0 <= place[1] <= HEIGHT


def _places(chart: ET.Element) -> list[tuple[float, float]]:
    places = []
    for shape in chart.iter():
        if points := shape.get("points"):
            places += [(float(x), float(y)) for x, y in (point.split(",") for point in points.split())]
        if shape.tag == f"{SVG}rect":
            x, y, width, height = (float(shape.get(name, "")) for name in ("x", "y", "width", "height"))
            assert width >= 0
            assert height >= 0
            places += [(x, y), (x + width, y + height)]
        if shape.tag == f"{SVG}circle":
            places.append((float(shape.get("cx", "")), float(shape.get("cy", ""))))
        if shape.tag == f"{SVG}text":
            places.append((float(shape.get("x", "")), float(shape.get("y", ""))))
    return places


@given(st.lists(st.floats(0, 2_000)), st.floats(1, 1_000))
def test_every_value_is_counted_in_one_part_of_the_histogram(values: list[float], most: float) -> None:
    bins = histogram(values, most)
    edges = [*bins, float("inf")]
    assert edges[0] == 0
    for (start, count), end in zip(bins.items(), edges[1:], strict=True):
        assert count == sum(start <= value < end for value in values)
