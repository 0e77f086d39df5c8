"""A page of another site cannot act for a person who is signed in here, nor use the AWS emulator of `make run`."""

import re
from contextlib import suppress
from functools import partial
from html import escape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Error

from local.emulator import client_of
from tests.browser.stack import an_employee

# JSON disguised as a form: for text/plain a browser sends no preflight.
DISGUISED = ('{"nombre":"Ajena","email":"ajena@example.com","posicion":"x","salario":1,"', '":1}')
# Another site, and another origin of our own site, to which browsers send even strict cookies.
HOSTS = {"localhost": "cross-site", "127.0.0.1": "same-site"}

# What each page does with the address of the emulator. An emulator without a gate makes the queue.
PAGES = {
    "a link": '<a role="button" href="{0}">Premio</a>',
    "a form by click": '<form method="post" enctype="text/plain" action="{0}"><button>Premio</button></form>',
    "a form on load": '<form method="post" action="{0}"></form><script>document.forms[0].submit()</script>',
    "a redirection": '<meta http-equiv="refresh" content="0;url={0}">',
    "a script": "<script>location = '{0}'</script>",
}
FETCHES = """async url => {
  for (const options of [{ mode: 'no-cors' }, { mode: 'no-cors', method: 'POST', body: 'x' }, {}]) {
    try { await fetch(url, options) } catch (error) { continue }
  }
}"""


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
    directory.page.goto(site(host, f'<h1>Premio</h1><iframe src="{stack.url}/"></iframe>'))

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


@pytest.mark.parametrize("host", HOSTS)
def test_no_page_makes_the_emulator_do_anything(stack, directory_of, site, host):
    directory = directory_of("lector")
    directory.tolerate(re.compile("403|CORS|Failed to load|ERR_"))
    page, endpoint = directory.page, stack.variable("AWS_ENDPOINT_URL")
    target = f"{endpoint}/?Action=CreateQueue&QueueName=ajena"

    for name, html in PAGES.items():
        with page.expect_response(target) as answered:
            with suppress(Error):  # the page's own navigation may interrupt this one; then the response tells
                page.goto(site(host, html.format(target)), wait_until="commit")
            if "Premio" in html:
                page.get_by_role("button", name="Premio").click()
        assert answered.value.status == 403, name
        page.wait_for_load_state()

    page.goto(site(host, f"<h1>Premio</h1><img src='{target}'>"))
    page.evaluate(FETCHES, target)

    key = {name: stack.variable(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    queues = client_of("sqs", endpoint, key).list_queues()["QueueUrls"]
    assert not [queue for queue in queues if queue.endswith("/ajena")]
