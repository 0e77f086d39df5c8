"""Who gets which email for which message, and how it is laid out. The texts are in wording.py, the HTML in layout.html.

- Each address of `NOTIFY_TO` gets a notice of every event; with `NOTIFY_EMPLOYEE` a new employee is greeted. Someone
  who is both gets the notice alone: there is one email for each event and recipient.
- A change that a batch made has no email: the batch's own event has one, if people want it.
- Events may arrive out of order, and each is mailed: an email about an older version after a newer one is late, not
  wrong, since it says when the change was made. No state is derived from the order of emails.
- All that comes in is plain text: escaping happens here and nowhere else.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.correos.event import DIRECTO, BatchEvent, DirectMail, Event
from chalicelib.correos.mail import Content, Mail, recipient_digest
from chalicelib.correos.wording import TEXTS, Wording
from contract.email_address import show_address
from contract.events import ACTUALIZADO, CREADO, ELIMINADO, LOTE, RESTAURADO
from contract.roles import ANONYMOUS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chalicelib.correos.settings import Settings

MAX_SUBJECT = 150
"""Characters; longer subjects are cut. Mail programs show 40 to 80 of them."""

_COLOURS = {
    CREADO: "#1a7f4b",
    ACTUALIZADO: "#2563b0",
    ELIMINADO: "#b3363a",
    RESTAURADO: "#1a7f4b",
    LOTE: "#2563b0",
    DIRECTO: "#4a5560",
}

# Line and paragraph separators and control characters end a header or a line; direction marks disguise a text.
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_DISGUISES = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")

_PARAGRAPH = (
    '<p class="texto" style="margin:0 0 16px;font-size:16px;line-height:24px;color:#1a2129;'
    'overflow-wrap:anywhere;word-break:break-word;">{text}</p>'
)
_TABLE = (
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:4px 0 12px;">\n'
    "{rows}\n</table>"
)
_ROW = (
    '<tr><td class="etiqueta linea tenue" width="132" valign="top" style="padding:9px 12px 9px 0;'
    'border-top:1px solid #e3e8ed;font-size:14px;line-height:20px;color:#5a6672;">{label}</td>'
    '<td class="valor linea texto" valign="top" style="padding:9px 0;border-top:1px solid #e3e8ed;'
    'font-size:15px;line-height:20px;color:#1a2129;overflow-wrap:anywhere;word-break:break-word;">{value}</td></tr>'
)


_LINK = (
    '<p style="margin:4px 0 12px;font-size:16px;line-height:24px;">'
    '<a class="enlace" href="{url}" style="color:#2563b0;">{label}</a></p>'
)


class Outgoing(NamedTuple):
    """One email of a message: its row as it is before anything happened, and what it says."""

    mail: Mail
    content: Content


def mails_for(message: Event | BatchEvent | DirectMail, settings: Settings, now: datetime) -> list[Outgoing]:
    """All emails of the message; the same ones each time it is delivered."""
    wording = Wording(settings.mail_language)
    match message:
        case DirectMail():
            return [Outgoing(direct_row(message, now), write_direct(message, wording))]
        case BatchEvent(is_announced=False) | Event(is_of_batch=True):
            return []
        case BatchEvent():
            digest = write_digest(message, wording, settings)
            return [Outgoing(_row(message, address, digest, now), digest) for address in settings.notify_to]
    notice = write_notice(message, wording, settings)
    mails = [Outgoing(_row(message, address, notice, now), notice) for address in settings.notify_to]
    address = message.employee.email
    is_told = address.lower() in {told.lower() for told in settings.notify_to}
    if settings.notify_employee and message.type == CREADO and not is_told:
        greeting = write_greeting(message, wording)
        mails.append(Outgoing(_row(message, address, greeting, now), greeting))
    return mails


def direct_row(message: DirectMail, now: datetime) -> Mail:
    """The row of a direct email before it is sent."""
    return Mail(
        event_id=message.id,
        digest=recipient_digest(message.id),
        recipient=message.to,
        type=DIRECTO,
        subject=_subject(message.subject),
        created_at=now,
        updated_at=now,
    )


def _row(event: Event | BatchEvent, recipient: str, content: Content, now: datetime) -> Mail:
    return Mail(
        event_id=event.id,
        digest=recipient_digest(event.id, recipient),
        recipient=recipient,
        type=LOTE if isinstance(event, BatchEvent) else event.type,
        subject=content.subject,
        created_at=now,
        updated_at=now,
        employee=None if isinstance(event, BatchEvent) else event.employee.id,
    )


def write_notice(event: Event, wording: Wording, settings: Settings) -> Content:
    """What Human Resources reads about an event, with a link to the employee while there is one."""
    employee = event.employee
    # By name: the event has no old values, and no salary at all.
    changed = ", ".join(map(wording.label, event.changes)) if event.type == ACTUALIZADO else ""
    facts = (
        *([(wording.say("changed"), changed)] if changed else []),
        *_employee_facts(event, wording),
        (wording.say("record"), wording.say("number", id=employee.id)),
        *_when_and_who(event, wording, settings),
    )
    page = f"{settings.page_url}/#/empleados/{employee.id}" if settings.page_url and event.type != ELIMINADO else ""
    return _lay_out_phrase(event.type, event, facts, wording, link=page)


def write_digest(event: BatchEvent, wording: Wording, settings: Settings) -> Content:
    """What Human Resources reads about a whole batch, with a link to its changes."""
    name = f"batch.{event.origin}"
    title = wording.say(name if name in TEXTS else "batch")
    counts = wording.write_counts(event.counts)
    page = f"{settings.page_url}/#/actividad?lote={event.batch}" if settings.page_url else ""
    return lay_out(
        f"{title}: {counts}",
        title,
        wording.say("digest.paragraph", resumen=counts),
        _when_and_who(event, wording, settings),
        link=(wording.say("activity"), page),
        language=wording.language,
        footer=wording.say("notice.footer"),
        kind=LOTE,
    )


def write_greeting(event: Event, wording: Wording) -> Content:
    """What a new employee reads."""
    return _lay_out_phrase("greeting", event, _employee_facts(event, wording), wording)


def write_direct(mail: DirectMail, wording: Wording) -> Content:
    """The caller's own words in our layout."""
    footer = wording.say("direct.footer")
    return lay_out(mail.subject, mail.subject, mail.body, language=wording.language, footer=footer, kind=DIRECTO)


def _lay_out_phrase(
    phrase: str, event: Event, facts: Sequence[tuple[str, str]], wording: Wording, *, link: str = ""
) -> Content:
    names = {"nombre": event.employee.nombre, "posicion": event.employee.posicion}
    subject, title, paragraph = (wording.say(f"{phrase}.{part}", **names) for part in ("subject", "title", "paragraph"))
    return lay_out(
        subject,
        title,
        paragraph,
        facts,
        link=(wording.say("link"), link),
        language=wording.language,
        footer=wording.say("greeting.footer" if phrase == "greeting" else "notice.footer"),
        kind=event.type,
    )


def _when_and_who(event: Event | BatchEvent, wording: Wording, settings: Settings) -> tuple[tuple[str, str], ...]:
    return (
        (wording.say("date"), wording.write_moment(event.occurred_at.astimezone(settings.time_zone))),
        (wording.say("author"), wording.say("anonymous") if event.actor == ANONYMOUS else event.actor),
    )


def _employee_facts(event: Event, wording: Wording) -> tuple[tuple[str, str], ...]:
    employee = event.employee
    values = {"nombre": employee.nombre, "email": show_address(employee.email), "posicion": employee.posicion}
    return tuple((wording.label(name), value) for name, value in values.items())


def lay_out(  # noqa: PLR0913 - what an email consists of
    subject: str,
    title: str,
    paragraph: str,
    facts: Sequence[tuple[str, str]] = (),
    *,
    link: tuple[str, str] = ("", ""),
    language: str,
    footer: str,
    kind: str,
) -> Content:
    """An email as text and as HTML, from plain text; ``facts`` and ``link`` are labels and values."""
    subject = _subject(subject)
    label, url = link
    return Content(
        subject,
        _write_text(title, paragraph, [*facts, link] if url else facts, footer),
        _template().substitute(
            language=language,
            subject=escape(subject),
            preview=escape(one_line(paragraph)),
            title=escape(one_line(title)),
            paragraph=_PARAGRAPH.format(text=escape(_lines(paragraph)).replace("\n", "<br>\n")),
            facts=_write_table(facts),
            link=_LINK.format(label=escape(label), url=escape(url)) if url else "",
            footer=escape(footer),
            colour=_COLOURS[kind],
        ),
    )


def one_line(text: str) -> str:
    """The text as one line that is what it looks like."""
    return _DISGUISES.sub("", _BREAKS.sub(" ", text)).strip()


def _subject(text: str) -> str:
    subject = one_line(text)
    return subject if len(subject) <= MAX_SUBJECT else subject[: MAX_SUBJECT - 1] + "…"


def _lines(text: str) -> str:
    """The text with its lines, and without control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _DISGUISES.sub("", _CONTROLS.sub("", lines))


def _write_text(title: str, paragraph: str, facts: Sequence[tuple[str, str]], footer: str) -> str:
    parts = [one_line(title), _lines(paragraph)]
    if facts:
        parts.append("\n".join(f"{one_line(label)}: {one_line(value)}" for label, value in facts))
    # "-- " and a line end begin a signature, which mail programs fold (RFC 3676 4.3).
    return "\n\n".join([*parts, f"-- \n{footer}\n"])


def _write_table(facts: Sequence[tuple[str, str]]) -> str:
    rows = [_ROW.format(label=escape(one_line(label)), value=escape(one_line(value))) for label, value in facts]
    return _TABLE.format(rows="\n".join(rows)) if rows else ""


@cache
def _template() -> Template:
    return Template(Path(__file__).with_name("layout.html").read_text(encoding="utf-8"))
