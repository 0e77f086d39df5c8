"""A short form of `make fuzz`, and proof that it notices a fault."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from benchmarks.fuzz.__main__ import fuzz
from benchmarks.fuzz.targets import TARGETS, Target

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_reads_what_it_begins_with_and_what_becomes_of_that(name: str, tmp_path: Path) -> None:
    assert fuzz(TARGETS[name], 0, examples=200, folder=tmp_path).words == ""


def test_a_fault_is_found_and_met_again_at_once(tmp_path: Path) -> None:
    def read(data: bytes) -> None:
        with suppress(ValueError, LookupError, TypeError):
            assert not isinstance(json.loads(data)["a"]["b"], list), "no list is expected here"

    broken = Target(read, [{"a": {"b": "c"}}])
    assert "no list is expected here" in fuzz(broken, 0, folder=tmp_path).words
    assert fuzz(broken, 0, folder=tmp_path).inputs < 20
