"""The one place where the adapters meet the services: once a process, at first use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

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


class Bootstrap:
    """Holds the services of this process, and the page, which needs none of them."""

    def __init__(self) -> None:
        self._services: Services | None = None
        self._page: Page | None = None
        # `chalice local` serves each request in a thread of its own.
        self._lock = Lock()

    def services(self) -> Services:
        """The services, made from the environment unless ``use`` has given others.

        Raises:
            SettingError: the environment lacks something.
        """
        with self._lock:
            if self._services is None:
                self._services = assemble(read_settings(), _ClientAtFirstUse())
            return self._services

    def page(self) -> Page:
        """The page of this app, with the link that the environment wants in it.

        Raises:
            SettingError: the environment names something that is no address.
        """
        with self._lock:
            if self._page is None:
                self._page = Page(PAGE_FOLDER, read_inbox_url())
            return self._page

    def prepare(self) -> None:
        """Import and read what is needed at its first use, so that a snapshot of this process has it. Opens nothing."""
        import chalicelib.web.httpx_client  # noqa: F401, PLC0415 - as a snapshot wants it

        self.page()

    def forget(self) -> None:
        """Make the services anew at their next use: a snapshot's connections are those of another process."""
        self.use(None)

    def use(self, services: Services | None) -> None:
        """Close the services so far, and use these; with None, make new ones at the next use."""
        with self._lock:
            if self._services is not None:
                self._services.client.close()
            self._services = services


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


bootstrap = Bootstrap()
