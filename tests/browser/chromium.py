"""The browser of the tests: the Chromium that the machine has, or the one that `make browser` installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.support import apt

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


def find_chromium(playwrights_own: str) -> str:
    """The program to start.

    Raises:
        ChromiumMissingError: see there.
    """
    program = next(filter(None, map(shutil.which, NAMES)), None) or playwrights_own
    if not Path(program).exists():
        raise ChromiumMissingError("There is no Chromium: `make browser` installs it.")
    return program


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """A headless Chromium for the length of a ``with`` block.

    Raises:
        ChromiumMissingError: neither on the PATH nor where Playwright keeps its own.
    """
    with sync_playwright() as playwright:
        program = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def install_chromium() -> None:
    """Install Chromium: Debian's where that is possible, else Playwright's.

    Raises:
        subprocess.CalledProcessError: the installation failed; it has said why.
    """
    if apt.can_install():
        apt.install("chromium")
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def main() -> None:
    """Install Chromium, unless it is there."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    try:
        find_chromium(own)
    except ChromiumMissingError:
        install_chromium()


if __name__ == "__main__":
    main()
