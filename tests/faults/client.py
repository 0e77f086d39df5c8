"""A client of the directory that remembers what it was told."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CREADO, ACTUALIZADO, ELIMINADO, LOTE = "creado", "actualizado", "eliminado", "lote"
UNAVAILABLE = 503
UNKNOWN = "urn:crud-empleados:outcome-unknown"


@dataclass(frozen=True)
class Told:
    """What came back from one request."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    document: Any = field(default=None, repr=False)
    is_unknown: bool = False

    @property
    def row_id(self) -> int:
        """Of the employee in the answer; 0 if there is none."""
        return self.document["id"] if self.is_done else 0

    @property
    def is_done(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_refused(self) -> bool:
        """Whether the client was told that nothing was done, and that it may be repeated."""
        return self.status == UNAVAILABLE and not self.is_unknown and "Retry-After" in self.headers


class Client:
    """Makes changes. Each employee is known by the address, which stays."""

    _numbers = itertools.count(1)

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        #: Changes by address and kind: those that were said to be done, and those with an unknown outcome.
        self.done: Counter[tuple[str, str]] = Counter()
        self.unknown: Counter[tuple[str, str]] = Counter()
        self.statuses: Counter[int] = Counter()
        #: Messages that were put into the queue and that cannot be read.
        self.unreadable = 0
        #: Batches that were begun.
        self.batches: set[str] = set()
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    def new_email(self) -> str:
        return f"persona-{next(self._numbers)}@example.com"

    def create(self, email: str | None = None, *, key: str | None = None) -> Told:
        email = email or self.new_email()
        told = self._send("POST", "/empleados", employee(email), {"Idempotency-Key": key} if key else {})
        if not (told.is_done and key in self._keys):  # else it is the first answer once more
            self._remember(CREADO, email, told)
        if told.is_done and key:
            self._keys.add(key)
        return told

    def change_many(self, batch: str, emails: Sequence[str], key: str) -> Told:
        """Create these employees by a batch; not repeated once it was answered."""
        body = {"origen": "importacion", "crear": [employee(email) for email in emails]}
        told = self._send("POST", f"/lotes/{batch}", body, {"Idempotency-Key": key})
        for email in emails:
            self._remember(CREADO, email, told)
        self.batches.add(batch)
        return told

    def close(self, batch: str) -> Told:
        """Close a batch, with an email."""
        return self._send("POST", f"/lotes/{batch}/cierre", {"aviso": True})

    def update(self, email: str, row_id: int, posicion: str) -> Told:
        told = self._send("PUT", f"/empleados/{row_id}", {"posicion": posicion})
        self._remember(ACTUALIZADO, email, told)
        return told

    def delete(self, email: str, row_id: int) -> Told:
        told = self._send("DELETE", f"/empleados/{row_id}")
        self._remember(ELIMINADO, email, told)
        return told

    def read(self, row_id: int) -> Told:
        return self._send("GET", f"/empleados/{row_id}")

    def _remember(self, kind: str, email: str, told: Told) -> None:
        with self._lock:
            self.statuses[told.status] += 1
            self.done[email, kind] += told.is_done
            self.unknown[email, kind] += told.is_unknown

    def _send(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Told:
        # httpx would send the body "null".
        options = {} if body is None else {"json": body}
        try:
            answer = self._http.request(method, path, headers=headers, **options)  # type: ignore[arg-type] # JSON
        except httpx.HTTPError:
            return Told(0, is_unknown=True)
        is_json = "json" in answer.headers.get("Content-Type", "")
        document = answer.json() if is_json else {}
        if answer.is_success:
            return Told(answer.status_code, answer.headers, document)
        # A load balancer says in words of its own that the function behind it broke off.
        is_page_of_aws = answer.status_code in {502, 504} and not is_json
        is_unknown = document.get("type") == UNKNOWN or bool(document.get("resultado_desconocido"))
        return Told(answer.status_code, answer.headers, is_unknown=is_unknown or is_page_of_aws)


def employee(email: str) -> dict[str, object]:
    return {"nombre": f"Nombre {email}", "email": email, "posicion": "Analista", "salario": 1000}
