"""crud_app with one more field, which may be empty: ``python -m tests.unit.crud_app.one_more_field``.

A process of its own, because the field must be declared before anything that reads the declaration is imported. The
table at DATABASE_URL has the column already. Prints what some requests are answered with, as JSON.
"""

from __future__ import annotations

import json
import sys

from contract import fields

fields.FIELDS += (fields.Field("apodo", "text", {}, "1", maximum=40, is_required=False),)

# What `make statements` would have written.
from chalicelib.directorio import statements  # noqa: E402
from crud_app.sql.compiler import compile_audiences, compile_statements  # noqa: E402

statements.AUDIENCES = compile_audiences()
statements.STATEMENTS = compile_statements()

from chalice_frontdoor.testing.client import Client  # noqa: E402
from chalicelib.directorio import bootstrap  # noqa: E402
from chalicelib.directorio.settings import from_environment  # noqa: E402
from crud_app.app import app  # noqa: E402
from tests.unit.crud_app.fakes import FakePublisher  # noqa: E402

ANA = {"nombre": "Ana", "email": "ana@example.com", "posicion": "Analista", "salario": 1}
KEY = {"Idempotency-Key": '"a"'}


def main() -> None:
    """Make some requests."""
    bootstrap.system.replace(bootstrap.assemble(bootstrap.open_database(from_environment()), FakePublisher()))
    client, reader = Client(app, role="rrhh"), Client(app, role="lector")
    answers = {
        "created without": client.post("/empleados", json=ANA, headers=KEY),
        "repeated": client.post("/empleados", json={**ANA, "apodo": None}, headers=KEY),
        "another": client.post("/empleados", json={**ANA, "email": "b@example.com", "apodo": " 600 "}),
        "set": client.put("/empleados/1", json={"apodo": "700"}),
        "kept": client.put("/empleados/1", json={"nombre": "Eva"}),
        "read": reader.get("/empleados/1"),
        "emptied": client.put("/empleados/1", json={"apodo": None}),
        "left as it was": client.put("/empleados/1", json={"apodo": None}),
        "listed": reader.get("/empleados?q=ana"),
        "sorted": client.get("/empleados?orden=apodo"),
        "history": reader.get("/eventos"),
    }
    json.dump({name: [answer.status, answer.json()] for name, answer in answers.items()}, sys.stdout)


if __name__ == "__main__":
    main()
