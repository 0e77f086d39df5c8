"""A batch of changes as a client sends it: up to `MAX_OPERATIONS` at once, of several kinds."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_frontdoor import FieldError, InvalidInput
from chalicelib.directorio.employee import MAX_BIGINT, MAX_INTEGER, read_changes, read_new
from chalicelib.directorio.errors import LoteNotFound
from contract.api import missing_field, not_an_object, unknown_field
from contract.events import UUID
from contract.text import not_one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_OPERATIONS = 500
#: An answer must not grow with nonsense: violations that are named at most, and characters of an unknown name.
MAX_VIOLATIONS, MAX_NAME = 1_000, 80
#: What a batch is for, as its event says.
ORIGINS = ("importacion", "cambio", "eliminacion", "restauracion", "deshacer")
#: The members of an element of each list, and those of them that it may lack.
LISTS: Mapping[str, tuple[str, ...]] = {
    "crear": (),
    "actualizar": ("id", "version", "cambios"),
    "eliminar": ("id", "version"),
    "restaurar": ("id", "version"),
}
OPTIONAL = frozenset({("restaurar", "version")})

_NO_LIST = {"es": "Debe ser una lista.", "en": "It must be a list."}
_NO_FLAG = {"es": "Debe ser true o false.", "en": "It must be true or false."}
_NO_NUMBER = {"es": "Debe ser un número entero desde 1.", "en": "It must be a whole number from 1."}
_REPEATED = {"es": "Ese número ya está en este lote.", "en": "That number is in this batch already."}
_ORIGIN = not_one_of(ORIGINS).message
_COUNT = {
    "es": f"Debe haber de 1 a {MAX_OPERATIONS} operaciones.",
    "en": f"There must be 1 to {MAX_OPERATIONS} operations.",
}


class Batch(NamedTuple):
    """The operations in the order in which they were sent; ``origin`` and the rest as in the API."""

    id: str
    origin: str
    operations: list[dict[str, Any]]
    is_simulated: bool

    def as_json(self) -> str:
        """What the statement reads: amounts and dates are texts."""
        return json.dumps(self.operations, default=str, ensure_ascii=False)

    def as_text(self) -> str:
        """Everything that an Idempotency-Key stands for."""
        return f"{self.id} {self.origin} {self.as_json()}"


def read_batch(batch_id: str, body: object, *, is_demo: bool = False) -> Batch:
    """Check the path's id and the body.

    Raises:
        InvalidInput: with all violations at once; a field is named by its path, such as ``crear[3].salario``.
        LoteNotFound: no batch can have this id.
    """
    reader = _Reader(is_demo=is_demo)
    batch = reader.read(read_batch_id(batch_id), body)
    if reader.violations:
        raise InvalidInput(reader.violations[:MAX_VIOLATIONS])
    return batch


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
    if not isinstance(body, dict):
        raise InvalidInput([not_an_object()])
    errors = [] if isinstance(body.get("aviso"), bool) else [FieldError("aviso", "tipo", _NO_FLAG)]
    errors += [unknown_field(name) for name in body if name != "aviso"]
    if errors:
        raise InvalidInput(errors)
    return bool(body["aviso"])


class _Reader:
    """Reads a body and remembers what was wrong with it."""

    def __init__(self, *, is_demo: bool) -> None:
        self.violations: list[FieldError] = []
        self._is_demo = is_demo
        self._numbers: set[int] = set()

    def read(self, batch_id: str, body: object) -> Batch:
        if not isinstance(body, dict):
            self.violations.append(not_an_object())
            return Batch(batch_id, "", [], is_simulated=False)
        origin, is_simulated = body.get("origen"), body.get("simular", False)
        if origin not in ORIGINS:
            self._refuse("origen", "valor", _ORIGIN)
        if not isinstance(is_simulated, bool):
            self._refuse("simular", "tipo", _NO_FLAG)
        elements = list(self._elements(body))
        if not 1 <= len(elements) <= MAX_OPERATIONS:
            self._refuse("", "longitud", _COUNT)
            elements = []
        operations = [
            {"orden": number, "lista": name, "indice": index, **self._operation(name, f"{name}[{index}]", element)}
            for number, (name, index, element) in enumerate(elements)
        ]
        return Batch(batch_id, str(origin), operations, is_simulated=bool(is_simulated))

    def _elements(self, body: dict[str, Any]) -> Iterator[tuple[str, int, Any]]:
        for name, value in body.items():
            if name not in LISTS:
                if name not in {"origen", "simular"}:
                    self.violations.append(unknown_field(name[:MAX_NAME]))
            elif isinstance(value, list):
                yield from ((name, index, element) for index, element in enumerate(value))
            else:
                self._refuse(name, "tipo", _NO_LIST)

    def _operation(self, name: str, path: str, element: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        if not isinstance(element, dict):
            self.violations.append(not_an_object(path))
            return {}
        if name == "crear":
            return {"valores": self._values(path, element, is_new=True)}
        found: dict[str, Any] = {"valores": {}}
        for member in LISTS[name]:
            if member in element:
                found |= self._member(f"{path}.{member}", member, element[member])
            elif (name, member) not in OPTIONAL:
                self.violations.append(missing_field(f"{path}.{member}"))
        self.violations += [unknown_field(f"{path}.{each[:MAX_NAME]}") for each in element if each not in LISTS[name]]
        return found

    def _member(self, path: str, member: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        if member == "cambios":
            return {"valores": self._values(path, value, is_new=False)}
        maximum = MAX_BIGINT if member == "id" else MAX_INTEGER
        if type(value) is not int or not 1 <= value <= maximum:
            self._refuse(path, "rango", _NO_NUMBER)
        elif member == "id" and value in self._numbers:
            self._refuse(path, "repetido", _REPEATED)
        elif member == "id":
            self._numbers.add(value)
        return {member: value}

    def _values(self, path: str, value: object, *, is_new: bool) -> dict[str, object]:
        try:
            return (read_new if is_new else read_changes)(value, is_demo=self._is_demo)
        except InvalidInput as invalid:
            self.violations += [
                each._replace(field=f"{path}.{each.field}".removesuffix(".")) for each in invalid.errors
            ]
            return {}

    def _refuse(self, field: str, rule: str, message: Mapping[str, str]) -> None:
        self.violations.append(FieldError(field, rule, message))
