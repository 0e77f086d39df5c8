"""The two pictures of docs/costs.md."""

from __future__ import annotations

from decimal import Decimal
from math import log10
from typing import TYPE_CHECKING

from tools.cost.svg import INK, Drawing
from tools.cost.wording import dollars, percent, short_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.cost.bill import Estimate, Report
    from tools.cost.prices import FreeTier

WIDTH = 860
LEFT, RIGHT, TOP = 76, 24, 70

LINES_HEIGHT = 460
LINES_BOTTOM = 46
SERVERLESS_COLOUR = "#0969da"
FARGATE_COLOUR = "#bc4c00"

BAR_HEIGHT, BAR_GAP = 30, 12
LEGEND_ROW = 24
LEGEND_COLUMNS = 6
LABELLED_FROM = Decimal("0.08")  # a narrower part has no room for its percentage
COLOURS = {
    "ALB": "#0969da",
    "Lambda": "#bf8700",
    "HTTP API": "#8250df",
    "SNS": "#fa4549",
    "SQS": "#a475f9",
    "SES": "#cf222e",
    "DynamoDB": "#54aeff",
    "CloudWatch": "#1a7f37",
    "X-Ray": "#1b7c83",
    "Data transfer": "#6e7781",
    "CloudFront": "#4ac26b",
    "WAF": "#bc4c00",
    "Cognito": "#bf3989",
    "KMS": "#57606a",
}


class _LogLog:
    """Where requests a month and dollars lie in the picture, both by their logarithms."""

    def __init__(self, least: tuple[int, int], most: tuple[int, int]) -> None:
        self._least = least
        self._decades = (log10(most[0] / least[0]), log10(most[1] / least[1]))

    def x(self, requests: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * log10(requests / self._least[0]) / self._decades[0]

    def y(self, amount: Decimal | float) -> float:
        bottom = LINES_HEIGHT - LINES_BOTTOM
        return bottom - (bottom - TOP) * log10(float(amount) / self._least[1]) / self._decades[1]


def total_chart(report: Report, curve: Sequence[Estimate]) -> str:
    """Dollars against requests, with Lambda and with Fargate; ``curve`` goes from 1,000 to a billion requests."""
    scale = _LogLog((1_000, 10), (10**9, 100_000))
    drawing = Drawing(WIDTH, LINES_HEIGHT, "Cost a month against requests a month, with Lambda and with Fargate")
    drawing.text(LEFT, 28, "Cost a month, with what is always free deducted", bold=True)
    drawing.text(LEFT, 50, "the deployment (Lambda and HTTP API)", fill=SERVERLESS_COLOUR, bold=True)
    drawing.text(LEFT + 330, 50, "the same with Fargate", fill=FARGATE_COLOUR, bold=True)
    for exponent in range(3, 10):
        x = scale.x(10**exponent)
        drawing.line([(x, scale.y(10)), (x, scale.y(100_000))])
        drawing.text(x, LINES_HEIGHT - 24, short_count(10**exponent), anchor="middle")
    for exponent in range(1, 6):
        y = scale.y(10**exponent)
        drawing.line([(scale.x(1_000), y), (scale.x(10**9), y)])
        drawing.text(LEFT - 8, y + 4, f"${10**exponent:,}", anchor="end")
    drawing.text(WIDTH / 2, LINES_HEIGHT - 6, "requests a month", anchor="middle")
    _draw_curve(
        drawing, scale, [(e.profile.requests, e.fargate.total(report.free_tier)) for e in curve], FARGATE_COLOUR
    )
    serverless = [(e.profile.requests, e.serverless.total(report.free_tier)) for e in curve]
    _draw_curve(drawing, scale, serverless, SERVERLESS_COLOUR)
    _mark_crossing(drawing, scale, report, dict(serverless))
    return str(drawing)


def _draw_curve(drawing: Drawing, scale: _LogLog, values: Sequence[tuple[int, Decimal]], colour: str) -> None:
    drawing.line([(scale.x(requests), scale.y(amount)) for requests, amount in values], colour, width=2.5)


def _mark_crossing(drawing: Drawing, scale: _LogLog, report: Report, serverless: dict[int, Decimal]) -> None:
    if report.fargate_from not in serverless:
        return  # never, or outside the picture
    x, y = scale.x(report.fargate_from), scale.y(serverless[report.fargate_from])
    drawing.dot(x, y, INK)
    drawing.text(
        x - 10, y - 12, f"Fargate is cheaper from {short_count(report.fargate_from)} on", anchor="end", bold=True
    )


def share_chart(report: Report) -> str:
    """One bar for each scale: which part of the bill is which service's."""
    services = report.services
    legend_rows = -(-len(services) // LEGEND_COLUMNS)
    height = TOP + len(report.scales) * (BAR_HEIGHT + BAR_GAP) + legend_rows * LEGEND_ROW + 16
    drawing = Drawing(WIDTH, height, "Part of the bill of each service, from 1,500 to a billion requests a month")
    drawing.text(LEFT, 28, "What the money goes to, with what is always free deducted", bold=True)
    drawing.text(LEFT - 10, 54, "requests", anchor="end")
    drawing.text(WIDTH - RIGHT, 54, "dollars a month", anchor="end")
    y = float(TOP)
    for estimate in report.scales:
        _draw_bar(drawing, y, estimate, report.free_tier)
        y += BAR_HEIGHT + BAR_GAP
    _draw_legend(drawing, y + 8, services)
    return str(drawing)


def _draw_bar(drawing: Drawing, y: float, estimate: Estimate, free_tier: FreeTier) -> None:
    base_line = y + BAR_HEIGHT / 2 + 5
    total = estimate.serverless.total(free_tier)
    width = WIDTH - LEFT - RIGHT - 80
    drawing.text(LEFT - 10, base_line, short_count(estimate.profile.requests), anchor="end")
    x = float(LEFT)
    for service, amount in estimate.serverless.by_service(free_tier).items():
        part = width * float(amount / total)
        drawing.box(x, y, part, BAR_HEIGHT, COLOURS[service])
        if amount / total >= LABELLED_FROM:
            drawing.text(x + part / 2, base_line, percent(amount / total), anchor="middle", fill="#ffffff", bold=True)
        x += part
    drawing.text(WIDTH - RIGHT, base_line, dollars(total), anchor="end")


def _draw_legend(drawing: Drawing, top: float, services: Sequence[str]) -> None:
    column_width = (WIDTH - LEFT - RIGHT) / LEGEND_COLUMNS
    for index, service in enumerate(services):
        row, column = divmod(index, LEGEND_COLUMNS)
        x, y = LEFT + column * column_width, top + row * LEGEND_ROW
        drawing.box(x, y, 14, 14, COLOURS[service])
        drawing.text(x + 20, y + 12, service)
