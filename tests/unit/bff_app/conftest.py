"""Fixtures of bff_app's tests: upstreams that misbehave, and a client that reaches them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.tls import make_certificate
from tests.unit.bff_app.browser import ORIGIN, Browser
from tests.unit.bff_app.composition import composed, signing_in_at, through
from tests.unit.bff_app.servers import Connection, Server, answering_json, running
from tests.unit.bff_app.user_pool import UserPool

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chalice_frontdoor.testing.client import Client


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts an upstream that behaves as told; it is stopped after the test."""
    with ExitStack() as servers:

        def start(behave: Callable[[Connection], None], tls: ssl.SSLContext | None = None) -> Server:
            return servers.enter_context(running(behave, tls))

        yield start


@pytest.fixture
def bff() -> Iterator[Callable[..., Client]]:
    """Composes the app with the given upstreams and returns a client that reaches it through a front door."""
    with ExitStack() as compositions:

        def compose(crud: Server, email: Server | None = None, *, door: str = "alb_multi", **limits: float) -> Client:
            compositions.enter_context(composed(crud.url, (email or crud).url, **limits))
            return through(door)

        yield compose


@pytest.fixture
def pool() -> UserPool:
    """A user pool that accepts every password."""
    return UserPool()


@pytest.fixture
def browser(serve: Callable[..., Server], pool: UserPool) -> Iterator[Callable[..., Browser]]:
    """Composes the app with ``pool``, or with another identity provider, and opens a browser without cookies."""
    with ExitStack() as compositions:

        def open_browser(
            crud: Server | None = None,
            identity: Server | None = None,
            *,
            door: str = "alb_multi",
            public_origin: str = ORIGIN,
            **limits: float,
        ) -> Browser:
            upstream = crud or serve(answering_json())
            sign_in = signing_in_at((identity or serve(pool.behave)).url, public_origin)
            compositions.enter_context(composed(upstream.url, upstream.url, sign_in=sign_in, **limits))
            return Browser(through(door))

        yield open_browser


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key and a certificate for ``localhost`` that nobody trusts by default."""
    return make_certificate(tmp_path_factory.mktemp("tls") / "localhost.pem")
