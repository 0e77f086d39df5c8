"""Requests that take effect once, however often they are repeated: the client's key, and a digest of what was sent."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Idempotency keys expire after this many hours.
KEPT_HOURS = 24


class KeyedRequest(NamedTuple):
    """A client's ``Idempotency-Key``, and a digest of the values that it sent."""

    key: str
    digest: str


def keyed(key: str | None, values: Mapping[str, object]) -> KeyedRequest | None:
    """The request with its key, or None without one.

    Args:
        key: the header's value.
        values: what was sent, as it is stored: the digest ignores spaces around a name, for example.
    """
    if key is None:
        return None
    text = json.dumps({name: str(value) for name, value in values.items()}, sort_keys=True)
    return KeyedRequest(key, hashlib.sha256(text.encode()).hexdigest())
