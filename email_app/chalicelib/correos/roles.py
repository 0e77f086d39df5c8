"""Who may do what: the rules of this app's routes. A route that is not in the table is closed."""

from __future__ import annotations

from chalice_frontdoor import ANYBODY
from contract.roles import ADMIN, RRHH

RULES = {
    # A role that writes the directory also sees the emails about it. A reader does not: that an email was sent reveals
    # that something changed, possibly a salary.
    ("GET", "/correos"): RRHH,
    ("GET", "/correos/{id}"): RRHH,
    ("POST", "/notify/email"): ADMIN,
    ("GET", "/cola"): ADMIN,
    ("POST", "/cola/reenviar"): ADMIN,
    ("GET", "/health"): ANYBODY,
    ("GET", "/openapi.json"): ANYBODY,
}
