"""The browser of the tests: a Chromium that the machine has, or the one that `make browser` installed."""

import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.waiting import PATIENCE_SECONDS

PATIENCE_MS = PATIENCE_SECONDS * 1000
# The shell first: without a window of its own it takes half as much of the processor.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium(playwright):
    """The program to start."""
    return next(filter(None, map(shutil.which, NAMES)), None) or playwright.chromium.executable_path


@contextmanager
def running_chromium():
    """Run a headless Chromium for the length of a ``with`` block."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=find_chromium(playwright), timeout=PATIENCE_MS) as browser,
    ):
        yield browser


if __name__ == "__main__":  # is there one?
    with sync_playwright() as started:
        sys.exit(not Path(find_chromium(started)).exists())
