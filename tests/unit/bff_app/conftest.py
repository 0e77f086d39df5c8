"""Fixtures of bff_app's tests: how it is put together, and a browser in front of it."""

import pytest

from chalice_frontdoor.testing.client import LambdaContext
from chalicelib.web.bootstrap import services
from chalicelib.web.limits import LAMBDA_MARGIN_SECONDS
from tests.unit.bff_app.composition import SIGN_IN, Answers, Browser, answer_boto3, compose, sign_in
from tests.unit.bff_app.user_pool import UserPool


@pytest.fixture(autouse=True)
def _forget_services():
    """The next test puts the app together itself."""
    yield
    services.forget()


@pytest.fixture
def hurried(monkeypatch):
    """Lambda has little time left; how many seconds an upstream may take of it."""
    seconds = 0.2
    milliseconds = (LAMBDA_MARGIN_SECONDS + seconds) * 1000
    monkeypatch.setattr(LambdaContext, "get_remaining_time_in_millis", lambda _: milliseconds)
    return seconds


@pytest.fixture
def pool():
    """A user pool that accepts every password."""
    return UserPool()


@pytest.fixture
def browser(pool, monkeypatch):
    """Composes the app with ``pool``, or with another identity provider, and opens a browser without cookies."""

    def open_browser(crud=None, identity=None, *, sign_in=SIGN_IN, door="alb_multi"):
        answer_boto3(monkeypatch, identity or pool)
        return Browser(compose(crud or Answers(), identity=identity or pool, sign_in=sign_in, door=door))

    return open_browser


@pytest.fixture
def person(browser, pool):
    """The browser of a person who is signed in."""
    opened = browser()
    sign_in(opened, pool)
    return opened
