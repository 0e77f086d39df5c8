"""What is wrong with the fields of a request: all of it at once, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class FieldError:
    campo: str
    regla: str
    """A word for programs, such as ``formato``."""
    mensaje: Mapping[str, str]
    """The sentence for people, by language."""

    def as_dict(self) -> dict[str, object]:
        return {"campo": self.campo, "regla": self.regla, "mensaje": self.mensaje}


class InvalidFields(Exception):
    """The request breaks rules; HTTP 422."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__()
        self.errors = errors


def unknown_field(name: str) -> FieldError:
    return FieldError(name, "desconocido", {"es": "Este campo no existe.", "en": "There is no such field."})
