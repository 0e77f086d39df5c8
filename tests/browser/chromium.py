"""The browser of the tests: the Chromium that the machine has, or the one that `make browser` installed."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",  # as root, in CI
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class ChromiumMissingError(RuntimeError):
    """There is no Chromium on this machine."""


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """A headless Chromium for the length of a ``with`` block.

    Raises:
        ChromiumMissingError: neither on the PATH nor where Playwright keeps its own.
    """
    with sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, NAMES)), None) or playwright.chromium.executable_path
        if not Path(program).exists():
            raise ChromiumMissingError("There is no Chromium: `make browser` installs it.")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
