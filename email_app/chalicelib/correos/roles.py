"""Who may do what: the one place that decides it. A route that is not in the table is closed (frontdoor's README)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_frontdoor import ANYBODY, Access

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_frontdoor import FrontDoor

#: Groups of the user pool, the weakest first; as scopes of programs ``directorio/lector`` and so on.
LECTOR, RRHH, ADMIN = ROLES = ("lector", "rrhh", "admin")
RESOURCE_SERVER = "directorio"

RULES = {
    # Whoever writes the directory sees what became of the mails about it. Not who reads it: that a mail was sent tells
    # of a change of a salary, too.
    ("GET", "/correos"): RRHH,
    ("GET", "/correos/{id}"): RRHH,
    ("POST", "/notify/email"): ADMIN,
    ("GET", "/cola"): ADMIN,
    ("POST", "/cola/reenviar"): ADMIN,
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
