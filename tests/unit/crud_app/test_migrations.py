"""The schema is what the code believes it to be, and can be made and unmade."""

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy.dialects.postgresql import dialect

from crud_app.sql.tables import bajas, empleados, eventos, lotes_pasos, peticiones
from local.postgres import migrate

ROOT = Path(__file__).parents[3]


def run(url, module, *arguments, folder="crud_app"):
    command = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, "DATABASE_URL": url}
    done = subprocess.run(command, cwd=ROOT / folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout


def test_each_table_has_the_columns_that_the_code_expects(sql):
    names = {"NUMERIC(9, 2)": "numeric(9,2)", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone"}
    for table in (empleados, bajas, eventos, lotes_pasos, peticiones):
        types = {each.name: each.type.compile(dialect()) for each in table.columns}
        columns = sql(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "  # noqa: S608 - the names are ours
            f"WHERE attrelid = '{table.name}'::regclass AND attnum > 0 AND NOT attisdropped"
        ).split("\n")
        assert dict(each.split("|") for each in columns) == {
            name: names.get(kind, kind.lower()) for name, kind in types.items()
        }
    assert sql("SELECT string_agg(extname, ',') FROM pg_extension") == "plpgsql", "no extension is needed"


def test_what_contributing_prescribes_for_a_new_field_suffices_and_rewrites_nothing(postgres, worker_id):
    name = f"new_field_{worker_id}"
    url = postgres.create_database(name)
    migrate(url)
    state = "SELECT pg_relation_filenode('empleados'), pg_stat_get_numscans('empleados'::regclass)"
    before = postgres.execute(state, database=name)
    for table in ("empleados", "bajas"):
        postgres.execute(f"SET lock_timeout = '1s'; ALTER TABLE {table} ADD COLUMN apodo text", database=name)
    assert postgres.execute(state, database=name) == before
    run(url, "tests.unit.crud_app.one_more_field", folder=".")


def test_they_can_be_undone_and_done_again(postgres, worker_id):
    name = f"migrations_{worker_id}"
    url = postgres.create_database(name)
    migrate(url)
    assert "(head)" in run(url, "alembic", "current")
    run(url, "alembic", "downgrade", "base")
    assert postgres.execute("SELECT to_regclass('empleados') IS NULL", database=name) == "t"
    migrate(url)
    assert postgres.execute("SELECT count(*) FROM empleados", database=name) == "0"


def test_they_can_be_read_before_they_are_run(database_url):
    assert "CREATE TABLE empleados" in run(database_url, "alembic", "upgrade", "head", "--sql")


def test_words_are_folded_and_a_query_needs_all_of_them_as_prefixes(sql):
    for text, words in {
        "Pérez ÁNGEL": "{perez,angel}", "ana@example.com": "{ana,example,com}", "  -- ": "{}",
        "Łódź 3.14 x_y": "{łodz,3,14,x,y}", "Jos\u00e9 Jose\u0301": "{jose,jose}",
    }.items():  # fmt: skip
        assert sql(f"SELECT folded_words('{text}')") == words
    assert sql("SELECT search_query('Pér ana')") == "'per':* & 'ana':*"
    assert sql("SELECT search_query('''!& |') IS NULL") == "t"
