from __future__ import annotations

import random
from collections import Counter
from itertools import islice

import pytest

from benchmarks.load.profile import BLOCKS, WRITES, Kind, Profile, kinds_of


def some_kinds(profile: Profile, number: int, seed: int = 1) -> list[Kind]:
    return list(islice(kinds_of(profile, random.Random(seed)), number))  # noqa: S311 - nothing secret


@pytest.mark.parametrize("profile", Profile)
def test_every_block_has_the_shares_exactly(profile: Profile) -> None:
    size = sum(BLOCKS[profile].values())
    kinds = some_kinds(profile, 3 * size)
    for start in range(0, 3 * size, size):
        assert Counter(kinds[start : start + size]) == Counter(BLOCKS[profile])


def test_fifty_requests_of_the_mix_are_one_block_of_which_a_tenth_writes() -> None:
    kinds = some_kinds(Profile.MIX, 50)
    assert Counter(kinds) == Counter(BLOCKS[Profile.MIX])
    assert sum(kind in WRITES for kind in kinds) == 5
    assert set(kinds) == set(Kind)


def test_more_employees_are_created_than_removed() -> None:
    block = BLOCKS[Profile.MIX]
    assert block[Kind.CREATE] > block[Kind.REMOVE]


def test_only_the_mix_writes() -> None:
    assert [profile for profile in Profile if profile.writes] == [Profile.MIX]


def test_the_same_seed_gives_the_same_order_and_another_one_another() -> None:
    assert some_kinds(Profile.MIX, 100) == some_kinds(Profile.MIX, 100)
    assert some_kinds(Profile.MIX, 100) != some_kinds(Profile.MIX, 100, seed=2)
