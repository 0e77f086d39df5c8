"""Asks a person before something is changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tools.preflight import NotReady

if TYPE_CHECKING:
    from collections.abc import Mapping


def confirm(question: str, environment: Mapping[str, str]) -> None:
    """Go on only if the person says yes, or YES=1 said so before.

    Raises:
        NotReady: the answer is no, or nobody is there to give one.
    """
    if environment.get("YES") == "1":
        return
    if not sys.stdin.isatty():
        raise NotReady(f"{question} Nobody is there to answer: say YES=1.")
    if input(f"{question} [yes/no] ").strip().lower() not in {"y", "yes", "s", "si", "sí"}:
        raise NotReady("Nothing was changed.")
