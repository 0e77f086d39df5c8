"""The schema is what the code believes it to be, and can be made and unmade."""

import os
import subprocess
import sys
from pathlib import Path

from local.postgres import migrate

ROOT = Path(__file__).parents[3]


def run(url, module, *arguments, folder="crud_app", errors=False):
    command = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, "DATABASE_URL": url}
    done = subprocess.run(command, cwd=ROOT / folder, env=environment, check=True, capture_output=True, text=True)
    return done.stderr if errors else done.stdout


def test_what_contributing_prescribes_for_a_new_field_suffices_and_rewrites_nothing(postgres, worker_id):
    name = f"new_field_{worker_id}"
    url = postgres.create_database(name)
    migrate(url)
    file = "SELECT pg_relation_filenode('empleados');"
    change = "ALTER TABLE empleados ADD COLUMN apodo text; ALTER TABLE bajas ADD COLUMN apodo text;"
    # In one session: what another has read is counted some time after its end.
    scans = "SELECT pg_stat_get_xact_numscans('empleados'::regclass)"
    before, after, read = postgres.execute(f"{file} {change} {file} {scans}", database=name).split()
    assert (after, read) == (before, "0")
    run(url, "tests.unit.crud_app.one_more_field", folder=".")


def test_a_database_at_any_revision_with_rows_becomes_what_a_new_one_is(postgres, worker_id, sql):
    name = f"migrations_{worker_id}"
    url = postgres.create_database(name)
    revisions = len(list(ROOT.glob("crud_app/migrations/versions/*.py")))
    for number in range(1, revisions + 1):
        migrate(url, f"{number:04}")
        postgres.execute(
            "INSERT INTO empleados (nombre, email, posicion, salario) "  # noqa: S608 - ours
            f"VALUES ('Łukasz', '{number}@example.com', 'Técnico', 1)",
            database=name,
        )
    assert "(head)" in run(url, "alembic", "current")
    found = "SELECT count(*) FROM empleados WHERE search @@ search_query('lukasz tecnico')"
    assert postgres.execute(found, database=name) == str(revisions)
    for what in (
        "table_name || column_name || data_type FROM information_schema.columns WHERE table_schema = 'public'",
        "indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        "pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    ):
        every = f"SELECT string_agg(x::text, '' ORDER BY x::text) FROM (SELECT {what}) AS t(x)"  # noqa: S608 - ours
        assert postgres.execute(every, database=name) == sql(every)
    run(url, "alembic", "downgrade", "-1")
    migrate(url)


def test_words_are_folded_in_every_script(sql):
    for text, words in {
        "Pérez ÁNGEL": "{perez,angel}", "ana@example.com": "{ana,example,com}", "  -- ": "{}",
        "Łódź 3.14 x_y": "{lodz,3,14,x,y}", "Jos\u00e9 Jose\u0301": "{jose,jose}", "Søren Đorđe": "{soren,dorde}",
        "Straße ẞ Æther Œuvre Þór": "{strasse,ss,aether,oeuvre,thor}", "İrem I\u015f\u0131k ISIK": "{irem,isik,isik}",
        "\uff21\uff4e\uff41 \ufb01n": "{ana,fin}", "Σοφίας": "{σοφιασ}", "שָׁלוֹם": "{שלום}", "مُحَمَّد": "{محمد}",
        "नेपाल": "{नेपाल}", "Ёлка": "{елка}", "ｶﾞ が": "{カ\u3099,か\u3099}",
    }.items():  # fmt: skip
        assert sql(f"SELECT folded_words('{text}')") == words
    assert sql("SELECT fold_text(NULL) IS NULL") == "t"


def test_a_query_has_at_most_six_words_and_none_that_begins_another(sql):
    for text, query in {
        "Pér ana": "'ana':* & 'per':*", "mar maria MARÍA": "'maria':*", "m maria": "'maria':* & 'm'", "é": "'e'",
        "李": "'李':*", "a bb ccc dddd eeeee ffffff ggggggg":
            "'ggggggg':* & 'ffffff':* & 'eeeee':* & 'dddd':* & 'ccc':* & 'bb':*", "''!& |": "",
    }.items():  # fmt: skip
        assert sql(f"SELECT search_query('{text}')") == query


def test_texts_that_are_there_are_cleaned_and_found_and_no_other_row_is_written(postgres, worker_id):
    name = f"texts_{worker_id}"
    url = postgres.create_database(name)
    migrate(url, "0007")
    people = ["Łukasz", "Jose\u0301", "Ana\u00a0  Ruiz", "Ana…", "Peña", "Ana\u202e", "\u200b", "Zoe"]
    rows = (f"('{person}', 'p{at}@example.com', 'Téc\u00adnico', 1)" for at, person in enumerate(people))
    insert = f"INSERT INTO empleados (nombre, email, posicion, salario) VALUES {', '.join(rows)}"  # noqa: S608 - ours
    places = "SELECT id, ctid FROM empleados WHERE nombre IN ('Peña', 'Zoe') ORDER BY id"
    postgres.execute(insert, database=name)
    postgres.execute("UPDATE empleados SET posicion = 'Jefa' WHERE nombre IN ('Peña', 'Zoe')", database=name)
    before = postgres.execute(places, database=name)

    done = run(url, "alembic", "upgrade", "head", errors=True)

    assert "To be corrected by hand, employees 6, 7\n" in done
    assert postgres.execute(places, database=name) == before
    index = "SET enable_seqscan = off; SET enable_sort = off; SELECT string_agg(nombre, '|') FROM (SELECT nombre "
    index += "FROM empleados WHERE (fold_text(nombre), id) > ('', 0) ORDER BY fold_text(nombre), id) AS x"
    assert postgres.execute(index, database=name) == "Ana Ruiz|Ana…|Ana\u202e|José|Łukasz|Peña|Zoe|\u200b"
    found = "SELECT count(*) FROM empleados WHERE search @@ search_query('lukasz tecnico') AND posicion = 'Técnico'"
    assert postgres.execute(found, database=name) == "1"
