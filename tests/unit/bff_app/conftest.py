"""Fixtures of bff_app's tests: upstreams that misbehave, and a client that reaches them."""

from contextlib import ExitStack

import pytest

from chalice_frontdoor.testing.client import LambdaContext
from chalicelib.web.limits import LAMBDA_MARGIN_SECONDS
from tests.support.tls import make_certificate
from tests.unit.bff_app.composition import ORIGIN, Browser, composed, signing_in_at, through
from tests.unit.bff_app.servers import answering_json, running
from tests.unit.bff_app.user_pool import UserPool


@pytest.fixture
def serve():
    """Starts an upstream that behaves as told; it is stopped after the test."""
    with ExitStack() as servers:
        yield lambda behave, tls=None: servers.enter_context(running(behave, tls))


@pytest.fixture
def bff():
    """Composes the app with the given upstreams and returns a client that reaches it through a front door."""
    with ExitStack() as compositions:

        def compose(crud, email=None, *, door="alb_multi"):
            compositions.enter_context(composed(crud.url, (email or crud).url))
            return through(door)

        yield compose


@pytest.fixture
def hurried(monkeypatch):
    """Lambda has little time left, so that an upstream that never answers is given up soon."""
    milliseconds = (LAMBDA_MARGIN_SECONDS + 0.2) * 1000
    monkeypatch.setattr(LambdaContext, "get_remaining_time_in_millis", lambda _: milliseconds)


@pytest.fixture
def pool():
    """A user pool that accepts every password."""
    return UserPool()


@pytest.fixture
def browser(serve, pool, monkeypatch):
    """Composes the app with ``pool``, or with another identity provider, and opens a browser without cookies."""
    with ExitStack() as compositions:

        def open_browser(crud=None, identity=None, *, door="alb_multi", public_origin=ORIGIN):
            upstream, at = (crud or serve(answering_json())).url, (identity or serve(pool.behave)).url
            keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
            for name, value in {"AWS_ENDPOINT_URL": at, **keys}.items():
                monkeypatch.setenv(name, value)
            compositions.enter_context(composed(upstream, upstream, sign_in=signing_in_at(at, public_origin)))
            return Browser(through(door))

        yield open_browser


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A private key and a certificate for ``localhost`` that is not trusted by default."""
    return make_certificate(tmp_path_factory.mktemp("tls") / "localhost.pem")
