"""Signed-in people."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from tests.browser.directory import Directory

if TYPE_CHECKING:
    from playwright.sync_api import Browser, StorageState

    from tests.browser.stack import LocalStack


def session_of(stack: LocalStack, browser: Browser, user: str, password: str) -> StorageState:
    """Sign in as ``user`` and return the cookies."""
    with closing(browser.new_context(locale="es-ES")) as context:
        directory = Directory(context.new_page(), stack.url)
        directory.open("")
        directory.sign_in(user, password)
        return context.storage_state()
