"""What a health check asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_frontdoor import FieldError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

DEPTHS = ("0", "1")


def asks_database(pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether ``deep=1`` is in the query. Other parameters are the monitor's own business.

    Raises:
        InvalidInput: ``deep`` is neither 0 nor 1, or is there twice.
    """
    depths = [value for name, value in pairs if name == "deep"]
    if len(depths) > 1 or not set(depths) <= set(DEPTHS):
        mensaje = {"es": "Debe ser 0 o 1, una sola vez.", "en": "It must be 0 or 1, only once."}
        raise InvalidInput([FieldError("deep", "valor", mensaje)])
    return depths == ["1"]
