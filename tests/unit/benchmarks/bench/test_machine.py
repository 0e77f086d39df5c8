"""What the numbers were measured on."""

from __future__ import annotations

import pytest

from benchmarks.bench.machine import NAMED, describe_machine, load_warning, peer_versions


def test_a_reader_learns_processor_versions_and_peers() -> None:
    found = describe_machine("18.1")
    assert found["PostgreSQL"] == "18.1"
    assert "cores" in found["processor"]
    assert found["AWS emulator"].startswith("ministack 1.")
    assert all(name in found["peers"] for name in NAMED)


def test_the_peers_versions_are_those_of_their_locks() -> None:
    assert peer_versions()["fastapi"].startswith("0.")


@pytest.mark.parametrize(("load", "warns"), [(0.4, False), (1.0, False), (1.1, True)])
def test_a_busy_machine_is_a_warning(load: float, *, warns: bool) -> None:
    assert (load_warning(2, load) is not None) is warns
