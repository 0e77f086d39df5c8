"""The project's own apps, packaged once for all workers."""

import fcntl
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def packaged(shared_folder):
    """Returns the folder of an app's module, which `make package` brings up to date once."""
    with (shared_folder / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared_folder / "packaged").exists():
            subprocess.run(["make", "package"], cwd=ROOT, check=True, capture_output=True)
            (shared_folder / "packaged").touch()
    return lambda app: ROOT / "build" / app
