"""A directory in memory: as much of the API as load tests and `make demo` use, and trouble on demand."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from chalice_devserver.http import HOST, HttpRequest, HttpResponse, LoopbackServer
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_REQUEST_BYTES = 10_000
JSON = ("Content-Type", "application/json")
TAKEN = {"type": "urn:crud-empleados:email-taken", "title": "El correo ya está en uso", "status": 409}


class FakeDirectory(LoopbackServer):
    """Answers like the directory, and remembers what it was asked."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.requests: list[HttpRequest] = []
        self.fault: Callable[[HttpRequest], HttpResponse | None] = lambda _: None
        """Answers instead, unless it gives None."""
        self._lock = threading.Lock()
        self._last_id = 0
        super().__init__(0, max_request_bytes=MAX_REQUEST_BYTES)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    def add(self, **values: Any) -> int:
        """Add a row; returns its id."""
        with self._lock:
            self._last_id += 1
            row = {"nombre": "Ana Pérez", "posicion": "Analista", "salario": 1, **values}
            self.rows[self._last_id] = {"id": self._last_id, "version": 1, **row}
            return self._last_id

    def asked(self, method: str) -> list[str]:
        """The paths of all requests with this method."""
        return [request.path for request in self.requests if request.method == method]

    wait_until = staticmethod(wait_until)

    def answer(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return self.fault(request) or self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        match request.method, request.path.split("/")[1:]:
            case "GET", ["health"]:
                return json_answer({"estado": "ok"})
            case "GET", ["resumen" | "correos"] | ["empleados", _, "eventos"]:
                return json_answer([])
            case "GET", ["empleados"]:
                return self._list(request)
            case "POST", ["empleados"]:
                return self.create(request)
            case method, ["empleados", id_] if int(id_) in self.rows:
                return self._one(method, int(id_), request)
            case _:
                return json_answer({"status": 404}, 404)

    def _list(self, request: HttpRequest) -> HttpResponse:
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        rows = [
            row for row in self.rows.values() if query.get("q", "").lower() in f"{row['nombre']} {row['email']}".lower()
        ]
        rows = [row for row in rows if row["posicion"] == query.get("posicion", row["posicion"])]
        rows.sort(key=lambda row: row["id"], reverse=query["orden"] == "-id" if "orden" in query else False)
        after, limit = int(query.get("cursor", 0)), int(query["limite"])
        more = urlencode({**query, "cursor": after + limit})
        links = [("Link", f'</empleados?{more}>; rel="next"')] if len(rows) > after + limit else []
        return json_answer(rows[after : after + limit], 200, *links)

    def create(self, request: HttpRequest) -> HttpResponse:
        """`POST /empleados`."""
        values = json.loads(request.body)
        if any(row["email"] == values["email"] for row in self.rows.values()):
            return json_answer(TAKEN, 409)
        id_ = self.add(**values)
        return json_answer(self.rows[id_], 201, ("Location", f"/empleados/{id_}"), ("ETag", '"1"'))

    def _one(self, method: str, id_: int, request: HttpRequest) -> HttpResponse:
        row = self.rows[id_]
        etag = f'"{row["version"]}"'
        if dict(request.headers).get("If-Match", etag) != etag:
            return json_answer({"status": 412}, 412)
        if method == "DELETE":
            del self.rows[id_]
            return HttpResponse(204, [], b"")
        if method == "PUT":
            row |= {**json.loads(request.body), "version": row["version"] + 1}
        return json_answer(row, 200, ("ETag", f'"{row["version"]}"'))


def json_answer(document: object, status: int = 200, *headers: tuple[str, str]) -> HttpResponse:
    """An answer as the API gives it."""
    return HttpResponse(status, [JSON, *headers], json.dumps(document).encode())


@contextmanager
def running_directory() -> Iterator[FakeDirectory]:
    """A directory for the length of a ``with`` block."""
    directory = FakeDirectory()
    directory.start()
    try:
        yield directory
    finally:
        directory.stop()
