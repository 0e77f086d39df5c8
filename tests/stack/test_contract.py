"""The served description of the API is true: schemathesis finds nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.stack import Stack

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 10
# It takes twenty seconds on an idle machine, and minutes on one that has other work.
SECONDS = 600


@pytest.mark.timeout(SECONDS)
def test_schemathesis_finds_nothing(stack: Stack, tmp_path: Path) -> None:
    finished = subprocess.run(
        [
            SCHEMATHESIS,
            f"--config-file={CONFIGURATION}",
            "run",
            f"{stack.url}/openapi.json",
            f"--header=Authorization: {stack.authorization('admin')}",
            f"--max-examples={EXAMPLES}",
            "--generation-deterministic",
            "--continue-on-failure",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, (finished.stdout + finished.stderr)[-8000:]
