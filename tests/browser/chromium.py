"""The browser of the tests: a Chromium that the machine has, or the one that `make browser` installed."""

import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

# The shell first: without a window of its own it takes half as much of the processor.
SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class ChromiumMissingError(RuntimeError):
    """This machine has no Chromium."""


def find_chromium(playwrights_own):
    """Return the program to start.

    Raises:
        ChromiumMissingError: none of `NAMES` is on the PATH, and Playwright has not installed its own.
    """
    program = next(filter(None, map(shutil.which, NAMES)), None) or playwrights_own
    if not Path(program).exists():
        raise ChromiumMissingError("There is no Chromium: `make browser` installs it.")
    return program


@contextmanager
def running_chromium():
    """Run a headless Chromium for the length of a ``with`` block.

    Raises:
        ChromiumMissingError: see `find_chromium`.
    """
    with sync_playwright() as playwright:
        program = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=program)
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":  # is there one?
    with sync_playwright() as started:
        try:
            find_chromium(started.chromium.executable_path)
        except ChromiumMissingError:
            sys.exit(1)
