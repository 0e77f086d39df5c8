"""Who gets which mail for which message.

- Each address of `NOTIFY_TO` gets a notice of every event; with `NOTIFY_EMPLOYEE` the new employee is greeted. Somebody
  who is both gets the notice alone: there is one mail for each event and recipient.
- A mail tells of one change. Events may arrive out of order, and each is mailed: a mail of an older version after a
  newer one is late, not wrong, since it says when the change was made. No state is derived from the order of mails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.correos.event import DIRECTO, DirectMail, Event
from chalicelib.correos.layout import Content, Draft, lay_out
from chalicelib.correos.mail import Mail
from chalicelib.correos.wording import WORDINGS, Wording
from contract.events import ACTUALIZADO, CREADO, ELIMINADO
from contract.roles import ANONYMOUS

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.correos.settings import Settings

_COLOURS = {CREADO: "#1a7f4b", ACTUALIZADO: "#2563b0", ELIMINADO: "#b3363a", DIRECTO: "#4a5560"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One mail of a message: its row as it is before anything happened, and what it says."""

    mail: Mail
    content: Content


def mails_for(message: Event | DirectMail, settings: Settings, now: datetime) -> list[Outgoing]:
    """All mails that the message asks for; the same ones each time it is delivered."""
    if isinstance(message, DirectMail):
        return [_direct_mail(message, settings, now)]
    notice = write_notice(message, settings.mail_language)
    mails = [_mail(message, address, notice, now) for address in settings.notify_to]
    told = {address.lower() for address in settings.notify_to}
    employee = message.empleado
    if settings.notify_employee and message.tipo == CREADO and employee.email.lower() not in told:
        mails.append(_mail(message, employee.email, write_greeting(message, settings.mail_language), now))
    return mails


def pending_direct_mail(message: DirectMail, settings: Settings, now: datetime) -> Mail:
    """The row of a mail that is about to be queued."""
    return _direct_mail(message, settings, now).mail


def write_notice(evento: Event, idioma: str) -> Content:
    """What Human Resources reads about an event."""
    wording = WORDINGS[idioma]
    phrase = wording.notices[evento.tipo]
    return lay_out(
        Draft(
            idioma=idioma,
            asunto=_fill(phrase.asunto, evento),
            titulo=_fill(phrase.titulo, evento),
            parrafos=(_fill(phrase.parrafo, evento),),
            datos=(*_changes(evento, wording), *_employee_data(evento, wording), *_event_data(evento, wording)),
            pie=wording.notice_footer,
            color=_COLOURS[evento.tipo],
        )
    )


def write_greeting(evento: Event, idioma: str) -> Content:
    """What a new employee reads."""
    wording = WORDINGS[idioma]
    phrase = wording.greeting
    return lay_out(
        Draft(
            idioma=idioma,
            asunto=_fill(phrase.asunto, evento),
            titulo=_fill(phrase.titulo, evento),
            parrafos=(_fill(phrase.parrafo, evento),),
            datos=_employee_data(evento, wording),
            pie=wording.greeting_footer,
            color=_COLOURS[evento.tipo],
        )
    )


def write_direct(mail: DirectMail, idioma: str) -> Content:
    """The caller's own words in our layout; ``idioma`` is the layout's language."""
    return lay_out(
        Draft(
            idioma=idioma,
            asunto=mail.asunto,
            titulo=mail.asunto,
            parrafos=(mail.cuerpo,),
            pie=WORDINGS[idioma].direct_footer,
            color=_COLOURS[DIRECTO],
        )
    )


def _direct_mail(message: DirectMail, settings: Settings, now: datetime) -> Outgoing:
    content = write_direct(message, settings.mail_language)
    mail = Mail(
        evento=message.id,
        destinatario=message.para,
        tipo=DIRECTO,
        asunto=content.asunto,
        creado_en=now,
        actualizado_en=now,
    )
    return Outgoing(mail, content)


def _mail(evento: Event, destinatario: str, content: Content, now: datetime) -> Outgoing:
    mail = Mail(
        evento=evento.id,
        destinatario=destinatario,
        tipo=evento.tipo,
        asunto=content.asunto,
        creado_en=now,
        actualizado_en=now,
        empleado=evento.empleado.id,
    )
    return Outgoing(mail, content)


def _fill(words: str, evento: Event) -> str:
    return words.format(nombre=evento.empleado.nombre, posicion=evento.empleado.posicion)


def _changes(evento: Event, wording: Wording) -> tuple[tuple[str, str], ...]:
    """What was changed, by name: the event holds no old values, and of the salary not even the new one."""
    if evento.tipo != ACTUALIZADO or not evento.cambios:
        return ()
    return ((wording.cambios, ", ".join(wording.campos.get(cambio, cambio) for cambio in evento.cambios)),)


def _employee_data(evento: Event, wording: Wording) -> tuple[tuple[str, str], ...]:
    empleado = evento.empleado
    return (
        (wording.campos["nombre"], empleado.nombre),
        (wording.campos["email"], empleado.email),
        (wording.campos["posicion"], empleado.posicion),
    )


def _event_data(evento: Event, wording: Wording) -> tuple[tuple[str, str], ...]:
    actor = wording.anonymous if evento.actor == ANONYMOUS else evento.actor
    return (
        (wording.record, wording.numero.format(id=evento.empleado.id)),
        (wording.fecha, wording.write_moment(evento.ocurrido_en)),
        (wording.author, actor),
    )
