"""The roles, read from ``roles.json``, which Terraform reads too.

A role is a group of the user pool for a person, and the scope ``directorio/<role>`` for a program.
"""

from __future__ import annotations

import json
from pathlib import Path

_DECLARED = json.loads(Path(__file__).with_name("roles.json").read_text("utf-8"))

#: The weakest first; each role may do what those before it may.
ROLES: tuple[str, ...] = tuple(_DECLARED["roles"])
LECTOR, RRHH, ADMIN = ROLES
#: The resource server's identifier in the user pool.
RESOURCE_SERVER: str = _DECLARED["resource_server"]
#: The actor of a change made without sign-in, as events and the history show it.
ANONYMOUS = "anonimo"


def scope_of(role: str) -> str:
    """The OAuth scope that gives ``role`` to a program."""
    return f"{RESOURCE_SERVER}/{role}"
