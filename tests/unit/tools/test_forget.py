"""`make forget`: shows, asks, forgets, and never says who the person is.

What is erased in each store is tested with its app, and that of `make run` in tests/stack/test_forgetting.py.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
from contextlib import closing
from itertools import count

import boto3
import pytest

from chalicelib.correos.ledger import DynamoLedger
from chalicelib.directorio.database import Database
from chalicelib.directorio.repository import Repository
from local.emulator import REGION
from local.resources import LEDGER_DEFINITION
from tests.support.stack import ROOT
from tests.unit.email_app.fakes import mail
from tools.command_line import NotReady
from tools.forget import main
from tools.preflight import database_address

TABLE = "crud-app-dev-correos"
NAME, ADDRESS, POSITION, SUBJECT = "Ana Zzyzx", "ana.zzyzx@example.com", "Qwertzuiop", "Alta: Ana Zzyzx"
VALUES = (NAME, "Zzyzx", ADDRESS, POSITION)


@pytest.fixture(scope="module")
def database(migrated_database, worker_id):
    """Name and address of a migrated database for this file."""
    return f"forget_{worker_id}", migrated_database(f"forget_{worker_id}")


class World:
    """An empty database and ledger, which their own apps fill, and the shell that knows them."""

    def __init__(self, postgres, database, emulator):
        self._postgres, self._numbers = postgres, count()
        self._database, url = database
        self.dynamodb = boto3.client("dynamodb", endpoint_url=emulator.endpoint, region_name=REGION)
        self.environment = {**emulator.environment, "DATABASE_URL": url, "AWS_REGION": REGION, "USER": "marta"}
        self.sql("DELETE FROM empleados; DELETE FROM eventos")

    def sql(self, statement):
        return self._postgres.execute(statement, database=self._database)

    def add_employee(self, row_id, *, email=ADDRESS, changes="publicado_en = now()"):
        self.sql(f"SELECT setval(pg_get_serial_sequence('empleados', 'id'), {row_id}, false)")
        values = {"nombre": NAME, "email": email, "posicion": POSITION, "salario": 1, "fecha_contratacion": None}
        with closing(Database(database_address(self.environment["DATABASE_URL"]))) as database:
            Repository(database).create(values, "rrhh@example.com")
        self.sql(f"UPDATE eventos SET {changes} WHERE empleado_id = {row_id}")  # noqa: S608 - by psql, past what is tested

    def add_mail(self, recipient, **values):
        row = mail(next(self._numbers), recipient, subject=SUBJECT, **values)
        DynamoLedger(self.dynamodb, TABLE).create(row)

    def everything(self):
        items = self.dynamodb.scan(TableName=TABLE)["Items"]
        rows = self.sql("SELECT empleados::text FROM empleados UNION ALL SELECT eventos::text FROM eventos")
        return f"{rows}\n{json.dumps(items)}"

    def knows_anyone(self):
        everything = self.everything()
        return any(value in everything for value in VALUES)


@pytest.fixture
def world(postgres, database, emulator):
    world = World(postgres, database, emulator)
    definition = {name: value for name, value in LEDGER_DEFINITION.items() if name != "TimeToLive"}
    world.dynamodb.create_table(TableName=TABLE, **definition)
    yield world
    world.dynamodb.delete_table(TableName=TABLE)


@pytest.fixture
def ana(world):
    """An employee with a notice to human resources, a greeting, and an email that someone wrote."""
    world.add_employee(7)
    world.add_mail("rrhh@example.com")
    world.add_mail(ADDRESS)
    world.add_mail(ADDRESS.upper(), employee=None)


@pytest.fixture
def forget(world, monkeypatch, capfd):
    """Runs it; the result is what it says, and why it stopped. Unless it was done, nothing may have changed."""

    def run(*arguments, yes=True, changes=True):
        for name, value in world.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", io.StringIO())
        before, why = world.everything(), ""
        capfd.readouterr()
        try:
            main(arguments, {**world.environment, "YES": "1" if yes else ""})
        except NotReady as refused:
            why = str(refused)
        said, errors = capfd.readouterr()
        assert [value for value in VALUES if value in said + errors + why] == []
        assert (yes and changes) or world.everything() == before
        return said, why

    return run


@pytest.mark.usefixtures("ana")
@pytest.mark.parametrize("arguments", [("--id", "7"), ("--email", ADDRESS.title())])
def test_a_person_is_shown_first_and_forgotten_after_a_yes(world, forget, arguments):
    said, why = forget(*arguments, yes=False)
    assert "say YES=1" in why
    for words in (f"ledger {TABLE}", "1 events; to be emptied: 1", "3 in the ledger; to be emptied: 3"):
        assert words in said
    assert "make forget ID=7" in said  # once more, for messages in flight
    assert world.knows_anyone()

    said, why = forget(*arguments)

    assert why == ""
    for words in ("Employee 7:", "3 emails emptied", "Employee removed, 2 events emptied"):
        assert words in said
    assert not world.knows_anyone()
    assert world.sql("SELECT actor FROM eventos WHERE tipo = 'eliminado'") == "make forget (marta)"


@pytest.mark.usefixtures("ana")
def test_what_was_interrupted_between_the_stores_is_finished_by_the_same_command(world, forget):
    world.sql("ALTER TABLE eventos ADD CONSTRAINT no_change CHECK (tipo <> 'eliminado') NOT VALID")
    try:
        assert forget("--email", ADDRESS)[1] == "The database did not do it (SQLSTATE 23514): try again."
    finally:
        world.sql("ALTER TABLE eventos DROP CONSTRAINT no_change")
    assert world.knows_anyone()
    assert forget("--email", ADDRESS)[1] == ""
    assert not world.knows_anyone()


def test_what_waits_is_said_and_a_person_stays_if_the_address_is_two_peoples_or_the_ledger_is_missing(world, forget):
    world.add_employee(7, changes="publicado_en = NULL")
    world.add_mail("rrhh@example.com", employee=7)
    said, _ = forget("--id", "7", yes=False)
    assert ("1 are not published yet" in said, "1 are not sent yet" in said) == (True, True)
    world.sql("DELETE FROM empleados WHERE id = 7")
    world.add_employee(9)
    assert "choose one, ID=7 or ID=9" in forget("--email", ADDRESS, changes=False)[1]
    refusal = forget("--id", "7", "--environment", "other", changes=False)[1]
    assert refusal == "The ledger cannot be used (ResourceNotFoundException)."


def test_a_person_who_only_received_emails_is_forgotten(world, forget):
    world.add_mail(ADDRESS, employee=None)
    assert "Not in the directory" in forget("--email", ADDRESS)[0]
    assert not world.knows_anyone()
    assert "Nothing to forget." in forget("--id", "99")[0]


def test_old_events_lose_the_person(world, forget):
    world.add_employee(7, changes="publicado_en = now(), ocurrido_en = now() - interval '37 months'")
    world.add_employee(8, email="b@example.com", changes="ocurrido_en = now() - interval '35 months'")
    assert "say YES=1" in forget("--months", "36", yes=False)[1]
    assert "1 events older than 36 months" in forget("--months", "36")[0]
    assert world.sql("SELECT empleado_id FROM eventos WHERE payload #>> '{empleado,nombre}' IS NULL") == "7"
    assert world.sql("SELECT count(*) FROM empleados") == "2"


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
    with pytest.raises(NotReady, match=r"^DATABASE_URL is not set"):
        main(["--id", "7"], {})


def test_only_what_is_typed_after_make_counts():
    """A shell may have an EMAIL of its own: that of the person who types."""
    shell = {**os.environ, "EMAIL": "me@example.com", "ID": "7"}
    command = ["make", "--dry-run", "forget", "MONTHS=9"]
    printed = subprocess.run(command, cwd=ROOT, env=shell, capture_output=True, text=True, check=True).stdout
    assert "--email" not in printed
    assert "--id" not in printed
    assert '--months="$MONTHS"' in printed
