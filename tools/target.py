"""The running directory that a command sends requests to: its address, whose machine that is, and how to get in."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from local.token import NoToken, fetch_token
from tools.command_line import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORT = "8000"
HIGHEST_PORT = 65535
HEALTH_SECONDS = 10.0
# Reads, writes, and sees what became of the e-mails.
ROLE = "rrhh"

# Narrow on purpose: what two programs would read in two ways ("http://localhost\@example.org") has no host here.
_ADDRESS = re.compile(
    r"""(?P<scheme>https?)://
        (?P<host>[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[(?P<ipv6>[0-9a-f:]+)\])
        (:(?P<port>[0-9]{1,5}))?
        (?P<path>(/[a-z0-9$_.~-]+)*)/?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


class TargetError(Exception):
    """An address that cannot be used; the message is a sentence for the person who gave it."""


@dataclass(frozen=True)
class Target:
    """Where a directory is."""

    url: str
    """Without a slash at the end."""
    host: str

    @property
    def is_own(self) -> bool:
        """Whether the host is this machine: ``localhost``, or an address of the loopback interface."""
        return self.host == "localhost" or (_is_ip(self.host) and ipaddress.ip_address(self.host).is_loopback)

    def require_own(self, *, mine: bool, why: str) -> None:
        """Check that the host is this machine, or ``mine``; ``why`` begins the sentence that refuses another."""
        if not (self.is_own or mine):
            raise TargetError(f"{self.host} is not this machine, and {why}: say MINE=1 if it is yours.")


def read_target(text: str) -> Target:
    """Read the variable ``URL``: scheme, host, port and path, and nothing else."""
    match = _ADDRESS.fullmatch(text)
    if not match or (match["port"] and not 1 <= int(match["port"]) <= HIGHEST_PORT) or not _is_host(match):
        raise TargetError(
            f"URL must be an address with a host, and without user, query and fragment, such as "
            f"http://localhost:8000, not {shortened(text)}."
        )
    return Target(text.rstrip("/"), (match["ipv6"] or match["host"]).lower())


def default_url(environment: Mapping[str, str]) -> str:
    """Where `make run` is, which reads ``BFF_PORT``, too."""
    port = environment.get("BFF_PORT") or DEFAULT_PORT
    if not re.fullmatch("[0-9]{1,5}", port, re.ASCII) or not 1 <= int(port) <= HIGHEST_PORT:
        raise TargetError(f"BFF_PORT must be a port, a whole number from 1 to {HIGHEST_PORT}, not {shortened(port)}.")
    return f"http://localhost:{port}"


def require_directory(client: httpx.Client, target: Target) -> None:
    """Check that the directory answers at ``target``."""
    try:
        response = client.get(f"{target.url}/health", timeout=HEALTH_SECONDS)
    except httpx.HTTPError as error:
        what_to_do = "start it with `make run`." if target.is_own else "is the address right?"
        raise TargetError(f"No directory answers at {target.url} ({type(error).__name__}): {what_to_do}") from None
    if response.status_code != HTTPStatus.OK or not _says_ok(response):
        raise TargetError(
            f"What answers at {target.url} is not the directory, or not well (GET /health: {response.status_code})."
        )


def authorization(target: Target, environment: Mapping[str, str]) -> dict[str, str]:
    """The header with an access token: ``TOKEN``, or on this machine one of the local stack if that runs.

    A demonstration accepts requests without one.
    """
    token = environment.get("TOKEN", "")
    if not token and target.is_own:
        try:
            token = fetch_token(environment, ROLE)
        except NoToken:
            return {}
    return {"Authorization": f"Bearer {token}"} if token else {}


def require_entry(client: httpx.Client, target: Target) -> None:
    """Check that ``client`` may write: it sees what only those who may can see."""
    response = client.get(f"{target.url}/correos?limite=1", timeout=HEALTH_SECONDS)
    if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise TargetError(
            f"The directory at {target.url} requires a token of the role {ROLE} ({response.status_code}): say TOKEN=…"
        )


def _is_host(match: re.Match[str]) -> bool:
    return match["ipv6"] is None or _is_ip(match["ipv6"])


def _is_ip(text: str) -> bool:
    with suppress(ValueError):
        return bool(ipaddress.ip_address(text))
    return False


def _says_ok(response: httpx.Response) -> bool:
    with suppress(ValueError):
        answer = response.json()
        return isinstance(answer, dict) and answer.get("estado") == "ok"
    return False
