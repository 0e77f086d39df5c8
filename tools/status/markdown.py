"""The status as a Markdown document with charts that GitHub draws (Mermaid), in one file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tools.markdown import markdown_table
from tools.status.concerns import NO_CONCERN, concerns
from tools.status.model import Unread
from tools.status.sections import Cell, Section, Tone, moment, sections

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tools.status.model import Slot, Status

SHOWN_DIGITS = 4  # of the account: a report may be published
COLOURS = {"blue": "#0969da", "orange": "#bc4c00", "red": "#cf222e"}


def document(status: Status) -> str:
    """The whole document. It names no secret, and of the account only the last digits."""
    where = f"the emulator at {status.endpoint}" if status.endpoint else f"account …{status.account[-SHOWN_DIGITS:]}"
    looks = [f"- {_escape(sentence)}" for sentence in concerns(status)] or [NO_CONCERN]
    blocks = [
        f"# Status of {status.prefix}",
        f"{moment(status.taken_at)}, {status.region}, {where}. Written by `make status REPORT=…`.",
        "\n".join(looks),
        *(block for section in sections(status) for block in _section(section)),
    ]
    if not isinstance(status.last_hour, Unread):
        blocks += _charts(status.last_hour.slots)
    return "\n\n".join(blocks) + "\n"


def _section(section: Section) -> list[str]:
    headings = [f"{name}>" if index in section.numbers else name for index, name in enumerate(section.headings)]
    table = markdown_table(headings, [[_cell(cell) for cell in row] for row in section.rows])
    return [f"## {section.title}", table, *([section.note] if section.note else [])]


def _cell(cell: Cell) -> str:
    text = _escape(cell.text)
    return f"**{text}**" if cell.tone is Tone.BAD else text


def _escape(text: str) -> str:
    """Words of AWS cannot become markup or break a table."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))


def _charts(slots: Sequence[Slot]) -> list[str]:
    if not any(slot.requests for slot in slots):
        return ["## The course of the hour", "No requests in the last hour."]
    times = [slot.start for slot in slots]
    requests = _chart(
        "Requests (blue) and errors (red) in 5 minutes",
        times,
        [("bar", "blue", [slot.requests for slot in slots]), ("line", "red", [slot.errors for slot in slots])],
    )
    measured = [slot for slot in slots if slot.latency.p99 is not None]
    blocks = ["## The course of the hour", requests]
    if len(measured) > 1:  # a line needs two points
        # Slots without a request have no response time: a line through zero there would be a lie.
        blocks.append(
            _chart(
                "Response time in ms: p50 (blue), p90 (orange), p99 (red)",
                [slot.start for slot in measured],
                [
                    ("line", "blue", [slot.latency.p50 or 0 for slot in measured]),
                    ("line", "orange", [slot.latency.p90 or 0 for slot in measured]),
                    ("line", "red", [slot.latency.p99 or 0 for slot in measured]),
                ],
            )
        )
    return blocks


def _chart(title: str, times: Sequence[datetime], series: Sequence[tuple[str, str, Sequence[float]]]) -> str:
    """https://mermaid.js.org/syntax/xyChart.html."""
    palette = ", ".join(COLOURS[colour] for _, colour, _ in series)
    top = max(1.0, *(value for _, _, values in series for value in values))
    labels = ", ".join(f'"{time:%H:%M}"' for time in times)
    lines = [f"    {kind} [{', '.join(f'{value:.4g}' for value in values)}]" for kind, _, values in series]
    return "\n".join(
        (
            "```mermaid",
            "---",
            "config:",
            "  themeVariables:",
            "    xyChart:",
            f'      plotColorPalette: "{palette}"',
            "---",
            "xychart-beta",
            f'    title "{title}"',
            f"    x-axis [{labels}]",
            f"    y-axis 0 --> {top:.4g}",
            *lines,
            "```",
        )
    )
