"""The running directory that a command sends requests to: its address, whose machine that is, and how to get in."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from local.token import NoToken, fetch_token
from tools.command_line import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORT = "8000"
ANSWER_SECONDS = 10.0
# Reads, writes, and sees what became of the e-mails.
ROLE = "rrhh"
# Without what two programs would read in two ways: user, query, fragment, backslash.
PLAIN = re.compile(r"https?://[\w.:/\[\]$~-]+", re.ASCII | re.IGNORECASE)


class TargetError(Exception):
    """An address that cannot be used; the message is a sentence for the person who gave it."""


@dataclass(frozen=True)
class Target:
    url: str
    """Without a slash at the end."""
    host: str

    @property
    def is_own(self) -> bool:
        """Whether the host is this machine: ``localhost``, or an address of the loopback interface."""
        with suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost"

    def require_own(self, *, mine: bool, why: str) -> None:
        """Check that the host is this machine, or ``mine``; ``why`` begins the sentence that refuses another."""
        if not (self.is_own or mine):
            raise TargetError(f"{self.host} is not this machine, and {why}: say MINE=1 if it is yours.")


def read_target(text: str) -> Target:
    """Read the variable ``URL``: scheme, host, port and path, and nothing else."""
    with suppress(httpx.InvalidURL, ValueError):
        url, split = httpx.URL(text), urlsplit(text)
        if PLAIN.fullmatch(text) and url.host and url.host == split.hostname and split.port != 0:
            return Target(text.rstrip("/"), url.host)
    raise TargetError(
        f"URL must be an address with a host, and without user, query and fragment, such as "
        f"http://localhost:8000, not {shortened(text)}."
    )


def default_url(environment: Mapping[str, str]) -> str:
    """Where `make run` is, which reads ``BFF_PORT``, too."""
    return f"http://localhost:{environment.get('BFF_PORT') or DEFAULT_PORT}"


def require_entry(client: httpx.Client, target: Target) -> None:
    """Check that the directory answers at ``target``, and that ``client`` may do what ``ROLE`` may."""
    try:
        response = client.get(f"{target.url}/correos?limite=1", timeout=ANSWER_SECONDS)
    except httpx.HTTPError as error:
        what_to_do = "start it with `make run`." if target.is_own else "is the address right?"
        raise TargetError(f"No directory answers at {target.url} ({type(error).__name__}): {what_to_do}") from None
    if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise TargetError(
            f"The directory at {target.url} requires a token of the role {ROLE} ({response.status_code}): say TOKEN=…"
        )
    if response.status_code != HTTPStatus.OK or not response.headers.get("Content-Type", "").startswith(
        "application/json"
    ):
        raise TargetError(
            f"What answers at {target.url} is not the directory, or not well (GET /correos: {response.status_code})."
        )


def authorization(target: Target, environment: Mapping[str, str]) -> dict[str, str]:
    """The header with an access token: ``TOKEN``, or on this machine one of the local stack if that runs.

    A demonstration accepts requests without one.
    """
    token = environment.get("TOKEN", "")
    if not token and target.is_own:
        with suppress(NoToken):
            token = fetch_token(environment, ROLE)
    return {"Authorization": f"Bearer {token}"} if token else {}
