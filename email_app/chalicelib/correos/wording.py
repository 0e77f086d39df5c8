"""The words of the emails, in each language; notices.py fills in ``{…}``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.events import ACTUALIZADO, CREADO, ELIMINADO, RESTAURADO
from contract.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """What one kind of email says. ``{nombre}`` and ``{posicion}`` are the employee's."""

    subject: str
    title: str
    paragraph: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    language: str
    notices: Mapping[str, Phrase]
    """For the addresses of `NOTIFY_TO`, by type of event."""
    greeting: Phrase
    batches: Mapping[str, str]
    """The title of a batch, by its origin; ``""`` is any other."""
    batch_paragraph: str
    counts: Mapping[str, tuple[str, str]]
    """What a batch counts: of one and of several."""
    thousands: str
    activity: str
    """Label of the address of the history."""
    fields: Mapping[str, str]
    """Labels of an employee's fields."""
    changed: str
    """Label of the list of changed fields."""
    record: str
    number: str
    """How an employee's number is written."""
    link: str
    """Label of the address of an employee's record."""
    date: str
    author: str
    anonymous: str
    """An actor who did not sign in."""
    months: tuple[str, ...]
    moment: str
    notice_footer: str
    greeting_footer: str
    direct_footer: str

    def write_counts(self, counts: Mapping[str, int]) -> str:
        """What a batch did, such as ``1.200 altas, 1 baja``."""
        said = (f"{counts[name]:,} {words[counts[name] != 1]}" for name, words in self.counts.items() if counts[name])
        return ", ".join(each.replace(",", self.thousands) for each in said)

    def write_moment(self, moment: datetime) -> str:
        """Day and minute, as people write them."""
        return self.moment.format(
            dia=moment.day, mes=self.months[moment.month - 1], anno=moment.year, hora=moment.strftime("%H:%M %Z")
        )


def _labels(language: str) -> Mapping[str, str]:
    return {each.name: each.labels[language] for each in FIELDS}


WORDINGS: dict[str, Wording] = {
    "es": Wording(
        language="es",
        notices={
            CREADO: Phrase(
                subject="Alta: {nombre}, {posicion}",
                title="Nueva persona en el directorio",
                paragraph="Se ha dado de alta a {nombre} como {posicion}.",
            ),
            ACTUALIZADO: Phrase(
                subject="Cambios en la ficha de {nombre}",
                title="Ficha actualizada",
                paragraph="Se han cambiado datos de {nombre}. Así queda su ficha:",
            ),
            ELIMINADO: Phrase(
                subject="Baja: {nombre}, {posicion}",
                title="Baja en el directorio",
                paragraph="Se ha eliminado a {nombre} del directorio. Estos eran sus datos:",
            ),
            RESTAURADO: Phrase(
                subject="Vuelve al directorio: {nombre}, {posicion}",
                title="De nuevo en el directorio",
                paragraph="Se ha recuperado la ficha de {nombre}. Así queda:",
            ),
        },
        greeting=Phrase(
            subject="Te damos la bienvenida, {nombre}",
            title="¡Hola, {nombre}!",
            paragraph="Ya formas parte del directorio de la empresa. Comprueba que tus datos son correctos "
            "y, si falta algo, avisa a Recursos Humanos.",
        ),
        batches={
            "importacion": "Importación",
            "cambio": "Cambio de varias fichas",
            "eliminacion": "Baja de varias personas",
            "restauracion": "Regreso de varias personas",
            "deshacer": "Cambios deshechos",
            "": "Varios cambios",
        },
        batch_paragraph="Este aviso resume todos los cambios: {resumen}. No hay uno por persona.",
        counts={
            "creados": ("alta", "altas"),
            "actualizados": ("ficha cambiada", "fichas cambiadas"),
            "eliminados": ("baja", "bajas"),
            "restaurados": ("persona restaurada", "personas restauradas"),
        },
        thousands=".",
        activity="Ver los cambios",
        fields=_labels("es"),
        changed="Ha cambiado",
        record="Ficha",
        number="n.º {id}",
        link="Abrir la ficha",
        date="Fecha",
        author="Hecho por",
        anonymous="sin identificar",
        months=(
            *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
            *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
        ),
        moment="{dia} de {mes} de {anno}, {hora}",
        notice_footer="Aviso automático de CrudEmpleados para Recursos Humanos. No hace falta responder.",
        greeting_footer="Mensaje automático de CrudEmpleados. No hace falta responder.",
        direct_footer="Enviado desde CrudEmpleados.",
    ),
    "en": Wording(
        language="en",
        notices={
            CREADO: Phrase(
                subject="New employee: {nombre}, {posicion}",
                title="New in the directory",
                paragraph="{nombre} has joined the directory as {posicion}.",
            ),
            ACTUALIZADO: Phrase(
                subject="Changes to the record of {nombre}",
                title="Record updated",
                paragraph="The details of {nombre} have changed. This is the record now:",
            ),
            ELIMINADO: Phrase(
                subject="Removed: {nombre}, {posicion}",
                title="Removed from the directory",
                paragraph="{nombre} has been removed from the directory. These were the details:",
            ),
            RESTAURADO: Phrase(
                subject="Back in the directory: {nombre}, {posicion}",
                title="Back in the directory",
                paragraph="The record of {nombre} has been restored. This is the record now:",
            ),
        },
        greeting=Phrase(
            subject="Welcome, {nombre}",
            title="Hello, {nombre}!",
            paragraph="You are now part of the company directory. Please check that your details are right "
            "and tell Human Resources if anything is missing.",
        ),
        batches={
            "importacion": "Import",
            "cambio": "Change of several records",
            "eliminacion": "Removal of several people",
            "restauracion": "Return of several people",
            "deshacer": "Changes undone",
            "": "Several changes",
        },
        batch_paragraph="This notice sums up all changes: {resumen}. There is none for each person.",
        counts={
            "creados": ("new employee", "new employees"),
            "actualizados": ("record changed", "records changed"),
            "eliminados": ("person removed", "people removed"),
            "restaurados": ("person restored", "people restored"),
        },
        thousands=",",
        activity="See the changes",
        fields=_labels("en"),
        changed="Changed",
        record="Record",
        number="no. {id}",
        link="Open the record",
        date="Date",
        author="Done by",
        anonymous="not signed in",
        months=(
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
        moment="{dia} {mes} {anno}, {hora}",
        notice_footer="Automatic notice from CrudEmpleados for Human Resources. There is no need to reply.",
        greeting_footer="Automatic message from CrudEmpleados. There is no need to reply.",
        direct_footer="Sent from CrudEmpleados.",
    ),
}
