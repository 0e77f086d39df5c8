"""Debian's packages, for programs that tests drive and that no Python package brings."""

from __future__ import annotations

import os
import shutil
import subprocess


def can_install() -> bool:
    """Whether this machine has apt, and lets us use it without a question."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(package: str) -> None:
    """Install a package and what it needs; raises CalledProcessError if that failed, which it has explained."""
    subprocess.run(["apt-get", "update", "--quiet=2"], check=True)
    quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", package]
    subprocess.run(command, check=True, env=quietly, stdout=subprocess.DEVNULL)
