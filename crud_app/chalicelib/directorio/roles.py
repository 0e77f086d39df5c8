"""Who may do what: the rules of this app's routes. A route that is not in the table is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_frontdoor import ANYBODY
from chalicelib.directorio.employee import Audience
from contract.roles import LECTOR, RRHH

if TYPE_CHECKING:
    from chalice_frontdoor import Caller

RULES = {
    ("GET", "/empleados"): LECTOR,
    ("POST", "/empleados"): RRHH,
    ("GET", "/empleados/{id}"): LECTOR,
    ("PUT", "/empleados/{id}"): RRHH,
    ("DELETE", "/empleados/{id}"): RRHH,
    ("GET", "/empleados/{id}/eventos"): LECTOR,
    ("GET", "/eventos"): LECTOR,
    ("GET", "/resumen"): LECTOR,
    ("GET", "/health"): ANYBODY,
    ("GET", "/openapi.json"): ANYBODY,
}


def audience_of(caller: Caller) -> Audience:
    """What the caller may see."""
    return Audience.RRHH if RRHH in caller.roles else Audience.EVERYBODY
