"""What a scan has to say.

ScanProblem
├── ScanFailed    it could not be done: `make scan` fails
└── ScanSkipped   it cannot be done on this machine: said aloud, and never taken for a pass
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.terraform_cli import ROOT

# The scanners' own environment, which `make scan` makes.
PROGRAMS = ROOT / ".scan" / "bin"


class ScanProblem(Exception):
    """A scan gave no answer; the message is a sentence for the person at the keyboard."""


class ScanFailed(ScanProblem):
    """A scanner broke, or looked at nothing."""


class ScanSkipped(ScanProblem):
    """What the scan needs is not here."""


def what_is_missing(sentence: str, *, required: bool) -> ScanProblem:
    """The exception for a scan that lacks what it needs, unless it is ``required``."""
    return ScanFailed(sentence) if required else ScanSkipped(sentence)


@dataclass(frozen=True, order=True)
class Finding:
    """Something to mend, or to accept with a reason.

    ``where`` is a file with a line, a resource or a package. ``rule`` is the scanner's name for the mistake.
    """

    where: str
    rule: str
    text: str


@dataclass(frozen=True)
class Report:
    """What was looked at, in a few words with numbers, and what was found."""

    looked_at: str
    findings: tuple[Finding, ...] = ()
