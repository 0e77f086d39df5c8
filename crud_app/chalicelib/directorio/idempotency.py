"""A request that is to be done once, however often it comes: the client's key for it, and what it says."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A client's name for a request is remembered so long; who repeats it later asks anew.
KEPT_HOURS = 24


class Peticion(NamedTuple):
    """A client's name for a request (``Idempotency-Key``), and a digest of the values that it sends."""

    clave: str
    huella: str


def named(clave: str | None, values: Mapping[str, object]) -> Peticion | None:
    """The request that a client named ``clave``, or None if it did not name it.

    Args:
        clave: the key.
        values: what was sent, as it is stored: spaces around a name, say, make no other request of it.
    """
    if clave is None:
        return None
    text = json.dumps({name: str(value) for name, value in values.items()}, sort_keys=True)
    return Peticion(clave, hashlib.sha256(text.encode()).hexdigest())
