"""Asks a running system who may do what: every route, every caller, compared with the apps' own tables of rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_frontdoor import ANYBODY
from contract.roles import ROLES
from crud_app.app import RULES as DIRECTORIO
from email_app.app import RULES as CORREOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import httpx

REFUSALS = {401, 403}
#: The rules of both APIs, by method and path.
RULES = {**DIRECTORIO, **CORREOS}
#: An id that no row has, so that an allowed request changes nothing.
UNUSED_ID = "999999999"


def expected_answers(method: str, path: str) -> list[int]:
    """What each caller gets (0: allowed): without a token, without a role, then each role, the weakest first."""
    needed = RULES[method, path]
    if needed == ANYBODY:
        return [0, 0, *(0 for _ in ROLES)]
    return [401, 403, *(0 if ROLES.index(role) >= ROLES.index(needed) else 403 for role in ROLES)]


def answers_of(
    client: httpx.Client, rules: Iterable[tuple[str, str]], callers: Mapping[str, Mapping[str, str]]
) -> dict[tuple[str, str], list[int]]:
    """What the system answers to each caller, by method and path; 0 for anything that is no refusal."""
    return {rule: [_ask(client, *rule, headers) for headers in callers.values()] for rule in rules}


def _ask(client: httpx.Client, method: str, path: str, headers: Mapping[str, str]) -> int:
    # An allowed body is then found to be invalid.
    body: dict[str, str] | None = {} if method in {"POST", "PUT"} else None
    target = re.sub(r"\{\w+\}", UNUSED_ID, path)
    status = client.request(method, target, json=body, headers=dict(headers)).status_code
    return status if status in REFUSALS else 0
