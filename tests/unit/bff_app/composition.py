"""bff_app put together as in production, with upstreams in this process, and the browser of a person who uses it."""

from __future__ import annotations

import io
from functools import partialmethod
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session
from urllib3 import HTTPResponse

from bff_app import app as bff_app
from chalice_frontdoor.testing.client import Client
from chalicelib.web.bootstrap import assemble, services
from chalicelib.web.settings import Settings, SignInSettings
from chalicelib.web.upstream import IDENTITY, Deadline, Upstream, UpstreamAnswer, UpstreamError, UpstreamRequest
from tests.unit.bff_app.user_pool import CLIENT_ID, CLIENT_SECRET, ISSUER

#: The forms of the events of the doors that it declares.
DOORS = ("alb_multi", "alb_single", "chalice_local")

HOST = "directorio.example.com"
ORIGIN = f"https://{HOST}"
APIS = tuple(Upstream.parse(name, f"https://{name}.example.com") for name in ("crud", "email"))
SIGN_IN = SignInSettings(
    Upstream.parse(IDENTITY, "https://login.example.com"), ISSUER, CLIENT_ID, CLIENT_SECRET, public_origin=ORIGIN
)


class Answers:
    """An upstream that gives the same answer to every request; ``received`` keeps them."""

    def __init__(self, body=b"[]", *lines, status=200, content_type="application/json"):
        headers = [tuple(line.split(": ", 1)) for line in (f"Content-Type: {content_type}", *lines)]
        self._answer = UpstreamAnswer(status, tuple(headers), body)
        self.received = []

    def __call__(self, request, _deadline):
        self.received.append(request)
        return self._answer


class Fails:
    """An upstream that gives no usable answer; ``seconds`` are what it had for each."""

    def __init__(self, failure):
        self._failure = failure
        self.seconds = []

    def __call__(self, request, deadline):
        self.seconds.append(deadline.seconds_left())
        raise UpstreamError(self._failure, request, request_sent=self._failure != "unreachable", reason="Reason")


def compose(crud, email=None, identity=None, *, sign_in=SIGN_IN, door="alb_multi"):
    """Put the app together with these upstreams, and return a client that reaches it through ``door``.

    Without ``identity`` it is a demonstration.
    """
    upstreams = {"crud": crud, "email": email or crud, IDENTITY: identity}

    def send(request, deadline):
        return upstreams[request.upstream.name](request, deadline)

    services.replace(assemble(Settings(APIS, sign_in if identity else None), send))
    return through(door)


def through(door):
    """A client that reaches the app through ``door``."""
    return Client(bff_app.app, door)


def answer_boto3(monkeypatch, behave):
    """Replace the network below boto3: its calls are checked, signed, repeated and read as in production."""

    def send(session, request):
        headers = [
            (name, value.decode() if isinstance(value, bytes) else value) for name, value in request.headers.items()
        ]
        question = UpstreamRequest(
            SIGN_IN.login, request.method, urlsplit(request.url).path, tuple(headers), request.body
        )
        patience = Deadline(session._timeout.read_timeout)  # noqa: SLF001 - what the client was made with
        try:
            answer = behave(question, patience)
        except UpstreamError as error:
            raise ReadTimeoutError(endpoint_url=request.url) from error
        raw = HTTPResponse(io.BytesIO(answer.body), preload_content=False)
        return AWSResponse(request.url, answer.status, dict(answer.headers), raw)

    monkeypatch.setattr(URLLib3Session, "send", send)


def refusals(caplog):
    """The reasons of the refusals in the log."""
    return [record.refusal for record in caplog.records if hasattr(record, "refusal")]


class Browser:
    """Keeps cookies and sends them."""

    def __init__(self, client):
        self._client = client
        self.cookies: dict[str, str] = {}

    def request(self, method, path, *, site="same-origin", **parts):
        """Send a request as a page of ``site`` does; None is an old browser, which does not say where it comes from."""
        says = {} if site is None else {"Sec-Fetch-Site": site}
        headers = {"Host": HOST, **says, **parts.pop("headers", {})}
        if self.cookies:
            headers.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        answer = self._client.request(method, path, headers=headers, **parts)
        for line in answer.headers.getlist("set-cookie"):
            ((name, morsel),) = SimpleCookie(line).items()
            assert morsel["path"] == "/", "which the prefix __Host- requires"
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
        return answer

    get = partialmethod(request, "GET")
    post = partialmethod(request, "POST")


def begin(browser, pool, volver="/"):
    """Go to the pool's page and type the password; what the browser is sent back with."""
    return pool.sign_in(browser.get("/sesion/entrar", query={"volver": volver}).headers["location"])


def sign_in(browser, pool, volver="/", headers=None, **changes):
    """Sign in as a person does; ``changes`` are made to what the browser brings back from the pool."""
    query = {**begin(browser, pool, volver), **changes}
    return browser.get("/sesion/vuelta", query=query, site="cross-site", headers=headers or {})


def attributes(answer):
    """The attributes of each cookie that an answer sets, by its name."""
    lines = answer.headers.getlist("set-cookie")
    return {line.partition("=")[0]: line.partition("; ")[2] for line in lines}
