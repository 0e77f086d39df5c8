"""A server's certificate for tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

from local.emulator import EMULATOR_PYTHON


def make_certificate(file: Path) -> Path:
    """A new private key and a certificate for ``localhost`` that vouches for itself, in ``file`` (PEM)."""
    subprocess.run([EMULATOR_PYTHON, Path(__file__).with_name("certificate.py"), file], check=True)
    return file
