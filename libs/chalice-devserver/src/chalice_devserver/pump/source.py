"""What all event sources share: they run until told to stop, and wait longer and longer while AWS does not answer."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalice_devserver.project import SetupError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

T = TypeVar("T")
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 10.0

# The pump retries by itself, and says so; a long poll answers within its second.
CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=30, retries={"total_max_attempts": 1})

logger = logging.getLogger(__name__)


class NotThere(Exception):
    """What the source reads from does not exist (yet)."""


class RealAccount(SetupError):
    """The queue or topic belongs to a real AWS account, and ``--real-account`` was not given."""


def check_endpoint(url: str) -> None:
    """Refuse an endpoint of AWS itself: raise `RealAccount`."""
    if re.search(r"(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$", urlsplit(url).hostname or ""):
        raise RealAccount(f"{url} is a real AWS account: set AWS_ENDPOINT_URL to an emulator, or pass --real-account.")


class Source(Protocol):
    """Where events come from; ``run`` brings them to the handler until ``stop`` is set, then ends what is under way."""

    @property
    def name(self) -> str: ...
    def run(self, stop: threading.Event) -> None: ...


def read_on(open_: Callable[[], T], read: Callable[[T], None], *, of: str, stop: threading.Event) -> None:
    """Open a source once and read from it until ``stop`` is set.

    When AWS fails, wait and go on; the log has the beginning and the end.
    """
    opened: T | None = None
    wait = FIRST_WAIT_SECONDS
    while not stop.is_set():
        try:
            opened = opened or open_()
            read(opened)
        except (BotoCoreError, ClientError, NotThere) as error:
            if wait == FIRST_WAIT_SECONDS:
                logger.warning("%s cannot be read, trying again: %s", of, error)
            stop.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)
        else:
            if wait > FIRST_WAIT_SECONDS:
                logger.info("%s can be read", of)
            wait = FIRST_WAIT_SECONDS
