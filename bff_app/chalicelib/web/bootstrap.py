"""The one place where the adapters meet the services, once per process, at first use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from chalice_frontdoor import PerProcess
from chalicelib.web.description import Description
from chalicelib.web.guard import Guard
from chalicelib.web.health import HealthCheck
from chalicelib.web.identity import Identity
from chalicelib.web.limits import HEALTH_SECONDS, IDENTITY_SECONDS, TOTAL_SECONDS
from chalicelib.web.pages import Page
from chalicelib.web.proxy import Proxy
from chalicelib.web.sessions import Demonstration, Sessions
from chalicelib.web.settings import Settings, read_inbox_url, read_settings
from chalicelib.web.upstream import Upstream

if TYPE_CHECKING:
    from chalicelib.web.deadline import Deadline
    from chalicelib.web.routes import UpstreamName
    from chalicelib.web.settings import SignInSettings
    from chalicelib.web.upstream import UpstreamAnswer, UpstreamClient, UpstreamRequest


PAGE_FOLDER = Path(__file__).with_name("page")


@dataclass(frozen=True, slots=True)
class Services:
    """What the views call, and the client that they share."""

    client: UpstreamClient
    proxy: Proxy
    health: HealthCheck
    description: Description
    sessions: Sessions | Demonstration


def assemble(
    settings: Settings,
    client: UpstreamClient,
    *,
    total_seconds: float = TOTAL_SECONDS,
    health_seconds: float = HEALTH_SECONDS,
    identity_seconds: float = IDENTITY_SECONDS,
) -> Services:
    """Put the services together around ``client``."""
    upstreams: dict[UpstreamName, Upstream] = {
        "crud": Upstream("crud", settings.crud_api),
        "email": Upstream("email", settings.email_api),
    }
    return Services(
        client,
        Proxy(client, upstreams, Guard(settings.sign_in), total_seconds),
        HealthCheck(client, upstreams.values(), health_seconds),
        Description(client, upstreams, total_seconds, is_demo=settings.sign_in is None),
        _sessions(settings.sign_in, client, identity_seconds),
    )


def _sessions(
    sign_in: SignInSettings | None, client: UpstreamClient, identity_seconds: float
) -> Sessions | Demonstration:
    return Sessions(Identity(client, sign_in), sign_in, identity_seconds) if sign_in else Demonstration()


class _ClientAtFirstUse:
    """Makes the client when something is to be sent.

    `/health`, the page, who somebody is and a refusal are answered before httpx is imported, which takes longer than
    all the rest.
    """

    def __init__(self) -> None:
        self._client: UpstreamClient | None = None
        self._lock = Lock()

    def send(self, request: UpstreamRequest, deadline: Deadline) -> UpstreamAnswer:
        """See ``UpstreamClient``."""
        return self._made().send(request, deadline)

    def close(self) -> None:
        """See ``UpstreamClient``."""
        if self._client is not None:
            self._client.close()

    def _made(self) -> UpstreamClient:
        with self._lock:
            if self._client is None:
                from chalicelib.web.httpx_client import HttpxClient  # noqa: PLC0415 - see above

                self._client = HttpxClient()
            return self._client


services = PerProcess(lambda: assemble(read_settings(), _ClientAtFirstUse()), close=lambda made: made.client.close())
#: The page needs none of the services, only the link that the environment may name.
page = PerProcess(lambda: Page(PAGE_FOLDER, read_inbox_url()))


def prepare() -> None:
    """Import and read what is otherwise needed at its first use, so that a snapshot contains it."""
    import chalicelib.web.httpx_client  # noqa: F401, PLC0415 - as a snapshot wants it

    page()
