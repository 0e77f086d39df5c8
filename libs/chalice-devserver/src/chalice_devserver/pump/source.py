"""What all event sources share: they run until told to stop, and wait longer and longer while AWS does not answer."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

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


class RealAccount(Exception):
    """The queue or topic belongs to a real AWS account, and ``--real-account`` was not given."""


def check_endpoint(url: str) -> None:
    """Refuse an endpoint of AWS itself: raise `RealAccount`."""
    if re.search(r"(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$", urlsplit(url).hostname or ""):
        raise RealAccount(f"{url} is a real AWS account: set AWS_ENDPOINT_URL to an emulator, or pass --real-account.")


class Source(Protocol):
    """Where events come from."""

    @property
    def name(self) -> str: ...
    def run(self, stop: threading.Event) -> None:
        """Bring events to the handler until ``stop`` is set, then end what is under way and return."""


def keep_doing(step: Callable[[], None], *, of: str, stop: threading.Event) -> None:
    """Repeat ``step`` until ``stop`` is set. When AWS fails, wait and go on; the log has the beginning and the end."""
    wait = FIRST_WAIT_SECONDS
    while not stop.is_set():
        try:
            step()
        except (BotoCoreError, ClientError, NotThere) as error:
            if wait == FIRST_WAIT_SECONDS:
                logger.warning("%s cannot be read, trying again: %s", of, error)
            stop.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)
        else:
            if wait > FIRST_WAIT_SECONDS:
                logger.info("%s can be read", of)
            wait = FIRST_WAIT_SECONDS
