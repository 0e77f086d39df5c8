"""Who does it: the person or program that the front door has verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ANONYMOUS = "anonimo"
#: The claims that name somebody, the best first.
NAMING_CLAIMS = ("email", "username", "sub")
#: What is longer is no name; the column holds so many.
MAX_ACTOR = 254


def actor_of(context: Mapping[str, Any]) -> str:
    """The name to write into events.

    Args:
        context: the request's context; ``authorizer.claims`` in it come from a verified token.
    """
    claims = (context.get("authorizer") or {}).get("claims") or {}
    names = (claims.get(claim) for claim in NAMING_CLAIMS)
    return next((name[:MAX_ACTOR] for name in names if isinstance(name, str) and name), ANONYMOUS)
