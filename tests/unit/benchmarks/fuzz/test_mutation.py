from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fuzz.mutation import mutate

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.integers(0, 2**32))
def test_json_becomes_json(value: object, seed: int) -> None:
    changed = mutate(json.dumps(value).encode(), seed)

    if not (isinstance(value, dict | list) and value):
        assert changed is None
    elif changed is not None:
        json.loads(changed)


def test_the_same_seed_makes_the_same_of_it() -> None:
    data = json.dumps({"a": [1, 2, {"b": "c"}]}).encode()

    assert mutate(data, 1) == mutate(data, 1)
    assert len({mutate(data, seed) for seed in range(50)}) > 10


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000, b"7"])
def test_what_holds_nothing_that_could_be_changed_is_left_to_others(data: bytes) -> None:
    assert mutate(data, 1) is None
