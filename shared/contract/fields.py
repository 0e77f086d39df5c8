"""The fields of an employee that people fill in: the one declaration behind the API, the SQL, the page and the emails.

A field added here is checked, stored, sent, documented, shown, imported and exported. What it needs besides is in
CONTRIBUTING.md, "Adding a field".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Field(NamedTuple):
    """One field."""

    name: str  # on the wire, and of the column
    kind: Literal["text", "email", "money", "date", "given"]  # ``given`` by the database
    labels: Mapping[str, str]  # what people call it, by language
    example: str | float  # as on the wire
    maximum: int = 0  # characters of a text
    aliases: tuple[str, ...] = ()  # other headings of its column in an imported file, in lower case without accents
    description: str = ""  # for the API's document
    default: Literal["", "today"] = ""  # of a new employee without it; ``today`` is the date in TIME_ZONE
    is_required: bool = True  # a field that is neither required nor has a default can be empty
    is_confidential: bool = False  # only Human Resources sees it
    is_sortable: bool = False  # needs an index; a field that can be empty cannot be sorted by

    @property
    def is_nullable(self) -> bool:
        """Whether an employee can be without it."""
        return not self.is_required and not self.default


FIELDS = (
    Field(
        "nombre",
        "text",
        {"es": "Nombre", "en": "Name"},
        "Ana Pérez",
        maximum=120,
        aliases=("name", "nombre completo", "nombre y apellidos", "empleado", "full name", "first name", "employee"),
        is_sortable=True,
    ),
    Field(
        "email",
        "email",
        {"es": "Correo", "en": "Email"},
        "ana@example.com",
        aliases=("correo", "correo electronico", "e-mail", "mail", "email address"),
        description="Unique; stored in lower case.",
        is_sortable=True,
    ),
    Field(
        "posicion",
        "text",
        {"es": "Posición", "en": "Position"},
        "Analista",
        maximum=80,
        aliases=("puesto", "cargo", "position", "job title"),
        is_sortable=True,
    ),
    Field(
        "salario",
        "money",
        {"es": "Salario", "en": "Salary"},
        5000.00,
        aliases=("sueldo", "salario bruto", "salary", "gross salary"),
        description="At most two decimals.",
        is_confidential=True,
        is_sortable=True,
    ),
    Field(
        "fecha_contratacion",
        "date",
        {"es": "Contratación", "en": "Hire date"},
        "2026-11-24",
        aliases=("fecha de contratacion", "fecha de alta", "alta", "fecha de ingreso", "hire date", "hired"),
        description="Today, in the directory's time zone, by default.",
        default="today",
        is_required=False,
        is_sortable=True,
    ),
)
