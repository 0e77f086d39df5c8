"""bff_app put together as in production, with upstreams of a test's own, and the browser of a person who uses it."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from http.cookies import SimpleCookie

from bff_app import app as bff_app
from chalice_frontdoor.testing.client import Client
from chalicelib.web.bootstrap import assemble, services
from chalicelib.web.httpx_client import HttpxClient
from chalicelib.web.settings import Settings, SignInSettings
from chalicelib.web.upstream import IDENTITY, Upstream
from tests.unit.bff_app.user_pool import CLIENT_ID, CLIENT_SECRET, ISSUER

#: The forms of the events of the doors that it declares.
DOORS = ("alb_multi", "alb_single", "chalice_local")

HOST = "directorio.example.com"
ORIGIN = f"https://{HOST}"


@contextmanager
def composed(crud_url, email_url, *, sign_in=None):
    """The app passes requests on to these addresses."""
    settings = Settings((Upstream.parse("crud", crud_url), Upstream.parse("email", email_url)), sign_in)
    # These upstreams do without TLS: reading a certificate store takes longer than all the rest of a test.
    client = HttpxClient(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    services.replace(assemble(settings, client.send))
    try:
        yield
    finally:
        services.forget()
        client.close()


def signing_in_at(url, public_origin=""):
    """The settings that make the server at ``url`` the user pool."""
    login = Upstream.parse(IDENTITY, url)
    return SignInSettings(login, ISSUER, CLIENT_ID, CLIENT_SECRET, public_origin=public_origin)


def through(door):
    """A client that reaches the app through ``door``."""
    return Client(bff_app.app, door)


def refusals(caplog):
    """The reasons of the refusals in the log."""
    return [record.refusal for record in caplog.records if hasattr(record, "refusal")]


class Browser:
    """Keeps cookies and sends those whose path fits."""

    def __init__(self, client):
        self._client = client
        self.cookies: dict[str, str] = {}
        self._paths: dict[str, str] = {}

    def get(self, path, **parts):
        return self.request("GET", path, **parts)

    def post(self, path, **parts):
        return self.request("POST", path, **parts)

    def request(self, method, path, *, site="same-origin", **parts):
        """Send a request as a page of ``site`` does; None is an old browser, which does not say where it comes from."""
        says = {} if site is None else {"Sec-Fetch-Site": site}
        headers = {"Host": HOST, **says, **parts.pop("headers", {})}
        sent = [f"{name}={value}" for name, value in self.cookies.items() if path.startswith(self._paths[name])]
        if sent:
            headers.setdefault("Cookie", "; ".join(sent))
        answer = self._client.request(method, path, headers=headers, **parts)
        self._keep(answer)
        return answer

    def _keep(self, answer):
        for line in answer.headers.getlist("set-cookie"):
            ((name, morsel),) = SimpleCookie(line).items()
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name], self._paths[name] = morsel.value, morsel["path"]
