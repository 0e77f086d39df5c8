"""The mails of the local stack as a person would see them, in a browser.

Nothing in a mail can run or load anything: its HTML is in a sandboxed frame, whose policy allows only inline styles and
embedded pictures, which mails need.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from chalice_devserver.http import HttpRequest, HttpResponse, LoopbackServer

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

# Requests of the page have no body.
MAX_REQUEST_BYTES = 0
# Mails arrive within a second or two; the list reloads by itself.
REFRESH_SECONDS = 5
# Older mails are in the folder only.
SHOWN = 200

PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)

STYLE = """
:root { color-scheme: light dark; --line: light-dark(#dfe4e8, #2b333b); --muted: light-dark(#55626e, #a0adb9); }
body { max-width: 60rem; margin: 0 auto; padding: 1.5rem; font: 0.9375rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.375rem; overflow-wrap: anywhere; }
a { color: light-dark(#0b5c7a, #7cc4e4); }
ol { padding: 0; list-style: none; }
li { padding: 0.6rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
p { color: var(--muted); margin: 0.1rem 0; overflow-wrap: anywhere; }
iframe { width: 100%; height: 36rem; border: 1px solid var(--line); border-radius: 0.5rem; background: white; }
pre { padding: 1rem; border: 1px solid var(--line); border-radius: 0.5rem; white-space: pre-wrap; }
pre { overflow-wrap: anywhere; }
"""


@dataclass(frozen=True)
class KeptMail:
    """A mail of the inbox, read from its file."""

    name: str
    """Of the file, and the mail's address on the page."""
    message: EmailMessage

    def header(self, name: str) -> str:
        """A header as a person reads it, and as HTML."""
        return escape(str(self.message[name] or ""))

    @property
    def sent_at(self) -> str:
        """When it was sent, by the clock of this machine."""
        date = self.message["Date"]
        return f"{date.datetime.astimezone():%Y-%m-%d %H:%M:%S}" if date else ""

    def part(self, subtype: str) -> str | None:
        """The text of the part ``html`` or ``plain``, if there is one."""
        part = self.message.get_body((subtype,))
        return None if part is None else str(part.get_content())


class InboxPage(LoopbackServer):
    """Shows the folder of an inbox, on any free port, to whoever has its address: a part of it is a secret."""

    def __init__(self, folder: Path) -> None:
        """See `LoopbackServer`."""
        self._folder = folder
        self._secret = secrets.token_urlsafe(16)
        super().__init__(0, max_request_bytes=MAX_REQUEST_BYTES)

    @property
    def url(self) -> str:
        """The address of the list."""
        return f"http://localhost:{self.port}/{self._secret}/"

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The list, one mail, its HTML, or the style; anything else is not found."""
        secret, *parts = unquote(request.path).split("/")[1:]
        if not hmac.compare_digest(secret.encode(), self._secret.encode()):
            return _not_found()
        match parts:
            case [""]:
                return _page("Buzón local · Local inbox", self._list(), refresh=True)
            case ["style.css"]:
                return _answer(STYLE, "text/css")
            case ["mail", name] if mail := self._mail(name):
                return _page(mail.header("Subject"), _mail_view(mail), root="../")
            case ["mail", name, "html"] if (mail := self._mail(name)) and (html := mail.part("html")) is not None:
                return _answer(html, "text/html", policy=MAIL_POLICY)
            case _:
                return _not_found()

    def _names(self) -> list[str]:
        """The files of all mails, newest first: their names begin with the time."""
        return sorted((path.name for path in self._folder.glob("[!.]*.eml")), reverse=True)

    def _mail(self, name: str) -> KeptMail | None:
        if name not in self._names():
            return None
        return KeptMail(name, message_from_bytes((self._folder / name).read_bytes(), policy=policy.default))

    def _list(self) -> str:
        names = self._names()
        mails = [mail for name in names[:SHOWN] if (mail := self._mail(name))]
        entries = "".join(
            f"<li><a href='mail/{quote(mail.name)}'>{mail.header('Subject') or '—'}</a>"
            f"<p>{mail.header('To')} · {mail.sent_at}</p></li>"
            for mail in mails
        )
        empty = "<p>Todavía no hay correos. · No mails yet.</p>"
        return f"<h1>Buzón local · Local inbox ({len(names)})</h1><ol>{entries}</ol>{'' if mails else empty}"


def _not_found() -> HttpResponse:
    return replace(_page("404", "<h1>No está · Not here</h1>"), status=HTTPStatus.NOT_FOUND)


def _mail_view(mail: KeptMail) -> str:
    text = mail.part("plain")
    frame = f"<iframe sandbox title='HTML' src='{quote(mail.name)}/html'></iframe>"
    return (
        "<p><a href='../'>← Buzón local · Local inbox</a></p>"
        f"<h1>{mail.header('Subject') or '—'}</h1>"
        f"<p>{mail.header('From')} → {mail.header('To')}</p><p>{mail.sent_at}</p>"
        f"{'' if mail.part('html') is None else frame}"
        f"{'' if text is None else f'<pre>{escape(text)}</pre>'}"
    )


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
