"""The whole program, in a short run: every contestant of two benchmarks still does its work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from benchmarks.bench import workshop
from benchmarks.bench.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.timeout(600)
def test_a_quick_run_measures_every_peer_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    temporary.chmod(0o755)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    for folder in (tmp_path.parent, tmp_path):  # PostgreSQL runs as another user when this is root
        folder.chmod(0o755)

    assert main(["--quick", "--only=cold-start,door", f"--json={tmp_path}/new/bench.json"]) == 0

    found = json.loads((tmp_path / "new" / "bench.json").read_text())
    assert [table["key"] for table in found["tables"]] == ["cold-start", "door"]
    assert all(series for table in found["tables"] for row in table["rows"] for series in row["rounds"].values())
    assert "Targets: 0 met, 0 missed" in capsys.readouterr().out
    assert list(temporary.iterdir()) == []


def test_without_packages_nothing_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workshop, "ROOT", tmp_path)
    monkeypatch.setattr(workshop, "PACKAGES", tmp_path / "build")
    assert main(["--quick"]) == 2
    assert capsys.readouterr().err == "make bench: build/crud_app/deployment.zip is missing: make package\n"
