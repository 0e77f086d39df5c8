"""The one place where the adapters meet the services, once per process, at first use."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from chalice_frontdoor import PerProcess
from chalicelib.web.health import HealthCheck
from chalicelib.web.identity import Identity
from chalicelib.web.limits import SHARED_DESCRIPTION_SECONDS, SHARED_HEALTH_SECONDS
from chalicelib.web.openapi import Description
from chalicelib.web.pages import Page
from chalicelib.web.proxy import Proxy
from chalicelib.web.recent import Recent
from chalicelib.web.second_factor import SecondFactor
from chalicelib.web.settings import Settings, read_page_settings, read_settings
from chalicelib.web.sign_in import Demonstration, SignIn

if TYPE_CHECKING:
    from chalicelib.web.httpx_client import HttpxClient
    from chalicelib.web.upstream import Send

logger = logging.getLogger(__name__)

PAGE_FOLDER = Path(__file__).with_name("page")


class Services(NamedTuple):
    """What the views call."""

    proxy: Proxy
    health: HealthCheck
    description: Description
    sign_in: SignIn | Demonstration
    second_factor: SecondFactor | Demonstration


def assemble(settings: Settings, send: Send) -> Services:
    """Put the services together; ``send`` reaches the upstreams."""
    upstreams, sign_in = {each.name: each for each in settings.apis}, settings.sign_in
    parts = (
        Proxy(send, upstreams, sign_in),
        HealthCheck(send, upstreams.values(), Recent(SHARED_HEALTH_SECONDS)),
        Description(send, upstreams, sign_in is None, Recent(SHARED_DESCRIPTION_SECONDS)),
    )
    if sign_in is None:
        logger.warning("DEMO is on: no sign-in, everyone has every role. Enter invented data only.")
        return Services(*parts, Demonstration(), Demonstration())
    identity = Identity(send, sign_in)
    return Services(*parts, SignIn(identity, sign_in), SecondFactor(identity, sign_in))


def _make_client() -> HttpxClient:
    # Only when the first request is sent: `/health`, the page and refusals are answered without httpx, whose import
    # takes longer than all the rest.
    from chalicelib.web.httpx_client import HttpxClient  # noqa: PLC0415

    return HttpxClient()


client = PerProcess(_make_client, close=lambda made: made.close())
services = PerProcess(lambda: assemble(read_settings(), lambda request, deadline: client().send(request, deadline)))
# The page needs none of the services.
page = PerProcess(lambda: Page(PAGE_FOLDER, read_page_settings()))


def prepare() -> None:
    """Import and read what is otherwise needed at its first use, so that a snapshot contains it."""
    import chalicelib.web.httpx_client  # noqa: F401, PLC0415 - as a snapshot wants it

    page()
