"""crud_app with one more field, which may be empty: ``python -m tests.unit.crud_app.one_more_field``.

A process of its own, because the field must be declared before anything that reads the declaration is imported. The
table at DATABASE_URL has the column already.
"""

from contract import fields

fields.FIELDS += (fields.Field("apodo", "text", {}, "1", maximum=40, is_required=False),)

# What `make statements` would have written.
from chalicelib.directorio import statements  # noqa: E402
from crud_app.sql.compiler import compile_histories, compile_parts, compile_statements  # noqa: E402

statements.PARTS = compile_parts()
statements.HISTORIES = compile_histories()
statements.STATEMENTS = compile_statements()

from chalice_frontdoor.testing.client import Client  # noqa: E402
from chalicelib.directorio import bootstrap  # noqa: E402
from chalicelib.directorio.settings import from_environment  # noqa: E402
from crud_app.app import app  # noqa: E402
from tests.unit.crud_app.fakes import FakePublisher  # noqa: E402

ANA = {"nombre": "Ana", "email": "ana@example.com", "posicion": "Analista", "salario": 1}
EVA = {**ANA, "email": "b@example.com", "apodo": " 600 "}
KEY = {"Idempotency-Key": '"a"'}


def main():
    """Make some requests."""
    bootstrap.system.replace(bootstrap.assemble(bootstrap.open_database(from_environment()), FakePublisher()))
    client, reader = Client(app, role="rrhh"), Client(app, role="lector")
    created = client.post("/empleados", json=ANA, headers=KEY)
    assert (created.status, created.json()["apodo"]) == (201, None)
    repeated = client.post("/empleados", json={**ANA, "apodo": None}, headers=KEY)
    assert repeated.body == created.body, "with null it is the same request as without the field"
    assert client.post("/empleados", json=EVA).json()["apodo"] == "600"

    versions = []
    for change, apodo in (
        ({"apodo": "7"}, "7"),
        ({"nombre": "Eva"}, "7"),
        ({"apodo": None}, None),
        ({"apodo": None}, None),
    ):
        row = client.put("/empleados/1", json=change).json()
        assert row["apodo"] == reader.get("/empleados/1").json()["apodo"] == apodo
        versions.append(row["version"])
    assert versions == [2, 3, 4, 4], "what changes nothing makes no version"

    assert [row["apodo"] for row in reader.get("/empleados?q=ana").json()] == [None, "600"]
    assert client.get("/empleados?orden=apodo").status == 422, "it is not sortable"
    given = ["nombre", "email", "posicion", "fecha_contratacion"]
    changes = [event["cambios"] for event in reader.get("/eventos").json()]
    assert changes == [["apodo"], ["nombre"], ["apodo"], [*given, "apodo"], given]


if __name__ == "__main__":
    main()
