"""The mails of the local stack in a browser: what is shown, and that a mail can do nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

from local.inbox import Inbox, Mail
from local.inbox_page import InboxPage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SENT_AT = datetime(2026, 11, 24, 9, 30, 0, tzinfo=UTC)
SCRIPT = "<script>alert('x')</script>"


def a_request(subject: str, **body: str) -> dict[str, Any]:
    """What an app asks of SES."""
    return {
        "FromEmailAddress": "directorio@example.com",
        "Destination": {"ToAddresses": ["rrhh@example.com"]},
        "Content": {
            "Simple": {"Subject": {"Data": subject}, "Body": {kind: {"Data": text} for kind, text in body.items()}}
        },
    }


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[httpx.Client]:
    page = InboxPage(tmp_path)
    page.start()
    with httpx.Client(base_url=page.url, trust_env=False) as client:
        yield client
    page.stop()


def test_an_empty_inbox_says_so(browser: httpx.Client) -> None:
    assert "No mails yet." in browser.get("").text


def test_the_list_has_the_newest_mail_first_and_looks_for_more(inbox: Inbox, browser: httpx.Client) -> None:
    inbox.keep(Mail("a", a_request("Primero", Text="1"), SENT_AT))
    inbox.keep(Mail("b", a_request("Segundo", Text="2"), SENT_AT.replace(minute=31)))

    text = browser.get("").text

    assert text.index("Segundo") < text.index("Primero")
    assert "http-equiv='refresh'" in text


def test_a_mail_is_shown_with_its_text_and_its_html_in_a_sandbox(inbox: Inbox, browser: httpx.Client) -> None:
    file = inbox.keep(Mail("a", a_request("Alta", Text="¡Hola!", Html="<p style='color:red'>¡Hola!</p>"), SENT_AT))
    address = f"mail/{quote(file.name)}"

    page, html = browser.get(address), browser.get(f"{address}/html")

    assert f"<iframe sandbox title='HTML' src='{quote(file.name)}/html'>" in page.text
    assert "<pre>¡Hola!" in page.text
    assert "<p style='color:red'>¡Hola!</p>" in html.text
    assert html.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_a_mail_of_text_alone_has_no_frame(inbox: Inbox, browser: httpx.Client) -> None:
    file = inbox.keep(Mail("a", a_request("Alta", Text="solo"), SENT_AT))

    assert "iframe" not in browser.get(f"mail/{quote(file.name)}").text
    assert browser.get(f"mail/{quote(file.name)}/html").status_code == 404


def test_what_a_mail_holds_is_text_on_our_pages(inbox: Inbox, browser: httpx.Client) -> None:
    file = inbox.keep(Mail("a", a_request(SCRIPT, Text=SCRIPT), SENT_AT))

    for path in ("", f"mail/{quote(file.name)}"):
        answer = browser.get(path)
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["mail/nothing.eml", "mail/..%2F..%2Fetc%2Fpasswd", "mail/.hidden.eml", "else"])
def test_nothing_else_is_there(browser: httpx.Client, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_without_its_secret_address_nothing_is_shown(inbox: Inbox, browser: httpx.Client) -> None:
    file = inbox.keep(Mail("a", a_request("Alta", Text="solo"), SENT_AT))
    port = browser.base_url.port
    for path in ("/", f"/mail/{quote(file.name)}", "/x/", f"/x/mail/{quote(file.name)}", "/style.css"):
        assert httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).status_code == 404
    assert browser.get("", headers={"Host": "evil.example"}).status_code == 403


def test_the_pages_have_a_style(browser: httpx.Client) -> None:
    assert browser.get("style.css").headers["content-type"] == "text/css; charset=utf-8"
