"""One Chalice app behind any AWS front door: see README.md in this folder."""

from __future__ import annotations

from frontdoor.access import ANYBODY, Access, Caller
from frontdoor.app import FrontDoor
from frontdoor.json_body import read_json
from frontdoor.problems import Problem, Text
from frontdoor.request import FrontDoorRequest
from frontdoor.responses import ResponseRefused, ResponseTooLarge

__all__ = [
    "ANYBODY",
    "Access",
    "Caller",
    "FrontDoor",
    "FrontDoorRequest",
    "Problem",
    "ResponseRefused",
    "ResponseTooLarge",
    "Text",
    "read_json",
]
