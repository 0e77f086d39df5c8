"""What was looked at by a person and is all right: `accepted.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.scan.report import Finding, ScanFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = Path(__file__).with_name("accepted.toml")


@dataclass(frozen=True)
class Accepted:
    """Values that open nothing, and ids of advisories that do not concern this project."""

    secrets: frozenset[str] = frozenset()
    advisories: frozenset[str] = frozenset()


def read_accepted(file: Path = FILE) -> Accepted:
    """Read what is accepted.

    Raises:
        ScanFailed: an entry has no reason.
    """
    document = tomllib.loads(file.read_text("utf-8"))
    return Accepted(
        secrets=frozenset(value for entry in _reasoned(document, "secret") for value in entry["values"]),
        advisories=frozenset(entry["id"] for entry in _reasoned(document, "advisory")),
    )


def _reasoned(document: dict[str, Any], kind: str) -> Iterable[dict[str, Any]]:
    for entry in document.get(kind, ()):
        if not entry.get("reason", "").strip():
            raise ScanFailed(f"{FILE.name}: {entry} has no reason.")
        yield entry


def outdated(accepted: Iterable[str], seen: Iterable[str]) -> list[Finding]:
    """A finding for each of ``accepted`` that the scan has not seen: it would hide the next one of its kind."""
    return [Finding(FILE.name, "outdated", f"{each!r} is found no more") for each in set(accepted) - set(seen)]
