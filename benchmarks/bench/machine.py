"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "requirements" / "bench"
# Whose versions matter to a reader: what the peers are made of.
NAMED = (
    "fastapi", "mangum", "sqlalchemy", "psycopg", "psycopg2-binary", "pg8000", "chalice", "aws-lambda-powertools",
    "httpx", "requests", "urllib3",
)  # fmt: skip
_PINNED = re.compile(r"^([a-z0-9-]+)==([^ ;\\]+)", re.MULTILINE)


def describe_machine(postgres_version: str) -> Mapping[str, str]:
    """What a reader wants to know of it, by name."""
    gigabytes = psutil.virtual_memory().total / 2**30
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{gigabytes:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": postgres_version,
        "AWS emulator": f"ministack {_pinned(ROOT / 'requirements' / 'emulator.txt').get('ministack', '')}",
        "ours": f"chalice {version('chalice')}, pg8000 {version('pg8000')}, httpx {version('httpx')}",
        "peers": ", ".join(f"{name} {number}" for name, number in peer_versions().items()),
    }


def peer_versions() -> Mapping[str, str]:
    """The versions that the lock files of the peers pin, of the packages that matter."""
    pinned: dict[str, str] = {}
    for lock in sorted(LOCKS.glob("*.txt")):
        pinned |= _pinned(lock)
    return {name: pinned[name] for name in NAMED}


def load_warning(cores: int, load: float) -> str | None:
    """A sentence when others use the machine: what is measured then is their business, too."""
    if load <= cores / 2:
        return None
    return (
        f"The machine is busy (load {load:.1f} on {cores} cores): the spread will be wide, and ratios will be refused."
    )


def _pinned(lock: Path) -> dict[str, str]:
    return dict(_PINNED.findall(lock.read_text("utf-8")))


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    names = (
        re.findall(r"^model name\s*: (.*)$", information.read_text("utf-8"), re.MULTILINE)
        if information.exists()
        else []
    )
    return names[0] if names else platform.processor() or platform.machine()
