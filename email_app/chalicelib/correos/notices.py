"""Who gets which mail for which message.

- Each address of `NOTIFY_TO` gets a notice of every event; with `NOTIFY_EMPLOYEE` the new employee is greeted. Somebody
  who is both gets the notice alone: there is one mail for each event and recipient.
- A mail tells of one change. Events may arrive out of order, and each is mailed: a mail of an older version after a
  newer one is late, not wrong, since it says when the change was made. No state is derived from the order of mails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.correos.event import DIRECTO, CorreoDirecto, Evento
from chalicelib.correos.layout import Contenido, Pieza, lay_out
from chalicelib.correos.mail import Correo
from chalicelib.correos.wording import TEXTOS, Textos
from contract.events import ACTUALIZADO, CREADO, ELIMINADO
from contract.roles import ANONYMOUS

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.correos.settings import Settings

_COLORES = {CREADO: "#1a7f4b", ACTUALIZADO: "#2563b0", ELIMINADO: "#b3363a", DIRECTO: "#4a5560"}


@dataclass(frozen=True, slots=True)
class Envio:
    """One mail of a message: its row as it is before anything happened, and what it says."""

    correo: Correo
    contenido: Contenido


def mails_for(message: Evento | CorreoDirecto, settings: Settings, now: datetime) -> list[Envio]:
    """All mails that the message asks for; the same ones each time it is delivered."""
    if isinstance(message, CorreoDirecto):
        return [_direct_mail(message, settings, now)]
    notice = write_notice(message, settings.mail_language)
    mails = [_mail(message, address, notice, now) for address in settings.notify_to]
    told = {address.lower() for address in settings.notify_to}
    employee = message.empleado
    if settings.notify_employee and message.tipo == CREADO and employee.email.lower() not in told:
        mails.append(_mail(message, employee.email, write_greeting(message, settings.mail_language), now))
    return mails


def pending_direct_mail(message: CorreoDirecto, settings: Settings, now: datetime) -> Correo:
    """The row of a mail that is about to be queued."""
    return _direct_mail(message, settings, now).correo


def write_notice(evento: Evento, idioma: str) -> Contenido:
    """What Human Resources reads about an event."""
    textos = TEXTOS[idioma]
    frase = textos.avisos[evento.tipo]
    return lay_out(
        Pieza(
            idioma=idioma,
            asunto=_fill(frase.asunto, evento),
            titulo=_fill(frase.titulo, evento),
            parrafos=(_fill(frase.parrafo, evento),),
            datos=(*_changes(evento, textos), *_employee_data(evento, textos), *_event_data(evento, textos)),
            pie=textos.pie_aviso,
            color=_COLORES[evento.tipo],
        )
    )


def write_greeting(evento: Evento, idioma: str) -> Contenido:
    """What a new employee reads."""
    textos = TEXTOS[idioma]
    frase = textos.bienvenida
    return lay_out(
        Pieza(
            idioma=idioma,
            asunto=_fill(frase.asunto, evento),
            titulo=_fill(frase.titulo, evento),
            parrafos=(_fill(frase.parrafo, evento),),
            datos=_employee_data(evento, textos),
            pie=textos.pie_bienvenida,
            color=_COLORES[evento.tipo],
        )
    )


def write_direct(correo: CorreoDirecto, idioma: str) -> Contenido:
    """Somebody's own words in our frame; ``idioma`` is that of the frame."""
    return lay_out(
        Pieza(
            idioma=idioma,
            asunto=correo.asunto,
            titulo=correo.asunto,
            parrafos=(correo.cuerpo,),
            pie=TEXTOS[idioma].pie_directo,
            color=_COLORES[DIRECTO],
        )
    )


def _direct_mail(message: CorreoDirecto, settings: Settings, now: datetime) -> Envio:
    contenido = write_direct(message, settings.mail_language)
    correo = Correo(
        evento=message.id,
        destinatario=message.para,
        tipo=DIRECTO,
        asunto=contenido.asunto,
        creado_en=now,
        actualizado_en=now,
    )
    return Envio(correo, contenido)


def _mail(evento: Evento, destinatario: str, contenido: Contenido, now: datetime) -> Envio:
    correo = Correo(
        evento=evento.id,
        destinatario=destinatario,
        tipo=evento.tipo,
        asunto=contenido.asunto,
        creado_en=now,
        actualizado_en=now,
        empleado=evento.empleado.id,
    )
    return Envio(correo, contenido)


def _fill(words: str, evento: Evento) -> str:
    return words.format(nombre=evento.empleado.nombre, posicion=evento.empleado.posicion)


def _changes(evento: Evento, textos: Textos) -> tuple[tuple[str, str], ...]:
    """What was changed, by name: the event holds no old values, and of the salary not even the new one."""
    if evento.tipo != ACTUALIZADO or not evento.cambios:
        return ()
    return ((textos.cambios, ", ".join(textos.campos.get(cambio, cambio) for cambio in evento.cambios)),)


def _employee_data(evento: Evento, textos: Textos) -> tuple[tuple[str, str], ...]:
    empleado = evento.empleado
    return (
        (textos.campos["nombre"], empleado.nombre),
        (textos.campos["email"], empleado.email),
        (textos.campos["posicion"], empleado.posicion),
    )


def _event_data(evento: Evento, textos: Textos) -> tuple[tuple[str, str], ...]:
    actor = textos.anonimo if evento.actor == ANONYMOUS else evento.actor
    return (
        (textos.ficha, textos.numero.format(id=evento.empleado.id)),
        (textos.fecha, textos.write_moment(evento.ocurrido_en)),
        (textos.autor, actor),
    )
