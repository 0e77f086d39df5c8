"""What the emails say, in Spanish and in English; notices.py fills in ``{…}``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chalicelib.correos.settings import LANGUAGES
from contract.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

TEXTS: dict[str, tuple[str, str]] = {
    # Of a notice, by type of event, and of the greeting. ``{nombre}`` and ``{posicion}`` are the employee's.
    "creado.subject": ("Alta: {nombre}, {posicion}", "New employee: {nombre}, {posicion}"),
    "creado.title": ("Nueva persona en el directorio", "New in the directory"),
    "creado.paragraph": (
        "Se ha dado de alta a {nombre} como {posicion}.",
        "{nombre} has joined the directory as {posicion}.",
    ),
    "actualizado.subject": ("Cambios en la ficha de {nombre}", "Changes to the record of {nombre}"),
    "actualizado.title": ("Ficha actualizada", "Record updated"),
    "actualizado.paragraph": (
        "Se han cambiado datos de {nombre}. Así queda su ficha:",
        "The details of {nombre} have changed. This is the record now:",
    ),
    "eliminado.subject": ("Baja: {nombre}, {posicion}", "Removed: {nombre}, {posicion}"),
    "eliminado.title": ("Baja en el directorio", "Removed from the directory"),
    "eliminado.paragraph": (
        "Se ha eliminado a {nombre} del directorio. Estos eran sus datos:",
        "{nombre} has been removed from the directory. These were the details:",
    ),
    "restaurado.subject": ("Vuelve al directorio: {nombre}, {posicion}", "Back in the directory: {nombre}, {posicion}"),
    "restaurado.title": ("De nuevo en el directorio", "Back in the directory"),
    "restaurado.paragraph": (
        "Se ha recuperado la ficha de {nombre}. Así queda:",
        "The record of {nombre} has been restored. This is the record now:",
    ),
    "greeting.subject": ("Te damos la bienvenida, {nombre}", "Welcome, {nombre}"),
    "greeting.title": ("¡Hola, {nombre}!", "Hello, {nombre}!"),
    "greeting.paragraph": (
        (
            "Ya formas parte del directorio de la empresa. Comprueba que tus datos son correctos y, si falta algo, "
            "avisa a Recursos Humanos."
        ),
        (
            "You are now part of the company directory. Please check that your details are right and tell Human "
            "Resources if anything is missing."
        ),
    ),
    # Of a batch, by its origin.
    "batch.importacion": ("Importación", "Import"),
    "batch.cambio": ("Cambio de varias fichas", "Change of several records"),
    "batch.eliminacion": ("Baja de varias personas", "Removal of several people"),
    "batch.restauracion": ("Regreso de varias personas", "Return of several people"),
    "batch.deshacer": ("Cambios deshechos", "Changes undone"),
    "batch": ("Varios cambios", "Several changes"),
    "digest.paragraph": (
        "Este aviso resume todos los cambios: {resumen}. No hay uno por persona.",
        "This notice sums up all changes: {resumen}. There is none for each person.",
    ),
    # What a batch counts: one, and several.
    "creados": ("alta|altas", "new employee|new employees"),
    "actualizados": ("ficha cambiada|fichas cambiadas", "record changed|records changed"),
    "eliminados": ("baja|bajas", "person removed|people removed"),
    "restaurados": ("persona restaurada|personas restauradas", "person restored|people restored"),
    "thousands": (".", ","),
    # Labels, and what stands beside them.
    "changed": ("Ha cambiado", "Changed"),
    "record": ("Ficha", "Record"),
    "number": ("n.º {id}", "no. {id}"),
    "link": ("Abrir la ficha", "Open the record"),
    "activity": ("Ver los cambios", "See the changes"),
    "date": ("Fecha", "Date"),
    "moment": ("{dia} de {mes} de {anno}, {hora}", "{dia} {mes} {anno}, {hora}"),
    "months": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "January February March April May June July August September October November December",
    ),
    "author": ("Hecho por", "Done by"),
    "anonymous": ("sin identificar", "not signed in"),
    "notice.footer": (
        "Aviso automático de CrudEmpleados para Recursos Humanos. No hace falta responder.",
        "Automatic notice from CrudEmpleados for Human Resources. There is no need to reply.",
    ),
    "greeting.footer": (
        "Mensaje automático de CrudEmpleados. No hace falta responder.",
        "Automatic message from CrudEmpleados. There is no need to reply.",
    ),
    "direct.footer": ("Enviado desde CrudEmpleados.", "Sent from CrudEmpleados."),
}


class Wording(NamedTuple):
    """The texts in one of ``LANGUAGES``."""

    language: str

    def say(self, name: str, **values: object) -> str:
        return TEXTS[name][LANGUAGES.index(self.language)].format(**values)

    def label(self, field: str) -> str:
        """What people call a field of an employee."""
        labels = {each.name: each.labels[self.language] for each in FIELDS}
        return labels.get(field, field)

    def write_counts(self, counts: Mapping[str, int]) -> str:
        """What a batch did, such as ``1.200 altas, 1 baja``."""
        said = []
        for name, count in counts.items():
            if count:
                number = f"{count:,}".replace(",", self.say("thousands"))
                said.append(f"{number} {self.say(name).split('|')[count != 1]}")
        return ", ".join(said)

    def write_moment(self, moment: datetime) -> str:
        """Day and minute, as people write them."""
        month = self.say("months").split()[moment.month - 1]
        return self.say("moment", dia=moment.day, mes=month, anno=moment.year, hora=moment.strftime("%H:%M %Z"))
