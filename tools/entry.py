"""How a program of this repository shows a directory who it is."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from local.token import NoToken, fetch_token
from tools.target import HEALTH_SECONDS, Target, TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

# Reads, writes, and sees what became of the mails.
ROLE = "rrhh"


class NotLetIn(TargetError):
    """The directory wants to know who asks, or does not take that word for it."""


def authorization(target: Target, environment: Mapping[str, str]) -> dict[str, str]:
    """The header by which a program says who it is, if it can.

    ``TOKEN`` is an access token of somebody with the role ``rrhh``. Without it, on this machine, one is asked of the
    local stack, if that runs. A demonstration takes requests without any.
    """
    token = environment.get("TOKEN", "")
    if not token and target.is_own:
        try:
            token = fetch_token(environment, ROLE)
        except NoToken:
            return {}
    return {"Authorization": f"Bearer {token}"} if token else {}


def require_entry(client: httpx.Client, target: Target) -> None:
    """See that the directory lets ``client`` write: it sees what only those see who may.

    Raises:
        NotLetIn: with a sentence that says what to do.
    """
    response = client.get(f"{target.url}/correos?limite=1", timeout=HEALTH_SECONDS)
    if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise NotLetIn(
            f"The directory at {target.url} lets nobody in without a token of the role {ROLE} "
            f"({response.status_code}): say TOKEN=…"
        )
