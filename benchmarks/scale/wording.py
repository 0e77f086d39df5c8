"""Numbers as people read them."""

from __future__ import annotations

_STEPS = ((1e9, "billion"), (1e6, "million"))


def count(value: float) -> str:
    """Two digits that mean something: ``7``, ``170``, ``5,300``, ``1.2 million``."""
    for size, name in _STEPS:
        if value >= size:
            return f"{value / size:.2g} {name}" if value < 100 * size else f"{value / size:,.0f} {name}"
    if value < 10:
        return f"{value:.2g}"
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}"
