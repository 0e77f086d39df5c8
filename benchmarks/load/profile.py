"""Who asks the directory for what, and how often.

The shares come from the page: what it asks for when a person opens the list, types a search, opens an employee. They
are counted in blocks, so that a run of 50 requests has exactly the shares that a run of 50,000 has.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping


class Kind(StrEnum):
    """A kind of request, by the name that the results show."""

    LIST = "listar"
    NEXT_PAGE = "página siguiente"
    SEARCH = "buscar"
    FILTER = "filtrar"
    SUMMARY = "resumen"
    SHOW = "ver"
    HISTORY = "historial"
    MAILS = "correos"
    CREATE = "alta"
    CHANGE = "cambio"
    REMOVE = "baja"


class Profile(StrEnum):
    """A kind of load, by the word that people type."""

    READ = "read"
    MIX = "mix"
    STEP = "step"

    @property
    def writes(self) -> bool:
        """Whether it changes the directory."""
        return any(kind in WRITES for kind in BLOCKS[self])


WRITES = frozenset({Kind.CREATE, Kind.CHANGE, Kind.REMOVE})

_READS = {Kind.LIST: 4, Kind.NEXT_PAGE: 1, Kind.SEARCH: 3, Kind.SHOW: 2}
BLOCKS: Mapping[Profile, Mapping[Kind, int]] = {
    Profile.READ: _READS,
    Profile.STEP: _READS,
    # Nine of ten requests read, as `make cost` assumes. Opening the page asks for the list and the summary (for the
    # positions to filter by); a search is asked for as it is typed, two or three times; whoever opens an employee gets
    # the row, its history and its mails.
    Profile.MIX: {
        Kind.LIST: 9,
        Kind.SUMMARY: 5,
        Kind.NEXT_PAGE: 3,
        Kind.SEARCH: 11,
        Kind.FILTER: 3,
        Kind.SHOW: 6,
        Kind.HISTORY: 5,
        Kind.MAILS: 3,
        Kind.CREATE: 2,
        Kind.CHANGE: 2,
        Kind.REMOVE: 1,
    },
}


def kinds_of(profile: Profile, chance: random.Random) -> Iterator[Kind]:
    """Kinds of requests for ever, in the shares of the profile, shuffled within each block."""
    block = [kind for kind, times in BLOCKS[profile].items() for _ in range(times)]
    while True:
        chance.shuffle(block)
        yield from block
