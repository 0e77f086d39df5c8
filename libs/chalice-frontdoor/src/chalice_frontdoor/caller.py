"""Who sends a request."""

from __future__ import annotations

from typing import NamedTuple


class Caller(NamedTuple):
    """Who sends a request. Not a dataclass, because those import ``inspect`` during every cold start.

    Args:
        name: a person's user name, or a program's client id.
        roles: what the caller is. ``Access`` adds the weaker roles that these imply.
    """

    name: str
    roles: frozenset[str]
