"""The mails that the local stack has sent: as files that a mail program opens, and on a page for a browser.

Nothing in a mail can run or load anything: its HTML is in a sandboxed frame that has only inline styles and pictures.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from chalice_devserver.http import HttpRequest, HttpResponse, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

REFRESH_SECONDS = 5
SHOWN = 200  # older mails are in the folder only

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'"
PAGE_POLICY = f"{NOTHING}; style-src 'self'; frame-src 'self'"
MAIL_POLICY = f"sandbox; {NOTHING}; style-src 'unsafe-inline'; img-src data:"
STYLE = """
:root { color-scheme: light dark; }
body { max-width: 60rem; margin: 0 auto; padding: 1.5rem; font: 0.9375rem/1.45 system-ui; overflow-wrap: anywhere; }
ol { padding: 0; list-style: none; }
iframe { width: 100%; height: 36rem; background: white; }
pre { white-space: pre-wrap; }
"""


@dataclass(frozen=True)
class Mail:
    """A mail that SES took: the request of SendEmail, as email_app makes it, and the id that the answer gave."""

    message_id: str
    request: Mapping[str, Any]
    sent_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def recipients(self) -> list[str]:
        return list(self.request["Destination"]["ToAddresses"])

    @property
    def subject(self) -> str:
        return str(self.request["Content"]["Simple"]["Subject"]["Data"])

    @property
    def tags(self) -> dict[str, list[str]]:
        """The message tags, in the form of SES's events."""
        return {tag["Name"]: [tag["Value"]] for tag in self.request.get("EmailTags", [])}

    def message(self) -> EmailMessage:
        simple = self.request["Content"]["Simple"]
        message = EmailMessage()
        message["Message-ID"] = f"<{self.message_id}>"
        message["Date"] = format_datetime(self.sent_at)
        message["From"] = self.request["FromEmailAddress"]
        message["To"] = ", ".join(self.recipients)
        message["Subject"] = self.subject
        for header in simple.get("Headers", []):
            message[header["Name"]] = header["Value"]
        message.set_content(simple["Body"].get("Text", {}).get("Data", ""))
        if "Html" in simple["Body"]:
            message.add_alternative(simple["Body"]["Html"]["Data"], subtype="html")
        return message


def keep(mail: Mail, folder: Path) -> Path:
    """Write ``mail`` as an ``.eml`` file, whole or not at all, and return it. Files sort by the time of their mails."""
    recipients = re.sub(r"[^\w.@+,-]", "_", ",".join(mail.recipients))[:80]
    name = f"{mail.sent_at:%Y-%m-%dT%H-%M-%S} {recipients} {mail.message_id[:8]}.eml"
    part = folder / f".{name}.part"
    part.write_bytes(mail.message().as_bytes())
    return part.rename(folder / name)


def forget(addresses: Iterable[str], folder: Path) -> int:
    """Delete the mails to or about a person with these ``addresses``; return how many."""
    wanted = [address.lower() for address in addresses]
    mails = {path: message_from_bytes(path.read_bytes(), policy=policy.default) for path in folder.glob("*.eml")}
    about = [path for path, mail in mails.items() if any(each in _searched(mail) for each in wanted)]
    for path in about:
        path.unlink()
    return len(about)


def _searched(mail: EmailMessage) -> str:
    return f"{mail['To']}\n{mail['Subject']}\n{_text(mail, 'plain')}\n{_text(mail, 'html')}".lower()


class InboxPage(LoopbackServer):
    """Shows the folder of an inbox, on any free port. Part of its address is a secret."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._secret = secrets.token_urlsafe(16)
        super().__init__(0, max_request_bytes=0)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/{self._secret}/"

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The list, one mail, its HTML, or the style; anything else is not found."""
        secret, *parts = unquote(request.path).split("/")[1:]
        if hmac.compare_digest(secret.encode(), self._secret.encode()):
            match parts:
                case [""]:
                    return _page("Buzón local · Local inbox", self._list(), refresh=True)
                case ["style.css"]:
                    return _answer(STYLE, "text/css")
                case ["mail", name] if name in self._names():
                    mail = self._read(name)
                    return _page(_header(mail, "Subject"), _mail_view(name, mail), root="../")
                case ["mail", name, "html"] if name in self._names() and (html := _text(self._read(name), "html")):
                    return _answer(html, "text/html", policy=MAIL_POLICY)
        return replace(_page("404", "<h1>No está · Not here</h1>"), status=HTTPStatus.NOT_FOUND)

    def _names(self) -> list[str]:
        return sorted((path.name for path in self._folder.glob("[!.]*.eml")), reverse=True)

    def _read(self, name: str) -> EmailMessage:
        return message_from_bytes((self._folder / name).read_bytes(), policy=policy.default)

    def _list(self) -> str:
        names = self._names()
        entries = "".join(
            f"<li><a href='mail/{quote(name)}'>{_header(mail, 'Subject') or '—'}</a>"
            f"<p>{_header(mail, 'To')} · {_sent_at(mail)}</p></li>"
            for name, mail in ((name, self._read(name)) for name in names[:SHOWN])
        )
        empty = "" if names else "<p>Todavía no hay correos. · No mails yet.</p>"
        return f"<h1>Buzón local · Local inbox ({len(names)})</h1><ol>{entries}</ol>{empty}"


def _mail_view(name: str, mail: EmailMessage) -> str:
    text, html = _text(mail, "plain"), _text(mail, "html")
    frame = f"<iframe sandbox title='HTML' src='{quote(name)}/html'></iframe>" if html else ""
    return (
        "<p><a href='../'>← Buzón local · Local inbox</a></p>"
        f"<h1>{_header(mail, 'Subject') or '—'}</h1>"
        f"<p>{_header(mail, 'From')} → {_header(mail, 'To')}</p><p>{_sent_at(mail)}</p>"
        f"{frame}{text and f'<pre>{escape(text)}</pre>'}"
    )


def _header(mail: EmailMessage, name: str) -> str:
    """A header as a person reads it, and as HTML."""
    return escape(str(mail[name] or ""))


def _sent_at(mail: EmailMessage) -> str:
    """When it was sent, by the clock of this machine."""
    return f"{mail['Date'].datetime.astimezone():%Y-%m-%d %H:%M:%S}"


def _text(mail: EmailMessage, subtype: str) -> str:
    """The text of the part ``html`` or ``plain``; empty without one."""
    part = mail.get_body((subtype,))
    return "" if part is None else str(part.get_content())


def _page(title: str, body: str, *, root: str = "", refresh: bool = False) -> HttpResponse:
    """A page of the inbox; ``root`` leads from its address to the list's."""
    again = f"<meta http-equiv='refresh' content='{REFRESH_SECONDS}'>" if refresh else ""
    head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>{title}</title>{again}"
    document = f"<!doctype html><html lang='es'><head>{head}<link rel='stylesheet' href='{root}style.css'></head>"
    return _answer(f"{document}<body>{body}</body></html>", "text/html")


def _answer(text: str, media_type: str, *, policy: str = PAGE_POLICY) -> HttpResponse:
    headers = [
        ("Content-Type", f"{media_type}; charset=utf-8"),
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
    ]
    return HttpResponse(HTTPStatus.OK, headers, text.encode())
