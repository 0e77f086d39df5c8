"""Markdown, for the documents that the project's own commands write."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a heading that ends with ``>`` is a column of numbers, aligned to the right."""
    names = [heading.removesuffix(">") for heading in headings]
    rules = ["--:" if heading.endswith(">") else "---" for heading in headings]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (names, rules, *rows))
