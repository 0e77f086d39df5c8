"""A statement as it is sent. SQLAlchemy writes them all, but long before: a cold start that imported it would take
twice as long (docs/adr/0027). The folder `sql` says what each one does; `statements.py` holds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Statement(NamedTuple):
    """SQL, and the names of its parameters $1, $2 and so on."""

    sql: str
    names: tuple[str, ...]

    def values(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """The parameters in the order in which they are sent."""
        return tuple(map(parameters.__getitem__, self.names))


def new_value(name: str) -> str:
    """The name of the parameter that holds a field's new value (its own name is SQLAlchemy's)."""
    return f"new_{name}"
