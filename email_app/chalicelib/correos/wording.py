"""The words of the mails, in each language; ``{…}`` are filled in with escaped text by plantilla.py's callers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.events import ACTUALIZADO, CREADO, ELIMINADO
from contract.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """What one kind of mail says. ``{nombre}`` and ``{posicion}`` are the employee's."""

    asunto: str
    titulo: str
    parrafo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    notices: Mapping[str, Phrase]
    """For the addresses of `NOTIFY_TO`, by type of event."""
    greeting: Phrase
    campos: Mapping[str, str]
    """The names of an employee's fields, as people call them."""
    cambios: str
    """Label of the list of changed fields."""
    record: str
    numero: str
    """How an employee's number is written."""
    fecha: str
    author: str
    anonymous: str
    """What an actor who did not sign in is called."""
    months: tuple[str, ...]
    moment: str
    notice_footer: str
    greeting_footer: str
    direct_footer: str

    def write_moment(self, moment: datetime) -> str:
        """Day and minute in UTC, as people write them."""
        return self.moment.format(
            dia=moment.day, mes=self.months[moment.month - 1], anno=moment.year, hora=moment.strftime("%H:%M")
        )


def _labels(idioma: str) -> Mapping[str, str]:
    return {each.name: each.labels[idioma] for each in FIELDS}


WORDINGS: dict[str, Wording] = {
    "es": Wording(
        notices={
            CREADO: Phrase(
                asunto="Alta: {nombre}, {posicion}",
                titulo="Nueva persona en el directorio",
                parrafo="Se ha dado de alta a {nombre} como {posicion}.",
            ),
            ACTUALIZADO: Phrase(
                asunto="Cambios en la ficha de {nombre}",
                titulo="Ficha actualizada",
                parrafo="Se han cambiado datos de {nombre}. Así queda su ficha:",
            ),
            ELIMINADO: Phrase(
                asunto="Baja: {nombre}, {posicion}",
                titulo="Baja en el directorio",
                parrafo="Se ha eliminado a {nombre} del directorio. Estos eran sus datos:",
            ),
        },
        greeting=Phrase(
            asunto="Te damos la bienvenida, {nombre}",
            titulo="¡Hola, {nombre}!",
            parrafo="Ya formas parte del directorio de la empresa. Comprueba que tus datos son correctos "
            "y, si falta algo, avisa a Recursos Humanos.",
        ),
        campos=_labels("es"),
        cambios="Ha cambiado",
        record="Ficha",
        numero="n.º {id}",
        fecha="Fecha",
        author="Hecho por",
        anonymous="sin identificar",
        months=(
            *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
            *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
        ),
        moment="{dia} de {mes} de {anno}, {hora} UTC",
        notice_footer="Aviso automático de CrudEmpleados para Recursos Humanos. No hace falta responder.",
        greeting_footer="Mensaje automático de CrudEmpleados. No hace falta responder.",
        direct_footer="Enviado desde CrudEmpleados.",
    ),
    "en": Wording(
        notices={
            CREADO: Phrase(
                asunto="New employee: {nombre}, {posicion}",
                titulo="New in the directory",
                parrafo="{nombre} has joined the directory as {posicion}.",
            ),
            ACTUALIZADO: Phrase(
                asunto="Changes to the record of {nombre}",
                titulo="Record updated",
                parrafo="The details of {nombre} have changed. This is the record now:",
            ),
            ELIMINADO: Phrase(
                asunto="Removed: {nombre}, {posicion}",
                titulo="Removed from the directory",
                parrafo="{nombre} has been removed from the directory. These were the details:",
            ),
        },
        greeting=Phrase(
            asunto="Welcome, {nombre}",
            titulo="Hello, {nombre}!",
            parrafo="You are now part of the company directory. Please check that your details are right "
            "and tell Human Resources if anything is missing.",
        ),
        campos=_labels("en"),
        cambios="Changed",
        record="Record",
        numero="no. {id}",
        fecha="Date",
        author="Done by",
        anonymous="not signed in",
        months=(
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
        moment="{dia} {mes} {anno}, {hora} UTC",
        notice_footer="Automatic notice from CrudEmpleados for Human Resources. There is no need to reply.",
        greeting_footer="Automatic message from CrudEmpleados. There is no need to reply.",
        direct_footer="Sent from CrudEmpleados.",
    ),
}
