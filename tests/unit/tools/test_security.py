"""docs/security.md names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:tests|infra|libs)/[\w/.-]+)(?:::(\w+))?`", DOCUMENT)))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_what_was_tried_can_be_tried_again(file: str, test: str) -> None:
    path = ROOT / file

    assert path.exists()
    assert not test or re.search(rf"^def {test}\(", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_it_names_one_for_each_way_in() -> None:
    assert len(NAMED) > 15
