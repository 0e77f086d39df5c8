"""A page of another site cannot act for a person who is signed in here."""

import re
from functools import partial
from html import escape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.browser.stack import an_employee

# JSON disguised as a form: for text/plain a browser sends no preflight.
DISGUISED = ('{"nombre":"Ajena","email":"ajena@example.com","posicion":"x","salario":1,"', '":1}')
# Another site, and another origin of our own site, to which browsers send even strict cookies.
HOSTS = {"localhost": "cross-site", "127.0.0.1": "same-site"}


@pytest.fixture
def site(tmp_path):
    """Publishes HTML on another origin of this host, and returns its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path)) as server:
        Thread(target=server.serve_forever, daemon=True).start()

        def publish(host, html):
            page = tmp_path / f"{len(list(tmp_path.iterdir()))}.html"
            page.write_text(html, encoding="utf-8")
            return f"http://{host}:{server.server_port}/{page.name}"

        yield publish
        server.shutdown()


def form(action):
    name, value = map(escape, DISGUISED)
    return (
        f'<form method="post" action="{escape(action)}" enctype="text/plain">'
        f'<input name="{name}" value="{value}"><button>Premio</button></form>'
    )


def send(directory, address, target):
    """Press the button on that page; returns the response's status and the headers the browser sent."""
    directory.page.goto(address)
    with directory.page.expect_response(target) as answered:
        directory.button("Premio").click()
    return answered.value.status, answered.value.request.all_headers()


@pytest.mark.parametrize("host", HOSTS)
def test_no_form_of_another_page_changes_anything_or_ends_the_session(stack, directory_of, site, host):
    directory = directory_of("admin")
    for path in ("/empleados", "/cola/reenviar", "/notify/email"):
        status, sent = send(directory, site(host, form(f"{stack.url}{path}")), f"{stack.url}{path}")
        assert sent["sec-fetch-site"] == HOSTS[host]
        assert ("__Host-acceso" in sent.get("cookie", "")) == (host == "127.0.0.1")
        assert status == (403 if host == "127.0.0.1" else 401)
    target = f"{stack.url}/sesion/salir?todas=1"
    status, _ = send(directory, site(host, form(target)), target)
    assert status == 403
    assert "__Host-acceso" in {cookie["name"] for cookie in directory.page.context.cookies()}
    assert stack.employees() == []


@pytest.mark.parametrize("host", HOSTS)
def test_no_other_page_reads_the_directory_or_frames_it(stack, directory_of, site, host):
    stack.insert([an_employee()])
    directory = directory_of("admin")
    directory.tolerate(re.compile("has been blocked by CORS policy|frame-ancestors"))
    directory.page.goto(site(host, f'<h1>Premio</h1><iframe src="{stack.url}/"></iframe>'), wait_until="networkidle")

    seen = directory.page.evaluate(
        """async url => {
          const read = async options => {
            try { return await (await fetch(url, { credentials: 'include', ...options })).text() }
            catch (error) { return error.name }
          };
          return [await read({}), await read({ mode: 'no-cors' })];
        }""",
        f"{stack.url}/empleados",
    )

    assert seen == ["TypeError", ""]
    assert directory.page.frames[1].locator("main").count() == 0
