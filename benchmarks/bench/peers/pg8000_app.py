"""A peer: pg8000 and nothing else, as one would write a fast Lambda."""

from __future__ import annotations

import json
import os
from typing import Any

import pg8000.native

COLUMNS = "id, nombre, email, posicion, salario, fecha_contratacion"
NAMES = COLUMNS.split(", ")

connection = pg8000.native.Connection(
    "postgres", database="bench", ssl_context=False, **json.loads(os.environ["PG8000_ARGUMENTS"])
)


def answer(status: int, body: Any) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, default=str),
    }


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    method = event["requestContext"]["http"]["method"]
    path = event["rawPath"]
    if path == "/empleados" and method == "GET":
        rows = connection.run(f"SELECT {COLUMNS} FROM empleados ORDER BY id LIMIT 50")
        return answer(200, [dict(zip(NAMES, row, strict=True)) for row in rows])
    if path == "/empleados" and method == "POST":
        (row,) = connection.run(
            "INSERT INTO empleados (nombre, email, posicion, salario, fecha_contratacion)"
            f" VALUES (:nombre, :email, :posicion, :salario, :fecha_contratacion) RETURNING {COLUMNS}",
            **json.loads(event["body"]),
        )
        return answer(201, dict(zip(NAMES, row, strict=True)))
    rows = connection.run(f"SELECT {COLUMNS} FROM empleados WHERE id = :id", id=int(path.rpartition("/")[2]))
    return answer(200, dict(zip(NAMES, rows[0], strict=True))) if rows else answer(404, None)
