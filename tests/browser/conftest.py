"""Shared by the browser tests: one Chromium and one local stack per worker, and a tab for each person."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from local.sign_in import user_of
from tests.browser.chromium import PATIENCE_MS, running_chromium
from tests.browser.directory import KEEP_NOTICES, Directory, session_of
from tests.browser.modules import TODAY
from tests.browser.stack import running_stack


@pytest.fixture(scope="session")
def stack():
    """`make run`, for this worker alone.

    Not under pytest's own folder: pytest closes that to other users, and PostgreSQL runs as one.
    """
    with TemporaryDirectory(prefix="directory-") as folder, running_stack(Path(folder)) as running:
        yield running


@pytest.fixture(scope="session")
def chromium():
    """The browser of this worker."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def directory_of(stack, chromium):
    """Opens tabs, each in a browser profile of its own. An exception or a policy violation in one fails the test."""
    stack.empty()
    contexts = []
    tabs = []

    def open_tab(role="admin", **options):
        """Open a tab of a person with this role, or with None of a person who has not signed in."""
        defaults = {"locale": "es-ES", "viewport": {"width": 1280, "height": 800}}
        if role is not None:
            name = user_of(role)
            defaults["storage_state"] = session_of(stack, name, stack.password_of(name))
        context = chromium.new_context(**{**defaults, **options})
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(KEEP_NOTICES)
        contexts.append(context)
        tabs.append(Directory(context.new_page(), stack.url))
        return tabs[-1]

    yield open_tab
    for tab in tabs:
        if not tab.page.is_closed():
            tab.mend()  # a request held back must not outlive its tab
    for context in contexts:
        context.close()
    assert [fault for tab in tabs for fault in tab.faults] == []


@pytest.fixture
def directory(directory_of):
    """An administrator's tab, the page not yet loaded."""
    return directory_of()


@pytest.fixture(scope="module")
def tab(stack, chromium):
    """A tab of the page's own origin, from which its modules can be imported. It is noon there."""
    context = chromium.new_context(locale="es-ES", timezone_id="Europe/Madrid")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.clock.set_fixed_time(f"{TODAY}T12:00:00")
    page.goto(stack.url)
    folder = page.locator("script[src]").first.evaluate("script => script.src.replace(/[^/]*$/, '')")
    page.evaluate("folder => { globalThis.load = name => import(folder + name); }", folder)
    yield page
    context.close()
