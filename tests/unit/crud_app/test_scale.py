"""The plans of what people do often: an index finds the rows, whatever their number."""

import json
from contextlib import closing
from urllib.parse import parse_qsl

import pytest

from chalicelib.directorio.batch import read_batch
from chalicelib.directorio.database import Database, Statement
from chalicelib.directorio.employee import Audience
from chalicelib.directorio.query import orders_of, read_filters, read_history, read_listing
from chalicelib.directorio.reads import MAX_ENTRIES, MAX_FEW, MAX_LOOK, SMALL
from chalicelib.directorio.repository import Repository, find_statement
from chalicelib.directorio.settings import parse_database_url
from local.postgres import migrate

ROWS = 24_000
NO_PERSON = {"person_id": None, "person_email": None}

FILL = """
INSERT INTO empleados (nombre, email, posicion, salario, fecha_contratacion)
SELECT 'Nombre' || n || ' Apellido' || n % 1000, 'persona' || n || '@example.com', 'Puesto ' || n % 200, n % 9000,
       date '2000-01-01' + n % 9000
FROM generate_series(1, {rows}) AS n;
INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload, publicado_en)
SELECT gen_random_uuid(), n, 1, 'creado', now() - make_interval(secs => 1e6 - n * 10), 'x',
       '{{"cambios": ["nombre"]}}', now()
FROM generate_series(1, {rows}) AS n;
ANALYZE empleados, eventos;
"""


def fill(postgres, name, rows):
    """A directory of its own with many people."""
    url = postgres.create_database(name)
    migrate(url)
    postgres.execute(f"TRUNCATE empleados, eventos RESTART IDENTITY; {FILL.format(rows=rows)}", database=name)
    return Database(parse_database_url(url))


@pytest.fixture(scope="module")
def large(postgres, worker_id):
    with closing(fill(postgres, f"large_{worker_id}", ROWS)) as database:
        yield database


@pytest.fixture(scope="module")
def small(postgres, worker_id):
    """The largest directory that a search looks through."""
    with closing(fill(postgres, f"small_{worker_id}", SMALL)) as database:
        yield database


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def explain(database, statement, parameters):
    """The nodes of the plan that the statement gets when it is sent, parameters known."""
    return explained_by(database.read, statement, parameters)


def explained_by(run, statement, parameters):
    """The same, in a transaction as well; only the nodes that were executed."""
    explained = statement._replace(sql=f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.sql}", is_planned_anew=True)
    ((plan,),) = run(explained, parameters)
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return [node for node in nodes(plan[0]["Plan"]) if node["Actual Loops"]]


class Spy:
    """Stands in for a database: records the statements, and returns no rows."""

    def __init__(self, answer=(None,)):
        self.answer = answer

    def read(self, statement, parameters, **_):
        self.asked = statement, parameters
        return [self.answer * (4 if "person_id" in parameters else 1)]


def listing(query):
    """What the repository asks for this query."""
    spy = Spy()
    Repository(spy).list(read_listing(query, Audience.RRHH))
    return spy.asked


def asked_of_history(query, audience=Audience.RRHH):
    """What the repository asks for this query."""
    spy = Spy((None, None, None))
    Repository(spy).history(read_history(query, has_filters=True), audience)
    return spy.asked


def indexes_of(plan):
    return {node["Index Name"] for node in plan if not node.get("Index Name", "pg_").startswith("pg_")}


def rows_of(plan):
    """The most rows that a part of the plan read; entries of an index are less."""
    read = (node for node in plan if node["Node Type"] != "Bitmap Index Scan")
    return max(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in read)


def check(plan, index, most_rows=ROWS):
    assert not [node for node in plan if node["Node Type"] == "Seq Scan"]
    assert index in indexes_of(plan)
    assert rows_of(plan) <= most_rows


def follow(repository, query, audience=Audience.RRHH, most=5):
    """The ids on each page, from this query on."""
    pages = []
    while query and len(pages) < most:
        page = repository.list(read_listing(query, audience))
        pages.append([row["id"] for row in json.loads(page.body)])
        query = parse_qsl(page.next_query or "")
    return pages


@pytest.mark.parametrize("order", orders_of(Audience.RRHH))
def test_a_page_is_found_by_the_index_of_its_order(large, order):
    name = order.removeprefix("-")
    key = {"id": 15000, "version": 1, "salario": "4000.00", "fecha_contratacion": "2010-01-01"}.get(name, "p")
    index = {"id": "empleados_pkey", "email": "empleados_email_key"}.get(name, f"empleados_{name}_idx")
    first = read_listing([("orden", order)], Audience.RRHH)
    row = {name: "2020-01-01T00:00:00.000000Z" if name.endswith("_en") else key, "id": 15000}
    cursor = first.next_query(row).partition("cursor=")[2]
    for query in ([("orden", order)], [("orden", order), ("cursor", cursor)]):
        check(explain(large, *listing(query)), index, 200)


@pytest.mark.parametrize("audience", Audience)
def test_the_usual_first_page_is_planned_once(large, audience):
    for _ in range(8):
        Repository(large).list(read_listing([], audience))
    counts = Statement("SELECT custom_plans FROM pg_prepared_statements WHERE statement = $1", ("sql",))
    assert large.read(counts, {"sql": find_statement("first_empleados", audience).sql}) == [[0]]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        *(
            ([("q", q), ("orden", order)], "empleados_search_idx")
            for q in ("zzz", "apellido77", "nombre19999 zzz", "persona1234 apellido234")
            for order in ("id", "-nombre", "salario")
        ),
        *(([("q", q)], "empleados_pkey") for q in ("example", "persona", "nombre")),
        ([("q", "persona"), ("orden", "nombre")], "empleados_nombre_idx"),
        ([("posicion", "Puesto 7"), ("orden", "nombre")], "empleados_posicion_id_idx"),
        ([("contratado_desde", "2024-08-01"), ("orden", "-nombre")], "empleados_fecha_contratacion_idx"),
        ([("contratado_desde", "2004-08-01"), ("orden", "fecha_contratacion")], "empleados_fecha_contratacion_idx"),
        ([("contratado_hasta", "2004-08-01"), ("orden", "-fecha_contratacion")], "empleados_fecha_contratacion_idx"),
        ([("salario_desde", "8990"), ("orden", "nombre")], "empleados_salario_idx"),
        ([("salario_hasta", "4000"), ("salario_desde", "1000"), ("orden", "-salario")], "empleados_salario_idx"),
        ([("q", "nombre"), ("contratado_desde", "2024-08-01")], "empleados_fecha_contratacion_idx"),
        # None of the first rows fit.
        ([("q", "nombre1"), ("orden", "-nombre")], "empleados_nombre_idx"),
        ([("orden", "nombre"), ("desde", "nombre19")], "empleados_nombre_idx"),
        ([("orden", "-email"), ("desde", "persona19")], "empleados_email_key"),
    ],
)
def test_a_search_reads_a_bounded_number_of_rows_by_the_best_index(large, query, index):
    check(explain(large, *listing(query)), index, max(MAX_LOOK, MAX_FEW + 1))


def test_a_page_that_is_only_a_part_says_so(large):
    page = Repository(large).list(read_listing([("q", "nombre1"), ("orden", "-nombre")], Audience.RRHH))
    assert (page.search, len(json.loads(page.body))) == ("partial", 50)
    exact = Repository(large).list(read_listing([("q", "nombre1")], Audience.RRHH))
    assert (exact.search, len(json.loads(exact.body))) == ("prefix", 50)


@pytest.mark.parametrize(
    ("query", "index", "total"),
    [
        ([], None, (ROWS, False)),
        ([("q", "zzz")], "empleados_search_idx", (0, True)),
        ([("posicion", "Puesto 7")], "empleados_posicion_id_idx", (120, True)),
        ([("contratado_desde", "2024-08-20")], "empleados_fecha_contratacion_idx", (4, True)),
    ],
)
def test_a_count_reads_a_bounded_number_of_rows(large, query, index, total):
    filters = read_filters(query, Audience.RRHH)
    plan = explain(large, find_statement("total_empleados"), filters._asdict() | NO_PERSON)
    assert rows_of(plan) <= SMALL
    assert index is None or index in indexes_of(plan)
    assert Repository(large).count(filters) == total


@pytest.mark.parametrize("order", ["id", "-nombre", "salario", "-email"])
@pytest.mark.parametrize(
    "query",
    [
        {"q": "persona"},  # all: the first rows hold a page
        {"q": "apellido77"},  # 20: they are found by the index of words
        {"q": "nombre1"},  # 11,111, of which the first rows by -nombre and -email hold none
        {"q": "apellido77 persona1"},
        {"q": "zzz"},
        {"contratado_desde": "2016-06-05"},  # a third, hired after those with the first 6,000 numbers
    ],
)
def test_each_way_through_a_search_finds_all_in_order_page_after_page(small, query, order):
    """Five pages of 40, against the plainest statement that says the same, in a directory that is looked through."""
    field, direction = order.lstrip("-"), "DESC" if order.startswith("-") else ""
    key = f"fold_text({field})" if field == "nombre" else field
    condition = "search @@ search_query($1)" if "q" in query else "fecha_contratacion >= $1::date"
    plainest = Statement(
        f"SELECT id FROM empleados WHERE {condition} ORDER BY {key} {direction}, id {direction} LIMIT 200",  # noqa: S608
        tuple(query),
    )
    pages = follow(Repository(small), [*query.items(), ("orden", order), ("limite", "40")])
    assert [row_id for page in pages for row_id in page] == [row_id for (row_id,) in small.read(plainest, query)]


def test_words_that_most_rows_have_are_left_to_the_rows_that_have_the_others(large):
    """To read them in the index would take as long as it has rows with them."""
    blocks = []
    for q in ("persona1234", "persona1234 example.com"):
        statement, parameters = listing([("q", q), ("orden", "-id")])
        few = statement.sql.replace(f"{MAX_ENTRIES} *", "9000 *")  # as if there were more rows
        plan = explain(large, statement._replace(sql=few), parameters)
        (scan,) = [node for node in plan if node.get("Index Name") == "empleados_search_idx"]
        blocks.append(scan["Shared Hit Blocks"] + scan["Shared Read Blocks"])
    assert blocks[0] == blocks[1]


@pytest.mark.parametrize("order", ["id", "-id"])
def test_a_position_of_many_is_not_looked_for_among_all(large, order):
    """A quarter has it, and the list begins at the other end: PostgreSQL expects to meet one at each fourth row."""
    many = "id > 15000" if order == "id" else "id <= 5000"
    with large.transaction() as run:
        run(Statement(f"UPDATE empleados SET posicion = 'Nueva' WHERE {many}"))  # noqa: S608 - ours
        run(Statement("ANALYZE empleados"))
        plan = explained_by(run, *listing([("posicion", "Nueva"), ("orden", order)]))
        run(Statement("ROLLBACK"))
    check(plan, "empleados_posicion_id_idx", 51)


@pytest.mark.parametrize("order", ["id", "-id"])
def test_the_pages_of_a_position_hold_it_and_no_neighbour(large, order):
    """In the index "Puesto 17", "Puesto 170" and "Puesto 171" stand side by side."""
    for audience in Audience:
        ids = sorted(range(17, ROWS, 200), reverse=order == "-id")
        pages = follow(Repository(large), [("posicion", "Puesto 17"), ("orden", order)], audience)
        assert [row_id for page in pages for row_id in page] == ids
    assert follow(Repository(large), [("posicion", "Puesto 1.5"), ("orden", order)]) == [[]]


@pytest.fixture(scope="module")
def lived(large):
    """Over the directory's first events, all by x: 20,000 changes of salaries and a batch of 20,000, by y, and a few
    changes that all may see, the first of them by z.
    """
    tail = "FROM generate_series(1, {}) AS n"
    columns = "INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload, lote, publicado_en)"
    batch = "'11111111-1111-4111-8111-111111111111'"
    with large.transaction() as run:
        for version, actor, cambios, lote, rows in (
            (2, "z", "nombre", "NULL", 1), (3, "x", "nombre", "NULL", 60), (4, "y", "salario", "NULL", ROWS),
            (5, "y", "nombre", batch, ROWS),
        ):  # fmt: skip
            payload = f'{{"cambios": ["{cambios}"]}}'
            values = (
                f"gen_random_uuid(), n, {version}, 'actualizado', now(), '{actor}', '{payload}', {lote}::uuid, now()"
            )
            run(Statement(f"{columns} SELECT {values} {tail.format(rows)}"))
    large.write(Statement("ANALYZE eventos"))
    return large


@pytest.mark.parametrize("audience", Audience)
def test_histories_are_found_by_their_indexes_past_what_is_hidden(lived, audience):
    (newest,) = lived.read(Statement("SELECT id::text FROM eventos WHERE version = 3 ORDER BY numero DESC LIMIT 1"))
    own = f"eventos_{audience.value}"
    for query, index in (
        ([], f"{own}_idx"),
        ([("cursor", newest[0])], f"{own}_idx"),
        ([("actor", "z")], f"{own}_actor_idx"),
        ([("actor", "y")], f"{own}_actor_idx"),  # two thirds of all, none of them for readers
        ([("tipo", "eliminado")], f"{own}_tipo_idx"),
        ([("actor", "z"), ("tipo", "creado")], "eventos_lector_actor_idx"),
        ([("desde", "1999-01-01"), ("hasta", "1999-12-31")], "eventos_ocurrido_en_idx"),
    ):
        check(explain(lived, *asked_of_history(query, audience)), index, 200)
    for query, index, most in (
        ([("empleado", "77")], "eventos_empleado_id_version_key", ROWS),
        ([("lote", "11111111-1111-4111-8111-111111111111")], "eventos_lote_idx", 200),
    ):
        check(explain(lived, *asked_of_history(query, audience)), index, most)


def test_a_period_long_ago_is_found_without_reading_what_came_after(lived):
    moments = 'SELECT to_char(ocurrido_en, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') FROM eventos WHERE numero IN (100, 160)'
    ((since,), (until,)) = lived.read(Statement(f"{moments} ORDER BY numero"))
    query = [("desde", since), ("hasta", until), ("limite", "200")]
    for more in ([], [("actor", "x")], [("tipo", "creado")]):
        check(explain(lived, *asked_of_history(query + more)), "eventos_ocurrido_en_idx", 100)
    page = Repository(lived).history(read_history(query, has_filters=True), Audience.RRHH)
    assert len(json.loads(page.body)) == 60


def test_what_is_left_to_the_sweep_is_found_by_its_index(large):
    check(explain(large, find_statement("pending_eventos"), {"held_back": [], "limit": 100}), "eventos_pending_idx")
    check(explain(large, find_statement("measure_outbox"), {}), "eventos_pending_idx")


def test_a_batch_finds_its_rows_by_indexes(large):
    person = {"nombre": "Ana", "posicion": "Puesto 7", "salario": 1}
    body = {
        "origen": "cambio",
        "crear": [person | {"email": f"{number}@example.com"} for number in range(300)],
        "actualizar": [{"id": n, "version": 1, "cambios": {"email": f"u{n}@example.com"}} for n in range(101, 250)],
        "eliminar": [{"id": number, "version": 1} for number in range(300, 350)],
        "restaurar": [{"id": 99_999}],
    }
    batch = read_batch("5a0d1c52-8f1b-4a86-9d5e-3f3b1f0f7a55", body)
    parameters = {"actor": "x", "key": "k", "digest": "d", "lote": batch.id, "origin": batch.origin}
    parameters |= {"operations": batch.operations, "simulated": False, "time_zone": "UTC"}
    with large.transaction() as run:
        plan = explained_by(run, find_statement("apply_lote"), parameters)
        run(Statement("ROLLBACK"))
    large.write(Statement("VACUUM eventos"))  # as if nothing had been
    assert "empleados" not in {node.get("Relation Name") for node in plan if node["Node Type"] == "Seq Scan"}
    assert max(node["Actual Rows"] for node in plan) < ROWS / 5, "nothing grows with the directory"
