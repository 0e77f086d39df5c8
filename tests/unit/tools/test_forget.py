"""`make forget`: shows, asks, forgets, and never says who the person is."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import boto3
import pytest

from chalicelib.correos.ledger import DynamoLedger
from chalicelib.directorio.database import Database
from chalicelib.directorio.repository import Repository
from local.emulator import REGION
from local.postgres import migrate
from tests.support.stack import ROOT
from tests.unit.email_app.fakes import mail
from tools.forget import EXIT_INTERRUPTED, main
from tools.preflight import database_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from local.postgres import Postgres

    Forget = Callable[..., tuple[int, str, str]]

TABLE = "crud-app-dev-correos"
NAME, ADDRESS, POSITION, SUBJECT = "Ana Zzyzx", "ana.zzyzx@example.com", "Qwertzuiop", "Alta: Ana Zzyzx"
VALUES = (NAME, "Zzyzx", ADDRESS, POSITION)


@dataclass(frozen=True)
class World:
    """A database and a ledger, filled by their own apps, and the shell that knows them."""

    postgres: Postgres
    database: str
    dynamodb: DynamoDBClient
    environment: dict[str, str] = field(repr=False)

    def sql(self, statement):
        return self.postgres.execute(statement, database=self.database)

    def add_employee(self, row_id, *, email=ADDRESS, changes="publicado_en = now()"):
        self.sql(f"SELECT setval(pg_get_serial_sequence('empleados', 'id'), {row_id}, false)")
        values = {"nombre": NAME, "email": email, "posicion": POSITION, "salario": 1, "fecha_contratacion": None}
        with closing(Database(database_address(self.environment["DATABASE_URL"]))) as database:
            Repository(database).create(values, "rrhh@example.com")
        self.sql(f"UPDATE eventos SET {changes} WHERE empleado_id = {row_id}")  # noqa: S608 - by psql, past what is tested

    def add_mail(self, recipient, **values):
        row = mail(uuid.uuid4().int % 1_000_000, recipient, event_id=uuid.uuid4(), subject=SUBJECT, **values)
        DynamoLedger(self.dynamodb, TABLE).create(row)

    def everything(self):
        items = self.dynamodb.scan(TableName=TABLE)["Items"]
        rows = self.sql("SELECT empleados::text FROM empleados UNION ALL SELECT eventos::text FROM eventos")
        return f"{rows}\n{json.dumps(items)}"

    def knows_anyone(self):
        everything = self.everything()
        return any(value in everything for value in VALUES)


@pytest.fixture(scope="session")
def forgetting_database(postgres, worker_id):
    """Name and address of a migrated database for this file."""
    name = f"forget_{worker_id}"
    url = postgres.create_database(name)
    migrate(url)
    return name, url


@pytest.fixture
def world(postgres, forgetting_database, emulator):
    """It is empty."""
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


@pytest.fixture
def ana(world):
    """An employee with a notice to human resources, a greeting, and an email that someone wrote."""
    world.add_employee(7)
    world.add_mail("rrhh@example.com")
    world.add_mail(ADDRESS)
    world.add_mail(ADDRESS.upper(), employee=None)


@pytest.fixture
def forget(world, monkeypatch, capfd):
    """Runs it; the result is exit code, output and errors. Without a yes, nothing may have changed."""

    def run(*arguments, yes=True, stdin=None):
        for name, value in world.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", stdin or io.StringIO())
        before = world.everything()
        capfd.readouterr()
        code = main(arguments, {**world.environment, "YES": "1" if yes else "", "USER": "marta"})
        output, errors = capfd.readouterr()
        assert [value for value in VALUES if value in output + errors] == []
        assert yes or world.everything() == before
        return code, output, errors

    return run


@pytest.mark.usefixtures("ana")
class TestPerson:
    @pytest.mark.parametrize("arguments", [("--id", "7"), ("--email", ADDRESS.title())])
    def test_is_forgotten_everywhere(self, world, forget, arguments):
        assert world.knows_anyone()
        code, said, _ = forget(*arguments)
        assert code == 0
        for words in ("Employee 7:", "3 emails emptied", "Employee removed, 2 events emptied"):
            assert words in said
        assert not world.knows_anyone()
        assert world.sql("SELECT actor FROM eventos WHERE tipo = 'eliminado'") == "make forget (marta)"

    def test_is_shown_first_and_stays_without_a_yes(self, forget):
        code, said, why = forget("--id", "7", yes=False)
        assert code == 1
        assert "say YES=1" in why
        for words in ("ledger crud-app-dev-correos", "1 events; to be emptied: 1", "3 in the ledger; to be emptied: 3"):
            assert words in said
        assert "make forget ID=7" in said  # once more, for messages in flight

    def test_what_was_interrupted_between_the_stores_is_finished_by_the_same_command(self, world, forget):
        world.sql("ALTER TABLE eventos ADD CONSTRAINT no_change CHECK (tipo <> 'eliminado') NOT VALID")
        try:
            assert forget("--email", ADDRESS)[0] == 1
        finally:
            world.sql("ALTER TABLE eventos DROP CONSTRAINT no_change")
        assert world.knows_anyone()
        assert forget("--email", ADDRESS)[0] == 0
        assert not world.knows_anyone()

    def test_stays_if_the_address_is_two_peoples_or_the_ledger_is_missing(self, world, forget):
        world.sql("DELETE FROM empleados WHERE id = 7")
        world.add_employee(9)
        before = world.everything()
        code, _, why = forget("--email", ADDRESS)
        assert (code, "choose one, ID=7 or ID=9" in why) == (1, True)
        code, _, why = forget("--id", "7", "--environment", "other")
        assert (code, why) == (1, "make forget: The ledger cannot be used (ResourceNotFoundException).\n")
        assert world.everything() == before

    def test_ctrl_c_says_how_to_go_on(self, forget):
        class Interrupted(io.StringIO):
            def isatty(self):
                raise KeyboardInterrupt

        code, _, why = forget("--id", "7", yes=False, stdin=Interrupted())
        assert (code, "the same command continues" in why) == (EXIT_INTERRUPTED, True)


def test_what_waits_is_said(world, forget):
    world.add_employee(8, changes="publicado_en = NULL")
    world.add_mail("rrhh@example.com", employee=8)
    _, said, _ = forget("--id", "8", yes=False)
    assert "1 are not published yet" in said
    assert "1 are not sent yet" in said


def test_a_person_who_only_received_emails_is_forgotten(world, forget):
    world.add_mail(ADDRESS, employee=None)
    code, said, _ = forget("--email", ADDRESS)
    assert (code, "Not in the directory" in said) == (0, True)
    assert not world.knows_anyone()
    assert "Nothing to forget." in forget("--id", "99")[1]


def test_old_events_lose_the_person(world, forget):
    world.add_employee(7, changes="publicado_en = now(), ocurrido_en = now() - interval '37 months'")
    world.add_employee(8, email="b@example.com", changes="ocurrido_en = now() - interval '35 months'")
    assert forget("--months", "36", yes=False)[0] == 1
    code, said, _ = forget("--months", "36")
    assert (code, "1 events older than 36 months" in said) == (0, True)
    assert world.sql("SELECT empleado_id FROM eventos WHERE payload #>> '{empleado,nombre}' IS NULL") == "7"
    assert world.sql("SELECT count(*) FROM empleados") == "2"


def test_on_the_laptop_the_stores_are_those_that_make_run_wrote_down(world, forget, tmp_path, monkeypatch):
    variables = {**world.environment, "AWS_DEFAULT_REGION": REGION}
    lines = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    (tmp_path / "env").write_text("\n".join(["# Written by `make run`.", *lines]))
    monkeypatch.setitem(world.environment, "LOCAL_STATE", str(tmp_path))
    world.add_employee(7)
    _, said, why = forget("--id", "7", "--laptop")
    assert "ledger crud-app-correos: `make run`" in said
    assert "ResourceNotFoundException" in why  # this world's ledger is a deployment's


def test_a_mistake_is_one_sentence(capsys):
    for arguments, sentence in (
        ((), "Say one of ID=…, EMAIL=… and MONTHS=…"),
        (("--id", "7", "--email", "a@b"), "Say one of ID=…, EMAIL=… and MONTHS=…"),
        (("--id", "7; DROP"), "ID must be a whole number"),
        (("--months", "0"), "MONTHS must be a whole number"),
        (("--email", "Ana"), "EMAIL must be an email address"),
    ):
        with pytest.raises(SystemExit):
            main(arguments, {})
        assert capsys.readouterr().err.startswith(f"make forget: {sentence}")
    assert main(["--id", "7"], {}) == 1
    assert capsys.readouterr().err.startswith("make forget: DATABASE_URL is not set")


def test_only_what_is_typed_after_make_counts():
    """A shell may have an EMAIL of its own: that of the person who types."""
    shell = {**os.environ, "EMAIL": "me@example.com", "ID": "7"}
    command = ["make", "--dry-run", "forget", "MONTHS=9"]
    printed = subprocess.run(command, cwd=ROOT, env=shell, capture_output=True, text=True, check=True).stdout
    assert "--email" not in printed
    assert "--id" not in printed
    assert '--months="$MONTHS"' in printed
