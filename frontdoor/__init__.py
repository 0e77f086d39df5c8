"""One Chalice app behind any AWS front door: see README.md in this folder."""

from __future__ import annotations

from frontdoor.app import FrontDoor
from frontdoor.json_body import read_json
from frontdoor.problems import Problem

__all__ = ["FrontDoor", "Problem", "read_json"]
