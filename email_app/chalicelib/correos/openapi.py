"""The description of the HTTP routes, for programs: openapi.json, which a test compares with the app."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def read_openapi() -> str:
    return Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")
