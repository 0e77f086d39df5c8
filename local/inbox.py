"""The page that shows the mails which the local stack has sent (`local.mail` keeps them as files).

Nothing in a mail can run or load anything: its HTML is in a sandboxed frame that has only inline styles and pictures.
"""

from __future__ import annotations

import hmac
import secrets
from email import message_from_bytes, policy
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from chalice_devserver.http import HttpResponse, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from email.message import EmailMessage
    from pathlib import Path

    from chalice_frontdoor.testing.events import Wire

REFRESH = ("Refresh", "5")  # seconds
SHOWN = 200  # older mails are in the folder only

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'"
HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    # A frame's document without an address of its own has the policy of the page.
    ("Content-Security-Policy", f"{NOTHING}; style-src 'unsafe-inline'; img-src data:"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
]
PAGE = """<!doctype html><html lang='es'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 60rem; margin: 0 auto; padding: 1.5rem; font: 0.9375rem/1.45 system-ui; overflow-wrap: anywhere; }}
ol {{ padding: 0; list-style: none; }}
iframe {{ width: 100%; height: 36rem; background: white; }}
pre {{ white-space: pre-wrap; }}
</style></head><body>{body}</body></html>
"""


def forget(addresses: Iterable[str], folder: Path) -> int:
    """Delete the mails to or about a person with these ``addresses``; return how many."""
    wanted = [address.lower() for address in addresses]
    about = [path for path in folder.glob("*.eml") if any(each in _searched(_read(path)) for each in wanted)]
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

    def answer(self, request: Wire) -> HttpResponse:
        """The list, or one mail; anything else is not found."""
        secret, _, name = unquote(request.path)[1:].partition("/")
        if hmac.compare_digest(secret.encode(), self._secret.encode()):
            names = sorted((path.name for path in self._folder.glob("[!.]*.eml")), reverse=True)
            if not name:
                return _page(self._list(names), "Buzón local · Local inbox", headers=[*HEADERS, REFRESH])
            if name in names:
                mail = _read(self._folder / name)
                return _page(_view(mail), _header(mail, "Subject"))
        return _page("<h1>No está · Not here</h1>", "404", status=HTTPStatus.NOT_FOUND)

    def _list(self, names: list[str]) -> str:
        entries = "".join(
            f"<li><a href='{quote(name)}'>{_header(mail, 'Subject') or '—'}</a>"
            f"<p>{_header(mail, 'To')} · {_sent_at(mail)}</p></li>"
            for name, mail in ((name, _read(self._folder / name)) for name in names[:SHOWN])
        )
        empty = "" if names else "<p>Todavía no hay correos. · No mails yet.</p>"
        return f"<h1>Buzón local · Local inbox ({len(names)})</h1><ol>{entries}</ol>{empty}"


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def _view(mail: EmailMessage) -> str:
    text, html = (escape(_text(mail, kind)) for kind in ("plain", "html"))
    frame = f"<iframe sandbox title='HTML' srcdoc='{html}'></iframe>" if html else ""
    return (
        "<p><a href='./'>← Buzón local · Local inbox</a></p>"
        f"<h1>{_header(mail, 'Subject') or '—'}</h1>"
        f"<p>{_header(mail, 'From')} → {_header(mail, 'To')}</p><p>{_sent_at(mail)}</p>"
        f"{frame}{text and f'<pre>{text}</pre>'}"
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


def _page(
    body: str, title: str, *, status: HTTPStatus = HTTPStatus.OK, headers: Sequence[tuple[str, str]] = HEADERS
) -> HttpResponse:
    return HttpResponse(status, headers, PAGE.format(title=title, body=body).encode())
