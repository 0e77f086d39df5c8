"""One Chalice app behind any AWS front door: see the README of the distribution."""

from __future__ import annotations

from chalice_frontdoor.access import ANYBODY, Access
from chalice_frontdoor.app import FrontDoor
from chalice_frontdoor.caller import Caller
from chalice_frontdoor.field_errors import FieldError, InvalidInput
from chalice_frontdoor.json_body import read_json
from chalice_frontdoor.per_process import PerProcess
from chalice_frontdoor.problems import Problem, ProblemTable, Text
from chalice_frontdoor.request import FrontDoorRequest
from chalice_frontdoor.responses import ResponseRefused, ResponseTooLarge
from chalice_frontdoor.settings import Environment, SettingError

__all__ = [
    "ANYBODY",
    "Access",
    "Caller",
    "Environment",
    "FieldError",
    "FrontDoor",
    "FrontDoorRequest",
    "InvalidInput",
    "PerProcess",
    "Problem",
    "ProblemTable",
    "ResponseRefused",
    "ResponseTooLarge",
    "SettingError",
    "Text",
    "read_json",
]
