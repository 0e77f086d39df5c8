"""What a fault works with: the fresh system, a client of it, and what is written down for the table."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.client import Client

if TYPE_CHECKING:
    from contextlib import ExitStack

    from tests.faults.directory import Directory

RECOVERY_SECONDS = 60
#: `make faults` sets it: "all", or "full" with the longer forms. Without it the short faults run.
FAULTS = os.environ.get("FAULTS", "")


@dataclass
class Trial:
    """``afterwards`` puts things in order again when everything has been counted; ``notes`` are figures."""

    directory: Directory
    afterwards: ExitStack
    is_full: bool = FAULTS == "full"
    recovery: float | None = None  # seconds from the end of the fault to the first success
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = Client(self.directory.http)

    def recover(self) -> None:
        """The fault is over: ask until a change is taken again, and remember how long that took."""
        ended = time.monotonic()
        while not self.client.create().is_done:
            assert time.monotonic() - ended < RECOVERY_SECONDS, f"no recovery within {RECOVERY_SECONDS} s"
            time.sleep(0.05)
        self.recovery = time.monotonic() - ended
