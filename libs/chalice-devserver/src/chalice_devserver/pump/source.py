"""What all event sources share: they run until told to stop, and wait longer and longer while AWS does not answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 10.0

# The pump retries by itself, and says so; a long poll answers within its second.
CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=30, retries={"total_max_attempts": 1})

logger = logging.getLogger(__name__)


class NotThere(Exception):
    """What the source reads from does not exist (yet)."""


class Source(Protocol):
    """Where events come from."""

    name: str

    def run(self, stop: threading.Event) -> None:
        """Bring events to the handler until ``stop`` is set, then end what is under way and return."""


def keep_doing(step: Callable[[], None], *, of: str, stop: threading.Event) -> None:
    """Repeat ``step`` until ``stop`` is set. When AWS fails, wait and go on; the log has the beginning and the end."""
    wait = FIRST_WAIT_SECONDS
    failing = False
    while not stop.is_set():
        try:
            step()
        except (BotoCoreError, ClientError, NotThere) as error:
            if not failing:
                logger.warning("%s cannot be read, trying again: %s", of, error)
            failing = True
            stop.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)
        else:
            if failing:
                logger.info("%s can be read", of)
            failing, wait = False, FIRST_WAIT_SECONDS
