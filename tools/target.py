"""The running directory that a command sends requests to: its address, whose machine that is, and how to get in."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx

from local.token import NoToken, fetch_token
from tools.command_line import NotReady, shortened

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

DEFAULT_PORT = "8000"
ANSWER_SECONDS = 30.0
# Reads, writes, and sees what became of the e-mails.
ROLE = "rrhh"


def add_target(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add ``--url``, where `make run` is by default, and ``--mine``."""
    default = f"http://localhost:{environment.get('BFF_PORT') or DEFAULT_PORT}"
    parser.add_argument("--url", default=default, help="where it is (default: `make run` on this machine)")
    parser.add_argument("--mine", action="store_true", help="the host of URL is mine")


def open_directory(arguments: argparse.Namespace, environment: Mapping[str, str], *, why: str) -> httpx.Client:
    """A client of the directory at URL, once that answers and lets it do what ``ROLE`` may.

    ``why`` says what makes another machine than this one a matter of its owner.
    """
    url = read_url(arguments.url)
    is_own = is_this_machine(url.host)
    if not (is_own or arguments.mine):
        raise NotReady(f"{url.host} is not this machine, and {why}: say MINE=1 if it is yours.")
    token = environment.get("TOKEN", "")
    if is_own and not token:
        with suppress(NoToken):  # a demonstration accepts requests without one
            token = fetch_token(environment, ROLE)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=ANSWER_SECONDS)
    require_entry(client, "start it with `make run`" if is_own else "is the address right?")
    return client


def read_url(text: str) -> httpx.URL:
    """Read the variable ``URL``: scheme, host, port and path, and nothing else."""
    with suppress(httpx.InvalidURL):
        url = httpx.URL(text)
        is_server = url.scheme in {"http", "https"} and url.host and (url.port or 0) < 2**16
        if is_server and not (url.userinfo or url.query or url.fragment):
            return url
    raise NotReady(
        f"URL must be an address with a host, and without user, query and fragment, such as "
        f"http://localhost:8000, not {shortened(text)}."
    )


def is_this_machine(host: str) -> bool:
    """Whether it is ``localhost``, or an address of the loopback interface."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def require_entry(client: httpx.Client, advice: str) -> None:
    """Check that the directory answers, and that ``client`` may do what ``ROLE`` may."""
    where = f"at {str(client.base_url).rstrip('/')}"
    try:
        response = client.get("/correos?limite=1")
    except httpx.HTTPError as error:
        raise NotReady(f"No directory answers {where} ({type(error).__name__}): {advice}") from None
    status, kind = response.status_code, response.headers.get("Content-Type", "")
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise NotReady(f"The directory {where} requires a token of the role {ROLE} ({status}): say TOKEN=…")
    if status != httpx.codes.OK or not kind.startswith("application/json"):
        raise NotReady(f"What answers {where} is not the directory, or not well (GET /correos: {status}).")
