"""A deployment that holds people: a database and a ledger of its own."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.emulator import REGION
from local.postgres import migrate
from tests.support.stack import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from local.emulator import Emulator
    from local.postgres import Postgres

TABLE = "crud-app-dev-correos"
NAME, ADDRESS, POSITION, SUBJECT = "Ana Zzyzx", "ana.zzyzx@example.com", "Qwertzuiop", "Alta: Ana Zzyzx"
VALUES = (NAME, "Zzyzx", ADDRESS, POSITION)


@dataclass(frozen=True)
class World:
    """Where people are, and the shell that knows it. Values of people go in by SQL and DynamoDB themselves."""

    postgres: Postgres
    database: str
    dynamodb: DynamoDBClient
    environment: dict[str, str] = field(repr=False)

    def sql(self, statement: str) -> str:
        return self.postgres.execute(statement, database=self.database)

    def add_employee(self, row_id: int, *, email: str = ADDRESS, age: str = "1 hour", is_published: bool = True) -> str:
        """Somebody with one event; returns the event's id."""
        event_id = str(uuid.uuid4())
        empleado = {"id": row_id, "nombre": NAME, "email": email, "posicion": POSITION, "version": 1}
        message = {"version": 1, "id": event_id, "tipo": "creado", "ocurrido_en": "x", "actor": "rrhh@example.com"}
        payload = json.dumps({**message, "empleado": empleado, "cambios": ["nombre"]})
        self.sql(
            "INSERT INTO empleados (id, nombre, email, posicion, salario) OVERRIDING SYSTEM VALUE "  # noqa: S608 - by psql, past what is tested
            f"VALUES ({row_id}, '{NAME}', '{email}', '{POSITION}', 1);"
            "INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload, publicado_en) "
            f"VALUES ('{event_id}', {row_id}, 1, 'creado', now() - interval '{age}', 'rrhh@example.com', '{payload}', "
            f"{'now()' if is_published else 'NULL'})"
        )
        return event_id

    def add_mail(self, recipient: str, *, empleado: int | None = None, estado: str = "entregado") -> None:
        """A mail in the ledger."""
        now = "2026-11-24T12:00:00.000000Z"
        event_id = str(uuid.uuid4())
        fingerprint = hashlib.sha256(f"{event_id}:{recipient.lower()}".encode()).hexdigest()[:32]
        texts = {"evento": event_id, "huella": fingerprint, "lista": "correos", "destinatario": recipient}
        texts |= {"orden": f"{now}_{event_id}_{fingerprint}", "tipo": "directo" if empleado is None else "creado"}
        texts |= {"asunto": SUBJECT, "estado": estado, "creado_en": now, "actualizado_en": now}
        numbers = {"empleado": empleado, "envios": 1, "revision": 1, "caduca_en": 4102444800}
        item: dict[str, Any] = {name: {"S": text} for name, text in texts.items()}
        item |= {name: {"N": str(number)} for name, number in numbers.items() if number is not None}
        self.dynamodb.put_item(TableName=TABLE, Item=item)

    def everything(self) -> str:
        """All that is kept, as text."""
        items = self.dynamodb.scan(TableName=TABLE)["Items"]
        rows = self.sql("SELECT empleados::text FROM empleados UNION ALL SELECT eventos::text FROM eventos")
        return f"{rows}\n{json.dumps(items)}"

    def found(self) -> list[str]:
        """The values of people that are kept."""
        everything = self.everything()
        return [value for value in VALUES if value in everything]


@pytest.fixture(scope="session")
def forgetting_database(postgres: Postgres, worker_id: str) -> tuple[str, str]:
    """Name and address of a migrated database for this folder."""
    name = f"forget_{worker_id}"
    url = postgres.create_database(name)
    migrate(url)
    return name, url


@pytest.fixture
def world(postgres: Postgres, forgetting_database: tuple[str, str], emulator: Emulator) -> Iterator[World]:
    """Nobody is there yet."""
    name, url = forgetting_database
    dynamodb = boto3.client("dynamodb", endpoint_url=emulator.endpoint, region_name=REGION)
    definition = json.loads((ROOT / "email_app/chalicelib/correos/ledger_table.json").read_text("utf-8"))
    del definition["TimeToLive"]
    dynamodb.create_table(TableName=TABLE, **definition)
    environment = {**emulator.environment, "DATABASE_URL": url, "AWS_REGION": REGION}
    world = World(postgres, name, dynamodb, environment)
    world.sql("DELETE FROM empleados; DELETE FROM eventos")
    yield world
    dynamodb.delete_table(TableName=TABLE)
