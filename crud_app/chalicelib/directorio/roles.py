"""Who may do what: the one place that decides it. A route that is not in the table is closed (frontdoor's README)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_frontdoor import ANYBODY, Access
from chalicelib.directorio.employee import Audience

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_frontdoor import Caller, FrontDoor

#: Groups of the user pool, the weakest first; as scopes of programs ``directorio/lector`` and so on.
LECTOR, RRHH, ADMIN = ROLES = ("lector", "rrhh", "admin")
RESOURCE_SERVER = "directorio"

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


def guard(app: FrontDoor, is_demo: Callable[[], bool]) -> None:
    """Let nobody into ``app`` but by these rules.

    Args:
        app: whose routes are guarded.
        is_demo: whether the environment says that this is a demonstration: no sign-in, and no real data.
    """
    app.register_middleware(Access(ROLES, RULES, resource_server=RESOURCE_SERVER, is_demo=is_demo), "http")


def audience_of(caller: Caller) -> Audience:
    """What the caller may see."""
    return Audience.RRHH if RRHH in caller.roles else Audience.EVERYBODY
