"""What a thousand times as many employees change: nothing that a person waits for.

Two databases with the same schema, one with a thousand employees and as many events, one with a million of both. A
process of crud_app for each stays warm; in each round each answers requests of each kind. `/resumen` counts everyone
and is not here: it grows with the directory. Batches are in warm.py.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target
from benchmarks.bench.process import Operation, race
from benchmarks.bench.workshop import event
from local.postgres import migrate

if TYPE_CHECKING:
    from benchmarks.bench.workshop import Workshop

SMALL, LARGE, QUICK_LARGE = 1_000, 1_000_000, 3_000
ROUNDS, CALLS = 32, 25
MOST_RATIO = 1.3
MOST_MILLISECONDS = 50  # of a search, whatever it asks

# A word that twenty rows have in either size, and one that all have. Of the worst a ninth of all rows match, the last
# ones in its order, and nearly all have its prefixes.
PATHS = {
    "first page": "/empleados",
    "by name": "/empleados?orden=-nombre",
    "of a position": "/empleados?posicion=Puesto+7",
    "search, rare": "/empleados?q=rareza",
    "search, common": "/empleados?q=nombre",
    "search, worst": "/empleados?q=nombre1+pers+exa+com+apellido+pu&orden=-nombre",
    "get": "/empleados/500",
    "history": "/eventos",
    "history of one": "/empleados/500/eventos",
}

# Indexes are made behind the rows: one after the other they would be filled a hundred times as slowly.
FILL = """
CREATE TEMP TABLE kept AS
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename = '{table}' AND indexname NOT IN (SELECT conname FROM pg_constraint);
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT indexname FROM kept LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
END $$;
{insert};
DO $$ DECLARE made text; BEGIN FOR made IN SELECT indexdef FROM kept LOOP EXECUTE made; END LOOP; END $$
"""

INSERTS = {
    "empleados": """
INSERT INTO empleados (nombre, email, posicion, salario, fecha_contratacion)
SELECT 'Nombre' || n || ' Apellido' || n % 1000, 'persona' || n || '@example.com',
       CASE WHEN n % ({rows} / 20) = 0 THEN 'Rareza' ELSE 'Puesto ' || n % 20 END, n % 9000,
       date '2000-01-01' + n % 9000
FROM generate_series(1, {rows}) AS n
""",
    "eventos": """
INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload, publicado_en)
SELECT gen_random_uuid(), n, 1, 'creado', now() - interval '1 day', 'x',
       json_build_object('id', n, 'tipo', 'creado', 'empleado', json_build_object('id', n, 'nombre', 'Nombre' || n)),
       now()
FROM generate_series(1, {rows}) AS n
""",
}


def measure(workshop: Workshop, *, is_quick: bool) -> Table:
    sizes = {f"{rows:,} rows": rows for rows in (SMALL, QUICK_LARGE if is_quick else LARGE)}
    small, large = sizes
    targets = [
        Target(f"{name}, milliseconds", (large, f"{name} p50"), most=MOST_MILLISECONDS)
        if name.startswith("search")
        else Target(f"{name}, large to small", (large, f"{name} p50"), (small, f"{name} p50"), MOST_RATIO)
        for name in PATHS
    ]
    table = Table("A thousand and a million employees", "ms", targets)
    asked = [Operation(name, [event("GET", path)], CALLS) for name, path in PATHS.items()]
    contestants = []
    for name, rows in sizes.items():
        subject = workshop.ours("crud_app", {"DATABASE_URL": _fill(workshop, f"bench_{rows}", rows)})
        contestants.append((replace(subject, name=name), asked))
    workshop.postgres.execute("CHECKPOINT")  # or it would write them all while others are timed
    race(table, contestants, ROUNDS, is_quick=is_quick)
    for rows in sizes.values():
        workshop.postgres.execute(f"DROP DATABASE bench_{rows} WITH (FORCE)")
    return table


def _fill(workshop: Workshop, database: str, rows: int) -> str:
    url = workshop.postgres.create_database(database)
    migrate(url)

    def fill(table: str) -> None:
        insert = INSERTS[table].format(rows=rows)
        workshop.postgres.execute(FILL.format(table=table, insert=insert), database=database)
        workshop.postgres.execute(f"VACUUM ANALYZE {table}", database=database)

    with ThreadPoolExecutor() as tables:  # one has a processor of its own
        list(tables.map(fill, INSERTS))
    return url
