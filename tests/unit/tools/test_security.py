"""docs/security.md names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:tests|infra|libs)/[\w/.-]+)(?:::(\w+))?`", DOCUMENT)))


def test_what_was_tried_can_be_tried_again():
    assert len(NAMED) > 15
    for file, test in NAMED:
        path = ROOT / file
        assert path.exists(), file
        assert not test or re.search(rf"^def {test}\(", path.read_text(encoding="utf-8"), re.MULTILINE), test
