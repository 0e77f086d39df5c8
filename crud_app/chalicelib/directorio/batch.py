"""A batch of changes as a client sends it: up to `MAX_OPERATIONS` at once, of several kinds."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_frontdoor import FieldError, InvalidInput
from chalicelib.directorio.employee import MAX_BIGINT, MAX_INTEGER, read_changes, read_new
from chalicelib.directorio.errors import LoteNotFound
from contract.body import errors_within, read_fields
from contract.events import UUID
from contract.text import BrokenRule, read_one_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[object], Any]

MAX_OPERATIONS = 500
#: What a batch is for, as its event says.
ORIGINS = ("importacion", "cambio", "eliminacion", "restauracion", "deshacer")
#: The lists of operations.
LISTS = ("crear", "actualizar", "eliminar", "restaurar")


class Batch(NamedTuple):
    """The members as in the API; ``operations`` is JSON, in the order in which they were sent, for the statement."""

    id: str
    origin: str
    operations: str
    is_simulated: bool


def read_batch(batch_id: str, body: object, *, is_demo: bool = False) -> Batch:
    """Check the path's id and the body.

    Raises:
        InvalidInput: with all violations at once; a field is named by its path, such as ``crear[3].salario``.
        LoteNotFound: no batch can have this id.
    """
    read_batch_id(batch_id)
    readers: dict[str, Reader] = {"origen": partial(read_one_of, ORIGINS), "simular": _read_flag}
    readers |= {name: partial(_read_list, read) for name, read in _operations(is_demo=is_demo).items()}
    values = read_fields(body, readers, (*LISTS, "simular"))
    operations = [
        {"lista": name, "indice": index, **operation}
        for name in (body if isinstance(body, dict) else ())
        if name in LISTS
        for index, operation in enumerate(values[name])
    ]
    if not 1 <= len(operations) <= MAX_OPERATIONS:
        raise InvalidInput([FieldError("", "longitud", _bad_count().message)])
    numbered = [{"orden": number, **operation} for number, operation in enumerate(operations)]
    text = json.dumps(numbered, default=str, ensure_ascii=False)  # amounts and dates are texts
    return Batch(batch_id, values["origen"], text, values.get("simular", False))


def read_batch_id(text: str) -> str:
    """The id in a path: a UUID in its canonical form.

    Raises:
        LoteNotFound: nothing can have this id.
    """
    if not re.fullmatch(UUID, text):
        raise LoteNotFound
    return text


def read_closing(body: object) -> bool:
    """Whether the closing of a batch sends an email: ``{"aviso": true}``.

    Raises:
        InvalidInput
    """
    return read_fields(body, {"aviso": _read_flag})["aviso"]


def _operations(*, is_demo: bool) -> dict[str, Reader]:
    """What reads an element of each list. No two of them change the same row."""
    seen: set[int] = set()

    def read_id(value: object) -> int:
        number = _read_number(MAX_BIGINT, value)
        if number in seen:
            es, en = "Ese número ya está en este lote.", "That number is in this batch already."
            raise BrokenRule("repetido", es, en)
        seen.add(number)
        return number

    members: dict[str, Reader] = {"id": read_id, "version": partial(_read_number, MAX_INTEGER)}
    changes: dict[str, Reader] = {**members, "cambios": partial(read_changes, is_demo=is_demo)}

    def read_update(element: object) -> dict[str, Any]:
        values = read_fields(element, changes)
        return {"valores": values.pop("cambios"), **values}

    return {
        "crear": lambda element: {"valores": read_new(element, is_demo=is_demo)},
        "actualizar": read_update,
        "eliminar": lambda element: {"valores": {}, **read_fields(element, members)},
        "restaurar": lambda element: {"valores": {}, **read_fields(element, members, ("version",))},
    }


def _read_list(read: Reader, value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise BrokenRule("tipo", "Debe ser una lista.", "It must be a list.")
    if len(value) > MAX_OPERATIONS:
        raise _bad_count()
    elements, errors = [], []
    for index, element in enumerate(value):
        try:
            elements.append(read(element))
        except InvalidInput as invalid:
            errors += errors_within(f"[{index}]", invalid)
    if errors:
        raise InvalidInput(errors)
    return elements


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BrokenRule("tipo", "Debe ser true o false.", "It must be true or false.")
    return value


def _read_number(maximum: int, value: object) -> int:
    if type(value) is not int or not 1 <= value <= maximum:
        raise BrokenRule("rango", "Debe ser un número entero desde 1.", "It must be a whole number from 1.")
    return value


def _bad_count() -> BrokenRule:
    es, en = f"Debe haber de 1 a {MAX_OPERATIONS} operaciones.", f"There must be 1 to {MAX_OPERATIONS} operations."
    return BrokenRule("longitud", es, en)
