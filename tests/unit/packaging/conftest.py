"""The project's own apps, packaged once for all workers."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def packaged(shared_folder: Path) -> Callable[[str], Path]:
    """Returns the folder of an app's module, which `make package` brings up to date once."""
    with (shared_folder / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared_folder / "packaged").exists():
            subprocess.run(["make", "package"], cwd=ROOT, check=True, capture_output=True)
            (shared_folder / "packaged").touch()
    return lambda app: ROOT / "build" / app
