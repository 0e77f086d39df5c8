"""Who gets which email for which message, and how it is laid out. The texts are in wording.py, the HTML in layout.html.

- Each address of `NOTIFY_TO` gets a notice of every event; with `NOTIFY_EMPLOYEE` a new employee is greeted. Someone
  who is both gets the notice alone: there is one email for each event and recipient.
- A change that a batch made has no email: the batch's own event has one, if people want it.
- Events may arrive out of order, and each is mailed: an email about an older version after a newer one is late, not
  wrong, since it says when the change was made.
- All that comes in is plain text: escaping happens here and nowhere else.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.correos.event import DIRECTO
from chalicelib.correos.mail import Content, Mail, recipient_digest
from chalicelib.correos.wording import TEXTS, Wording
from contract.email_address import show_address
from contract.events import ACTUALIZADO, CREADO, ELIMINADO, LOTE, RESTAURADO
from contract.roles import ANONYMOUS

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.correos.event import Message
    from chalicelib.correos.settings import Settings

    Facts = tuple[tuple[str, str], ...]
    """Labels and values."""

MAX_SUBJECT = 150
"""Characters; longer subjects are cut. Mail programs show 40 to 80 of them."""

_COLOURS = {CREADO: "#1a7f4b", RESTAURADO: "#1a7f4b", ELIMINADO: "#b3363a", DIRECTO: "#4a5560"}
_OTHER_COLOUR = "#2563b0"

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


class Letter(NamedTuple):
    """What an email says, in plain text and before it is laid out."""

    subject: str
    title: str
    paragraph: str
    footer: str
    facts: Facts = ()
    link: Facts = ()
    """One, or none."""


def mails_for(message: Message, settings: Settings, now: datetime) -> list[Outgoing]:
    """All emails of the message; the same ones each time it is delivered."""
    wording = Wording(settings.mail_language)
    if message.type == DIRECTO:
        letters = {message.members["correo"]["para"]: write_direct(message, wording)}
    elif message.type == LOTE:
        recipients = settings.notify_to if message.members["aviso"] else ()
        letters = dict.fromkeys(recipients, write_digest(message, wording, settings))
    elif "lote" in message.members:
        letters = {}
    else:
        letters = dict.fromkeys(settings.notify_to, write_notice(message, wording, settings))
        address = message.members["empleado"]["email"]
        if settings.notify_employee and message.type == CREADO and address.lower() not in settings.notify_to:
            letters[address] = write_greeting(message, wording)
    contents = {recipient: lay_out(letter, message.type, wording.language) for recipient, letter in letters.items()}
    return [Outgoing(new_row(message, to, content.subject, now), content) for to, content in contents.items()]


def new_row(message: Message, recipient: str, subject: str, now: datetime) -> Mail:
    """The row of an email before it is sent.

    A direct email has one recipient, whom the digest leaves out: one `Idempotency-Key` makes one row.
    """
    return Mail(
        event_id=message.id,
        digest=recipient_digest(message.id, "" if message.type == DIRECTO else recipient),
        recipient=recipient,
        type=message.type,
        subject=_shorten(subject),
        created_at=now,
        updated_at=now,
        employee=message.employee,
    )


def write_notice(event: Message, wording: Wording, settings: Settings) -> Letter:
    """What Human Resources reads about an event, with a link to the employee while there is one."""
    # By name: the event has no old values, and no salary at all.
    changed = ", ".join(map(wording.label, event.members["cambios"])) if event.type == ACTUALIZADO else ""
    facts = (
        *([(wording.say("changed"), changed)] if changed else []),
        *_employee_facts(event, wording),
        (wording.say("record"), wording.say("number", id=event.employee)),
        *_when_and_who(event, wording, settings),
    )
    page = f"{settings.page_url}/#/empleados/{event.employee}" if settings.page_url else ""
    link = ((wording.say("link"), page),) if page and event.type != ELIMINADO else ()
    return Letter(*_phrases(event.type, event, wording), wording.say("notice.footer"), facts, link)


def write_digest(event: Message, wording: Wording, settings: Settings) -> Letter:
    """What Human Resources reads about a whole batch, with a link to its changes."""
    name = f"batch.{event.members['origen']}"
    title = wording.say(name if name in TEXTS else "batch")
    counts = wording.write_counts(event.members["resumen"])
    page = f"{settings.page_url}/#/actividad?lote={event.members['lote']}" if settings.page_url else ""
    return Letter(
        f"{title}: {counts}",
        title,
        wording.say("digest.paragraph", resumen=counts),
        wording.say("notice.footer"),
        _when_and_who(event, wording, settings),
        ((wording.say("activity"), page),) if page else (),
    )


def write_greeting(event: Message, wording: Wording) -> Letter:
    """What a new employee reads."""
    phrases = _phrases("greeting", event, wording)
    return Letter(*phrases, wording.say("greeting.footer"), _employee_facts(event, wording))


def write_direct(message: Message, wording: Wording) -> Letter:
    """The caller's own words."""
    words = message.members["correo"]
    return Letter(words["asunto"], words["asunto"], words["cuerpo"], wording.say("direct.footer"))


def _phrases(name: str, event: Message, wording: Wording) -> tuple[str, str, str]:
    """Subject, title and paragraph about an employee."""
    employee = event.members["empleado"]
    subject, title, paragraph = (
        wording.say(f"{name}.{part}", **employee) for part in ("subject", "title", "paragraph")
    )
    return subject, title, paragraph


def _when_and_who(event: Message, wording: Wording, settings: Settings) -> Facts:
    actor = event.members["actor"]
    return (
        (wording.say("date"), wording.write_moment(event.occurred_at.astimezone(settings.time_zone))),
        (wording.say("author"), wording.say("anonymous") if actor == ANONYMOUS else actor),
    )


def _employee_facts(event: Message, wording: Wording) -> Facts:
    employee = event.members["empleado"]
    values = {"nombre": employee["nombre"], "email": show_address(employee["email"]), "posicion": employee["posicion"]}
    return tuple((wording.label(name), value) for name, value in values.items())


def lay_out(letter: Letter, kind: str, language: str) -> Content:
    """The email as text and as HTML."""
    subject = _shorten(letter.subject)
    rows = [_ROW.format(label=escape(one_line(label)), value=escape(one_line(value))) for label, value in letter.facts]
    html = _template().substitute(
        language=language,
        subject=escape(subject),
        preview=escape(one_line(letter.paragraph)),
        title=escape(one_line(letter.title)),
        paragraph=_PARAGRAPH.format(text=escape(_lines(letter.paragraph)).replace("\n", "<br>\n")),
        facts=_TABLE.format(rows="\n".join(rows)) if rows else "",
        link="".join(_LINK.format(label=escape(label), url=escape(url)) for label, url in letter.link),
        footer=escape(letter.footer),
        colour=_COLOURS.get(kind, _OTHER_COLOUR),
    )
    facts = "\n".join(f"{one_line(label)}: {one_line(value)}" for label, value in (*letter.facts, *letter.link))
    # "-- " and a line end begin a signature, which mail programs fold (RFC 3676 4.3).
    parts = (one_line(letter.title), _lines(letter.paragraph), facts, f"-- \n{letter.footer}\n")
    return Content(subject, "\n\n".join(filter(None, parts)), html)


def one_line(text: str) -> str:
    """The text as one line that is what it looks like."""
    return _DISGUISES.sub("", _BREAKS.sub(" ", text)).strip()


def _shorten(text: str) -> str:
    subject = one_line(text)
    return subject if len(subject) <= MAX_SUBJECT else subject[: MAX_SUBJECT - 1] + "…"


def _lines(text: str) -> str:
    """The text with its lines, and without control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _DISGUISES.sub("", _CONTROLS.sub("", lines))


@cache
def _template() -> Template:
    return Template(Path(__file__).with_name("layout.html").read_text(encoding="utf-8"))
