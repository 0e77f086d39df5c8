"""The schema is what the code believes it to be, and can be made and unmade."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.dialects.postgresql import dialect

from chalicelib.directorio.employee import FIELDS, PUBLIC
from crud_app.sql.tables import empleados, eventos, peticiones, sql_type
from local.postgres import migrate

APP = Path(__file__).parents[3] / "crud_app"


def alembic(url: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "alembic", *arguments]
    environment = {**os.environ, "DATABASE_URL": url}
    return subprocess.run(command, cwd=APP, env=environment, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def columns(sql):
    """The columns of a table in the database, in their order, with their types."""
    return lambda table: dict(
        line.split("|")
        for line in sql(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "  # noqa: S608 - the names are ours
            f"WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        ).split("\n")
    )


def test_the_fields_are_the_columns(columns):
    fields = {each.name: sql_type(each.kind).compile(dialect()) for each in FIELDS}
    wanted = fields | {"search": "tsvector", "json_rrhh": "text", "json_everybody": "text"}
    names = {"NUMERIC(9, 2)": "numeric(9,2)", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone"}
    assert columns("empleados") == {name: names.get(kind, kind.lower()) for name, kind in wanted.items()}
    assert list(columns("empleados")) == [each.name for each in empleados.columns]


def test_the_events_are_the_columns(columns):
    assert set(columns("eventos")) == {each.name for each in eventos.columns}


def test_the_requests_are_the_columns(columns):
    assert list(columns("peticiones")) == [each.name for each in peticiones.columns]


def test_no_extension_is_needed(sql):
    assert sql("SELECT string_agg(extname, ',') FROM pg_extension") == "plpgsql"


def test_they_can_be_undone_and_done_again(postgres, worker_id):
    url = postgres.create_database(f"migrations_{worker_id}")
    migrate(url)
    assert "0003 (head)" in alembic(url, "current")
    alembic(url, "downgrade", "base")
    name = f"migrations_{worker_id}"
    assert postgres.execute("SELECT to_regclass('empleados') IS NULL", database=name) == "t"
    migrate(url)
    assert postgres.execute("SELECT count(*) FROM empleados", database=name) == "0"


def test_who_was_there_before_their_json_was_kept_is_sent_alike(postgres, worker_id):
    name = f"before_json_{worker_id}"
    url = postgres.create_database(name)
    alembic(url, "upgrade", "0002")
    insert = "INSERT INTO empleados (nombre, email, posicion, salario) VALUES ('Ana \"A\"', '{}', 'Analista', 1)"
    postgres.execute(insert.format("before@example.com"), database=name)
    migrate(url)
    postgres.execute(insert.format("behind@example.com"), database=name)

    rows = "SELECT json_agg(json_build_array(json_rrhh::json, json_everybody::json) ORDER BY id) FROM empleados"
    before, behind = json.loads(postgres.execute(rows, database=name))
    assert [list(row) for row in before] == [[each.name for each in fields] for fields in (FIELDS, PUBLIC)]
    own = ("id", "email", "creado_en", "actualizado_en")
    assert [row | dict.fromkeys(own) for row in before] == [row | dict.fromkeys(own) for row in behind]
    assert before[0]["nombre"] == 'Ana "A"'


def test_they_can_be_read_before_they_are_run(database_url):
    assert "CREATE TABLE empleados" in alembic(database_url, "upgrade", "head", "--sql")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Pérez ÁNGEL", "{perez,angel}"), ("ana@example.com", "{ana,example,com}"), ("  -- ", "{}"),
        ("Łódź 3.14 x_y", "{łodz,3,14,x,y}"), ("Jos\u00e9 Jose\u0301", "{jose,jose}"),
    ],
)  # fmt: skip
def test_words_are_folded(sql, text, words):
    assert sql(f"SELECT folded_words('{text}')") == words


def test_a_query_needs_all_words_as_prefixes(sql):
    assert sql("SELECT search_query('Pér ana')") == "'per':* & 'ana':*"
    assert sql("SELECT search_query('''!& |') IS NULL") == "t"
