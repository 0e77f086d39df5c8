from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.scan.accepted import read_accepted
from tools.scan.report import ScanFailed

if TYPE_CHECKING:
    from pathlib import Path


def test_secrets_and_advisories_are_read_apart(tmp_path: Path) -> None:
    file = tmp_path / "accepted.toml"
    file.write_text(
        '[[secret]]\nvalues = ["a", "b"]\nreason = "r"\n[[secret]]\nvalues = ["c"]\nreason = "r"\n'
        '[[advisory]]\nid = "CVE-1"\nreason = "r"\n'
    )
    accepted = read_accepted(file)

    assert accepted.secrets == {"a", "b", "c"}
    assert accepted.advisories == {"CVE-1"}


@pytest.mark.parametrize("reason", ["", 'reason = "  "\n'])
def test_nothing_is_accepted_without_a_reason(tmp_path: Path, reason: str) -> None:
    file = tmp_path / "accepted.toml"
    file.write_text(f'[[advisory]]\nid = "CVE-1"\n{reason}')

    with pytest.raises(ScanFailed, match="has no reason"):
        read_accepted(file)
