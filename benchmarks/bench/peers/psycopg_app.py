"""A peer: psycopg 3 with its C extension and nothing else; autocommit, and statements prepared by themselves."""

from __future__ import annotations

import json
import os
from typing import Any

import psycopg
from psycopg.rows import dict_row

COLUMNS = "id, nombre, email, posicion, salario, fecha_contratacion"

# "Prepared statements" in its documentation: after five executions by default; at once, they pay sooner.
connection = psycopg.connect(os.environ["LIBPQ_URL"], autocommit=True, row_factory=dict_row, prepare_threshold=0)


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
        return answer(200, connection.execute(f"SELECT {COLUMNS} FROM empleados ORDER BY id LIMIT 50").fetchall())
    if path == "/empleados" and method == "POST":
        row = connection.execute(
            "INSERT INTO empleados (nombre, email, posicion, salario, fecha_contratacion) VALUES"
            " (%(nombre)s, %(email)s, %(posicion)s, %(salario)s, %(fecha_contratacion)s)"
            f" RETURNING {COLUMNS}",
            json.loads(event["body"]),
        ).fetchone()
        return answer(201, row)
    row = connection.execute(
        f"SELECT {COLUMNS} FROM empleados WHERE id = %s", (int(path.rpartition("/")[2]),)
    ).fetchone()
    return answer(200, row) if row else answer(404, None)
