"""One Chalice app behind any AWS front door: see README.md in this folder."""

from __future__ import annotations

from chalice_frontdoor.access import ANYBODY, Access, Caller
from chalice_frontdoor.app import FrontDoor
from chalice_frontdoor.json_body import read_json
from chalice_frontdoor.problems import Problem, Text
from chalice_frontdoor.request import FrontDoorRequest
from chalice_frontdoor.responses import ResponseRefused, ResponseTooLarge

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
