"""What a fault works with: the fresh system, and a client of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.client import Client
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from contextlib import ExitStack

    from tests.faults.directory import Directory

#: `make faults` sets it: "all", or "full" with the longer forms. Without it the short faults run.
FAULTS = os.environ.get("FAULTS", "")


@dataclass
class Trial:
    """``afterwards`` puts things in order again when everything has been counted."""

    directory: Directory
    afterwards: ExitStack
    is_full: bool = FAULTS == "full"

    def __post_init__(self) -> None:
        self.client = Client(self.directory.http)

    def recover(self) -> None:
        """The fault is over: ask until a change is taken again."""
        wait_until(lambda: self.client.create().is_done, "a change that is taken")
