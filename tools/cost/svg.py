"""A picture made of lines, boxes and text, as SVG: just enough for two charts, and the same bytes on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

INK = "#1f2328"
PALE = "#d1d9e0"
PAPER = "#ffffff"  # its own ground: GitHub shows pictures on a dark page too
FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"


class Drawing:
    """Shapes are added in the order in which they cover each other. Units are pixels, y grows downwards."""

    def __init__(self, width: int, height: int, title: str) -> None:
        """``title`` is what a screen reader says."""
        self._root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {width} {height}",
                "width": str(width),
                "height": str(height),
                "role": "img",
                "font-family": FONT,
                "font-size": "13",
            },
        )
        ET.SubElement(self._root, "title").text = title
        self.box(0, 0, width, height, PAPER)

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        self._add("rect", x=x, y=y, width=width, height=height, fill=fill)

    def line(self, points: Sequence[tuple[float, float]], stroke: str = PALE, width: float = 1) -> None:
        path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        self._add("polyline", points=path, fill="none", stroke=stroke, stroke_width=width)

    def dot(self, x: float, y: float, fill: str) -> None:
        self._add("circle", cx=x, cy=y, r=4, fill=fill)

    def text(  # noqa: PLR0913 - what a text has
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: Literal["start", "middle", "end"] = "start",
        fill: str = INK,
        bold: bool = False,
    ) -> None:
        """``y`` is the base line."""
        weight = "600" if bold else "400"
        self._add("text", x=x, y=y, fill=fill, text_anchor=anchor, font_weight=weight).text = text

    def __str__(self) -> str:
        """The file's content."""
        ET.indent(self._root, " ")
        return ET.tostring(self._root, "unicode") + "\n"

    def _add(self, tag: str, **attributes: str | float) -> ET.Element:
        element = ET.SubElement(self._root, tag)
        for name, value in attributes.items():
            element.set(name.replace("_", "-"), value if isinstance(value, str) else _number(value))
        return element


def _number(value: float) -> str:
    """One decimal: nobody sees more."""
    return f"{value:.1f}".removesuffix(".0")
