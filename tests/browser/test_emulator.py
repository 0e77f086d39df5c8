"""No other page in the developer's browser can use the AWS emulator of `make run`."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error

from local.emulator import client_of
from tests.browser.test_other_sites import HOSTS, site

__all__ = ["site"]  # a fixture

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
