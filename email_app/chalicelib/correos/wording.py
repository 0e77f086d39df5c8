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
class Frase:
    """What one kind of mail says. ``{nombre}`` and ``{posicion}`` are the employee's."""

    asunto: str
    titulo: str
    parrafo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Textos:
    avisos: Mapping[str, Frase]
    """For the addresses of `NOTIFY_TO`, by type of event."""
    bienvenida: Frase
    campos: Mapping[str, str]
    """The names of an employee's fields, as people call them."""
    cambios: str
    """Label of the list of changed fields."""
    ficha: str
    numero: str
    """How an employee's number is written."""
    fecha: str
    autor: str
    anonimo: str
    """What an actor who did not sign in is called."""
    meses: tuple[str, ...]
    instante: str
    pie_aviso: str
    pie_bienvenida: str
    pie_directo: str

    def write_moment(self, moment: datetime) -> str:
        """Day and minute in UTC, as people write them."""
        return self.instante.format(
            dia=moment.day, mes=self.meses[moment.month - 1], anno=moment.year, hora=moment.strftime("%H:%M")
        )


def _labels(idioma: str) -> Mapping[str, str]:
    return {each.name: each.labels[idioma] for each in FIELDS}


TEXTOS: dict[str, Textos] = {
    "es": Textos(
        avisos={
            CREADO: Frase(
                asunto="Alta: {nombre}, {posicion}",
                titulo="Nueva persona en el directorio",
                parrafo="Se ha dado de alta a {nombre} como {posicion}.",
            ),
            ACTUALIZADO: Frase(
                asunto="Cambios en la ficha de {nombre}",
                titulo="Ficha actualizada",
                parrafo="Se han cambiado datos de {nombre}. Así queda su ficha:",
            ),
            ELIMINADO: Frase(
                asunto="Baja: {nombre}, {posicion}",
                titulo="Baja en el directorio",
                parrafo="Se ha eliminado a {nombre} del directorio. Estos eran sus datos:",
            ),
        },
        bienvenida=Frase(
            asunto="Te damos la bienvenida, {nombre}",
            titulo="¡Hola, {nombre}!",
            parrafo="Ya formas parte del directorio de la empresa. Comprueba que tus datos son correctos "
            "y, si falta algo, avisa a Recursos Humanos.",
        ),
        campos=_labels("es"),
        cambios="Ha cambiado",
        ficha="Ficha",
        numero="n.º {id}",
        fecha="Fecha",
        autor="Hecho por",
        anonimo="sin identificar",
        meses=(
            *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
            *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
        ),
        instante="{dia} de {mes} de {anno}, {hora} UTC",
        pie_aviso="Aviso automático de CrudEmpleados para Recursos Humanos. No hace falta responder.",
        pie_bienvenida="Mensaje automático de CrudEmpleados. No hace falta responder.",
        pie_directo="Enviado desde CrudEmpleados.",
    ),
    "en": Textos(
        avisos={
            CREADO: Frase(
                asunto="New employee: {nombre}, {posicion}",
                titulo="New in the directory",
                parrafo="{nombre} has joined the directory as {posicion}.",
            ),
            ACTUALIZADO: Frase(
                asunto="Changes to the record of {nombre}",
                titulo="Record updated",
                parrafo="The details of {nombre} have changed. This is the record now:",
            ),
            ELIMINADO: Frase(
                asunto="Removed: {nombre}, {posicion}",
                titulo="Removed from the directory",
                parrafo="{nombre} has been removed from the directory. These were the details:",
            ),
        },
        bienvenida=Frase(
            asunto="Welcome, {nombre}",
            titulo="Hello, {nombre}!",
            parrafo="You are now part of the company directory. Please check that your details are right "
            "and tell Human Resources if anything is missing.",
        ),
        campos=_labels("en"),
        cambios="Changed",
        ficha="Record",
        numero="no. {id}",
        fecha="Date",
        autor="Done by",
        anonimo="not signed in",
        meses=(
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
        instante="{dia} {mes} {anno}, {hora} UTC",
        pie_aviso="Automatic notice from CrudEmpleados for Human Resources. There is no need to reply.",
        pie_bienvenida="Automatic message from CrudEmpleados. There is no need to reply.",
        pie_directo="Sent from CrudEmpleados.",
    ),
}
