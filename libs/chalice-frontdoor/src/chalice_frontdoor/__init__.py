"""One Chalice app behind any AWS front door: see the README of the distribution."""

from __future__ import annotations

from chalice_frontdoor.access import ANYBODY, Access, Caller, cognito_reader
from chalice_frontdoor.app import DOORS, FrontDoor
from chalice_frontdoor.problems import FieldError, InvalidInput, Problem, ProblemTable, Text
from chalice_frontdoor.process import Environment, PerProcess, SettingError, apply_defaults
from chalice_frontdoor.request import FrontDoorRequest, read_json
from chalice_frontdoor.responses import ResponseRefused, ResponseTooLarge

__all__ = [
    "ANYBODY",
    "DOORS",
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
    "apply_defaults",
    "cognito_reader",
    "read_json",
]
