"""What stands between a first visit and its rows: round trips and bytes, not the speed of this machine."""

import re

from playwright.sync_api import expect

from chalicelib.web.pages import Page
from chalicelib.web.settings import read_page_settings
from tests.browser.modules import PAGE
from tests.browser.stack import many_employees
from tests.browser.test_modules import static_imports

# On a slow 3G (400 ms there and back, 50 kB/s), rows within three seconds: three round trips and these bytes.
MOST_BYTES_BEFORE_THE_REQUEST = 11_000
MOST_BYTES_BEFORE_THE_ROWS = 60_000


def compressed(names):
    """Bytes of these files as the server sends them."""
    page, headers = Page(PAGE, read_page_settings({})), {"Accept-Encoding": "gzip"}
    return sum(len(page.file(page.version, name, headers).body) for name in names)


def closure(*starts):
    """These modules and all that they import before they run."""
    names = list(starts)
    for name in names:
        names += static_imports(name) - set(names)
    return set(names)


def test_rows_are_requested_before_the_rest_of_the_page_is_there(stack, directory):
    """The second round trip fetches all modules, the third the rows: while what draws them is still loading."""
    stack.insert(many_employees(60))
    first = closure("session.js", "rows.js")
    others = "|".join(re.escape(path.name) for path in PAGE.iterdir() if path.name not in first)
    held = directory.hold(rf"/static/\w+/({others})")

    with directory.page.expect_request("**/sesion"), directory.page.expect_response("**/empleados?*"):
        directory.page.goto(directory.url, wait_until="commit")

    assert directory.rows.count() == 0
    held.release()
    expect(directory.rows).to_have_count(50)


def test_little_is_loaded_before_the_rows():
    assert compressed(closure("session.js", "rows.js")) <= MOST_BYTES_BEFORE_THE_REQUEST
    assert compressed(closure("main.js") | {"style.css"}) <= MOST_BYTES_BEFORE_THE_ROWS
