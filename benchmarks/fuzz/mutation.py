"""Changes JSON where its meaning is, so that the result is JSON again: bytes alone would break it nearly always."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

#: What readers stumble over.
ODD = (
    None, True, False, 0, -1, 1, 2**31, 2**63 - 1, 2**63, 10**400, 0.1, -0.0, 1e308, "", " ", "\x00", "\n", "\u2028",
    "\ufeff", "\ud800", "\U0001f600", "a" * 300, "ana@example.com", "2026-02-30", "2024-02-29T12:00:00Z", "%2F..", [],
    {}, [[]], {"": ""}, [None],
)  # fmt: skip


def mutate(data: bytes, seed: int) -> bytes | None:
    """``data`` with one to three values exchanged, removed or moved; None if it is no JSON that holds anything."""
    try:
        return _mutate(json.loads(data), random.Random(seed))  # noqa: S311 - nothing is secret
    except (ValueError, RecursionError):
        return None


def _mutate(value: object, chance: random.Random) -> bytes | None:
    for _ in range(chance.randint(1, 3)):
        places = list(_places(value))
        if not places:
            return None
        holder, key = chance.choice(places)
        _change(holder, key, places, chance)
    return json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _places(value: Any) -> Any:
    """Every object or array that holds something, with each of its keys."""
    if isinstance(value, dict | list):
        for key, child in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from _places(child)


def _change(holder: Any, key: Any, places: list[tuple[Any, Any]], chance: random.Random) -> None:
    match chance.randrange(5):
        case 0:
            del holder[key]
        case 1:
            other, its_key = chance.choice(places)
            with_it = copy.deepcopy(other[its_key]) if _holds(other, its_key) else None
            holder[key] = with_it
        case 2:
            holder[key] = [holder[key]]
        case 3 if isinstance(holder[key], str) and holder[key]:
            cut = chance.randrange(len(holder[key]) + 1)
            holder[key] = holder[key][:cut] + str(chance.choice(ODD)) + holder[key][cut:]
        case _:
            holder[key] = chance.choice(ODD)


def _holds(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)
