"""The running directory that a command sends requests to: its address, whose machine that is, and how to get in."""

from __future__ import annotations

import ipaddress
import re
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
    """An address that cannot be used. The message is a sentence for the person who gave it.

    TargetError
    ├── NotAnAddress     it cannot be read
    ├── NotOwn           another machine, without MINE=1
    ├── NotTheDirectory  nothing answers there, or something else does
    └── NotLetIn         the directory requires a token, or does not accept the one it got
    """


class NotAnAddress(TargetError):
    """A variable holds no address."""


class NotOwn(TargetError):
    """The host is not this machine."""


class NotTheDirectory(TargetError):
    """The directory does not answer there."""


class NotLetIn(TargetError):
    """The directory requires a token, or does not accept the one it got."""


@dataclass(frozen=True)
class Target:
    """Where a directory is."""

    url: str
    """Without a slash at the end."""
    host: str

    @property
    def is_own(self) -> bool:
        """Whether the host is this machine: ``localhost``, or an address of the loopback interface."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def require_own(self, *, mine: bool, why: str) -> None:
        """See that requests may be sent there.

        Args:
            mine: the person says that the host is theirs.
            why: what would be wrong with it otherwise, as the beginning of a sentence.

        Raises:
            NotOwn: it is another machine, and MINE=1 is missing.
        """
        if not (self.is_own or mine):
            raise NotOwn(f"{self.host} is not this machine, and {why}: say MINE=1 if it is yours.")


def read_target(text: str) -> Target:
    """Read the variable ``URL``.

    Raises:
        NotAnAddress: it is none, or has more than scheme, host, port and path.
    """
    match = _ADDRESS.fullmatch(text)
    if not match or (match["port"] and not 1 <= int(match["port"]) <= HIGHEST_PORT) or not _is_host(match):
        raise NotAnAddress(
            f"URL must be an address with a host, and without user, query and fragment, such as "
            f"http://localhost:8000, not {shortened(text)}."
        )
    return Target(text.rstrip("/"), (match["ipv6"] or match["host"]).lower())


def default_url(environment: Mapping[str, str]) -> str:
    """Where `make run` is, which reads ``BFF_PORT``, too.

    Raises:
        NotAnAddress: ``BFF_PORT`` is no port.
    """
    port = environment.get("BFF_PORT") or DEFAULT_PORT
    if not re.fullmatch("[0-9]{1,5}", port, re.ASCII) or not 1 <= int(port) <= HIGHEST_PORT:
        raise NotAnAddress(f"BFF_PORT must be a port, a whole number from 1 to {HIGHEST_PORT}, not {shortened(port)}.")
    return f"http://localhost:{port}"


def require_directory(client: httpx.Client, target: Target) -> None:
    """See that the directory answers at ``target``.

    Raises:
        NotTheDirectory: with a sentence that says what to do.
    """
    try:
        response = client.get(f"{target.url}/health", timeout=HEALTH_SECONDS)
    except httpx.HTTPError as error:
        what_to_do = "start it with `make run`." if target.is_own else "is the address right?"
        raise NotTheDirectory(f"No directory answers at {target.url} ({type(error).__name__}): {what_to_do}") from None
    if response.status_code != HTTPStatus.OK or not _says_ok(response):
        raise NotTheDirectory(
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
    """Check that ``client`` may write: it sees what only those who may can see.

    Raises:
        NotLetIn: with a sentence that says what to do.
    """
    response = client.get(f"{target.url}/correos?limite=1", timeout=HEALTH_SECONDS)
    if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise NotLetIn(
            f"The directory at {target.url} lets nobody in without a token of the role {ROLE} "
            f"({response.status_code}): say TOKEN=…"
        )


def _is_host(match: re.Match[str]) -> bool:
    if match["ipv6"] is None:
        return True
    try:
        ipaddress.IPv6Address(match["ipv6"])
    except ValueError:
        return False
    return True


def _says_ok(response: httpx.Response) -> bool:
    try:
        answer = response.json()
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("estado") == "ok"
