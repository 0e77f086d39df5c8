"""`make migrate`, on a real database."""

import io
import re
from contextlib import closing
from urllib.parse import quote

import pytest

from chalicelib.directorio.database import Database, Statement
from chalicelib.directorio.erasure import Erasure
from chalicelib.directorio.errors import StatementRefused
from chalicelib.directorio.repository import Repository
from tools.command_line import NotReady
from tools.migration import main, migrate, read_revision, show_migrations
from tools.preflight import database_address

DATABASE = "unmigrated"
ANA = {"nombre": "Ana", "email": "ana@example.com", "posicion": "Analista", "salario": 1, "fecha_contratacion": None}
# What a migration may not do to what is there: the code that still runs, or comes back, needs it.
CONTRACTING = re.compile(
    r"\b(?:DROP\s+(?:TABLE|COLUMN|FUNCTION|VIEW)\s+(?:IF\s+EXISTS\s+)?(?!pg_temp|EXISTS|IF)\w+|RENAME|SET\s+NOT\s+NULL"
    r"|ALTER\s+COLUMN\s+\w+\s+TYPE)\b"
)
# What may go all the same: no revision of the code that could come back uses it.
UNUSED = {
    *("DROP COLUMN IF EXISTS json_rrhh", "DROP COLUMN IF EXISTS json_everybody"),
    "DROP FUNCTION IF EXISTS empleado_rrhh",
}


@pytest.fixture
def empty_database(postgres, worker_id):
    """The address of a database without any table."""
    name = f"{DATABASE}_{worker_id}"
    yield postgres.create_database(name)
    postgres.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # a session that is closed may take its time to end


def test_an_empty_database_gets_everything_after_it_was_shown_and_confirmed(empty_database, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(NotReady, match=r"^DATABASE_URL is not set"):
        main([], {})
    with pytest.raises(NotReady, match="YES=1"):
        migrate(empty_database, {})
    assert read_revision(empty_database) is None
    capsys.readouterr()

    main([], {"DATABASE_URL": empty_database, "YES": "1"})

    printed = capsys.readouterr().out
    for shown in (f"/{DATABASE}", "revision none", "CREATE TABLE empleados", "0001  The directory: employees"):
        assert shown in printed
    assert "Migrated to " in printed
    migrate(empty_database, {})
    assert capsys.readouterr().out.endswith("Nothing to migrate.\n")


def test_a_newer_database_stays_as_it_is(empty_database, postgres, worker_id, capsys):
    """So that a rollback, and a deployment from an older checkout, work."""
    statement = "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('9001')"
    postgres.execute(statement, database=f"{DATABASE}_{worker_id}")

    migrate(empty_database, {})

    assert "revision 9001\nA newer version of the code has migrated it." in capsys.readouterr().out


def test_a_migration_that_fails_changes_nothing(empty_database, postgres, worker_id):
    database = f"{DATABASE}_{worker_id}"
    postgres.execute("CREATE TABLE eventos (id int)", database=database)  # in the way of the first migration

    with pytest.raises(NotReady, match=r"^The database was not migrated: .*eventos"):
        migrate(empty_database, {"YES": "1"})

    tables = (
        "SELECT string_agg(relname, ',') FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    assert postgres.execute(tables, database=database) == "eventos"


def test_migrations_only_add_and_are_shown_without_user_and_password(empty_database, capsys):
    """The code that runs meanwhile, and that which a rollback brings back, work with the schema of the newer one."""
    show_migrations(empty_database.replace("postgres@", "postgres:top-secret@"))

    shown = capsys.readouterr().out
    assert set(CONTRACTING.findall(shown)) == UNUSED
    assert "top-secret" not in shown


@pytest.fixture
def app_and_owner(empty_database, postgres, worker_id):
    """The addresses of a migrated database for the app's user and for the owner of its tables."""
    app, owner = f"app {worker_id}", f"owner_{worker_id}"
    for role in (app, owner):
        postgres.execute(f'CREATE ROLE "{role}" LOGIN')
    postgres.execute(f'ALTER DATABASE "{DATABASE}_{worker_id}" OWNER TO {owner}')
    urls = [empty_database.replace("postgres@", f"{quote(role)}@") for role in (app, owner)]
    migrate(urls[0], {"YES": "1", "MIGRATION_DATABASE_URL": urls[1]})
    yield urls
    for role in (app, owner):
        postgres.execute(f'DROP OWNED BY "{role}" CASCADE', database=f"{DATABASE}_{worker_id}")
        postgres.execute(f'ALTER DATABASE "{DATABASE}_{worker_id}" OWNER TO postgres; DROP ROLE "{role}"')


def test_the_apps_user_does_its_work_and_changes_neither_the_schema_nor_the_history(app_and_owner):
    app, owner = app_and_owner
    with closing(Database(database_address(app))) as database:
        repository = Repository(database)
        created = repository.create(ANA, "rrhh")
        repository.delete(repository.create(ANA | {"email": "b@example.com"}, "rrhh").id, "rrhh", None)
        database.write(Statement("UPDATE eventos SET publicado_en = now(), message_id = 'x'"))
        for refused in (
            "CREATE TABLE own (n int)",
            "ALTER TABLE empleados ADD COLUMN apodo text",
            "DROP TABLE eventos",
            "DROP TRIGGER history_only_loses ON eventos",
            "DELETE FROM eventos",
            "TRUNCATE eventos",
            "UPDATE eventos SET actor = 'other'",
            "UPDATE eventos SET payload = json_build_object('empleado', json_build_object('nombre', 'Other'))",
            "UPDATE eventos SET valores = '{}'",
            "UPDATE alembic_version SET version_num = '0001'",
        ):
            with pytest.raises(StatementRefused, match="42501"):
                database.write(Statement(refused))
        assert Erasure(database).forget(created.id, "make forget") == 2

    with closing(Database(database_address(owner))) as database:
        database.write(Statement("UPDATE eventos SET payload = '{}'"))  # as a migration may
