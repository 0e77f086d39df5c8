"""The schema is what the code believes it to be, and can be made and unmade."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.dialects.postgresql import dialect

from crud_app.sql.tables import empleados, eventos, peticiones
from local.postgres import migrate

APP = Path(__file__).parents[3] / "crud_app"


def alembic(url: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "alembic", *arguments]
    environment = {**os.environ, "DATABASE_URL": url}
    return subprocess.run(command, cwd=APP, env=environment, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def columns(sql):
    """The columns of a table in the database, with their types."""
    return lambda table: dict(
        line.split("|")
        for line in sql(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "  # noqa: S608 - the names are ours
            f"WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped"
        ).split("\n")
    )


def test_each_table_has_the_columns_that_the_code_expects(columns):
    names = {"NUMERIC(9, 2)": "numeric(9,2)", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone"}
    for table in (empleados, eventos, peticiones):
        types = {each.name: each.type.compile(dialect()) for each in table.columns}
        assert columns(table.name) == {name: names.get(kind, kind.lower()) for name, kind in types.items()}


def test_a_new_field_neither_rewrites_the_table_nor_scans_it(sql):
    """What CONTRIBUTING.md prescribes for a new field, on a table that is being read."""
    state = "SELECT pg_relation_filenode('empleados'), pg_stat_get_numscans('empleados'::regclass)"
    before = sql(state)
    try:
        sql("SET lock_timeout = '1s'; ALTER TABLE empleados ADD COLUMN nuevo text")
        assert sql(state) == before
    finally:
        sql("ALTER TABLE empleados DROP COLUMN IF EXISTS nuevo")


def test_no_extension_is_needed(sql):
    assert sql("SELECT string_agg(extname, ',') FROM pg_extension") == "plpgsql"


def test_they_can_be_undone_and_done_again(postgres, worker_id):
    name = f"migrations_{worker_id}"
    url = postgres.create_database(name)
    migrate(url)
    assert "(head)" in alembic(url, "current")
    alembic(url, "downgrade", "base")
    assert postgres.execute("SELECT to_regclass('empleados') IS NULL", database=name) == "t"
    migrate(url)
    assert postgres.execute("SELECT count(*) FROM empleados", database=name) == "0"


def test_rows_survive_and_are_still_read_as_the_version_before_reads_them(postgres, worker_id):
    """It asks for `empleados.json_rrhh`: a column first, then a function of the row."""
    name = f"json_{worker_id}"
    url = postgres.create_database(name)
    alembic(url, "upgrade", "0003")
    insert = "INSERT INTO empleados (nombre, email, posicion, salario) VALUES ('Ana \"A\"', '{}', 'Analista', 1)"
    read = "SELECT empleados.json_rrhh, empleados.json_everybody FROM empleados WHERE id = 1"
    postgres.execute(insert.format("a@example.com"), database=name)
    before = postgres.execute(read, database=name)
    file = postgres.execute("SELECT pg_relation_filenode('empleados')", database=name)

    migrate(url)

    assert postgres.execute(read, database=name) == before
    assert postgres.execute("SELECT pg_relation_filenode('empleados')", database=name) == file
    postgres.execute(insert.format("b@example.com"), database=name)


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
