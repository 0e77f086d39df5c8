"""The plans of what people do often: an index finds the rows, whatever their number."""

import json
from contextlib import closing
from urllib.parse import parse_qsl

import pytest

from chalicelib.directorio.batch import read_batch
from chalicelib.directorio.database import NONE, Database, Statement
from chalicelib.directorio.employee import Audience
from chalicelib.directorio.query import orders_of, read_filters, read_history, read_listing
from chalicelib.directorio.reads import MAX_ENTRIES, MAX_FEW, MAX_LOOK, SMALL
from chalicelib.directorio.repository import Repository, find_statement
from chalicelib.directorio.settings import parse_database_url

ROWS = 24_000
LOTE = "11111111-1111-4111-8111-111111111111"

# Nothing else changes what the planner knows.
FILL = """
ALTER TABLE empleados SET (autovacuum_enabled = false); ALTER TABLE eventos SET (autovacuum_enabled = false);
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


@pytest.fixture(scope="module")
def directory_of(migrated_database, postgres, worker_id):
    """Opens a directory of its own with this number of people."""

    def directory_of(rows):
        name = f"directory_{rows}_{worker_id}"
        url = migrated_database(name)
        postgres.execute(FILL.format(rows=rows), database=name)
        return closing(Database(parse_database_url(url)))

    return directory_of


@pytest.fixture(scope="module")
def large(directory_of):
    with directory_of(ROWS) as database:
        yield database


@pytest.fixture(scope="module")
def small(directory_of):
    """The largest directory that a search looks through."""
    with directory_of(SMALL) as database:
        yield database


class Explained:
    """Stands in for a database: runs what it is asked, and keeps the plan that this got, parameters known."""

    def __init__(self, run, *replaced):
        self._run, self._replaced = run, replaced or ("", "")

    def read(self, statement, parameters=NONE, **_):
        statement = statement._replace(sql=statement.sql.replace(*self._replaced), is_planned_anew=True)
        ((plan,),) = self._run(statement._replace(sql=f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.sql}"), parameters)
        (whole,) = json.loads(plan) if isinstance(plan, str) else plan
        #: Those that were executed.
        self.nodes = [node for node in nodes(whole["Plan"]) if node["Actual Loops"]]
        return self._run(statement, parameters)

    write = read

    def sign(self, text):
        return text

    @property
    def most_rows(self):
        """The most rows that a part of the plan read; entries of an index are less."""
        read = (node for node in self.nodes if node["Node Type"] != "Bitmap Index Scan")
        return max(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in read)

    def check(self, index, most_rows=ROWS):
        assert not [node for node in self.nodes if node["Node Type"] == "Seq Scan"]
        assert index in {node.get("Index Name") for node in self.nodes}
        assert self.most_rows <= most_rows


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


@pytest.fixture
def explained(large):
    return Explained(large.read)


def list_page(database, query, audience=Audience.RRHH):
    return Repository(database).list(read_listing(query, audience))


def show_history(database, query, audience=Audience.RRHH):
    return Repository(database).history(read_history(query, has_filters=True), audience)


def follow(database, query, audience=Audience.RRHH):
    """The ids on each of the first five pages, from this query on."""
    pages = []
    while query and len(pages) < 5:
        page = list_page(database, query, audience)
        pages.append([row["id"] for row in json.loads(page.body)])
        query = parse_qsl(page.next_query or "")
    return pages


@pytest.mark.parametrize("order", orders_of(Audience.RRHH))
def test_a_page_is_found_by_the_index_of_its_order(explained, order):
    name = order.removeprefix("-")
    index = {"id": "empleados_pkey", "email": "empleados_email_key"}.get(name, f"empleados_{name}_idx")
    query = [("orden", order)]
    for _ in range(3):
        query = parse_qsl(list_page(explained, query).next_query)
        explained.check(index, 60)  # not the rows of the pages before


@pytest.mark.parametrize("audience", Audience)
def test_the_usual_first_page_is_planned_once(large, audience):
    for _ in range(8):
        list_page(large, [], audience)
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
def test_a_search_reads_a_bounded_number_of_rows_by_the_best_index(explained, query, index):
    list_page(explained, query)
    explained.check(index, max(MAX_LOOK, MAX_FEW + 1))


def test_a_page_that_is_only_a_part_says_so(large):
    for order, search in (("-nombre", "partial"), ("id", "prefix")):
        page = list_page(large, [("q", "nombre1"), ("orden", order)])
        assert (page.search, len(json.loads(page.body))) == (search, 50)


@pytest.mark.parametrize(
    ("query", "index", "total"),
    [
        ([], None, (ROWS, False)),
        ([("q", "zzz")], "empleados_search_idx", (0, True)),
        ([("posicion", "Puesto 7")], "empleados_posicion_id_idx", (120, True)),
        ([("contratado_desde", "2024-08-20")], "empleados_fecha_contratacion_idx", (4, True)),
    ],
)
def test_a_count_reads_a_bounded_number_of_rows(explained, query, index, total):
    assert Repository(explained).count(read_filters(query, Audience.RRHH)) == total
    assert explained.most_rows <= SMALL
    assert index is None or index in {node.get("Index Name") for node in explained.nodes}


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
    pages = follow(small, [*query.items(), ("orden", order), ("limite", "40")])
    assert [row_id for page in pages for row_id in page] == [row_id for (row_id,) in small.read(plainest, query)]


def test_words_that_most_rows_have_are_left_to_the_rows_that_have_the_others(large):
    """To read them in the index would take as long as it has rows with them."""
    blocks = []
    for q in ("persona1234", "persona1234 example.com"):
        more = Explained(large.read, f"{MAX_ENTRIES} *", "9000 *")  # as if there were more rows
        list_page(more, [("q", q), ("orden", "-id")])
        (scan,) = [node for node in more.nodes if node.get("Index Name") == "empleados_search_idx"]
        blocks.append(scan["Shared Hit Blocks"] + scan["Shared Read Blocks"])
    assert blocks[0] == blocks[1]


@pytest.mark.parametrize("order", ["id", "-id"])
def test_a_position_of_many_is_not_looked_for_among_all(large, order):
    """A quarter has it, and the list begins at the other end: PostgreSQL expects to meet one at each fourth row."""
    many = "id > 15000" if order == "id" else "id <= 5000"
    with large.transaction() as run:
        run(Statement(f"UPDATE empleados SET posicion = 'Nueva' WHERE {many}"))  # noqa: S608 - ours
        run(Statement("ANALYZE empleados"))
        explained = Explained(run)
        list_page(explained, [("posicion", "Nueva"), ("orden", order)])
        run(Statement("ROLLBACK"))
    explained.check("empleados_posicion_id_idx", 51)


@pytest.mark.parametrize("order", ["id", "-id"])
def test_the_pages_of_a_position_hold_it_and_no_neighbour(large, order):
    """In the index "Puesto 17", "Puesto 170" and "Puesto 171" stand side by side."""
    for audience in Audience:
        ids = sorted(range(17, ROWS, 200), reverse=order == "-id")
        pages = follow(large, [("posicion", "Puesto 17"), ("orden", order)], audience)
        assert [row_id for page in pages for row_id in page] == ids
    assert follow(large, [("posicion", "Puesto 1.5"), ("orden", order)]) == [[]]


@pytest.fixture(scope="module")
def lived(large):
    """Over the directory's first events, all by x: 20,000 changes of salaries and a batch of 20,000, by y, and a few
    changes that all may see, the first of them by z.
    """
    tail = "FROM generate_series(1, {}) AS n"
    columns = "INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload, lote, publicado_en)"
    batch = f"'{LOTE}'"
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
    ((newest,),) = lived.read(Statement("SELECT id::text FROM eventos WHERE version = 3 ORDER BY numero DESC LIMIT 1"))
    own, explained = f"eventos_{audience.value}", Explained(lived.read)
    for query, index, most in (
        ([], f"{own}_idx", 200),
        ([("cursor", newest)], f"{own}_idx", 200),
        ([("actor", "z")], f"{own}_actor_idx", 200),
        ([("actor", "y")], f"{own}_actor_idx", 200),  # two thirds of all, none of them for readers
        ([("tipo", "eliminado")], f"{own}_tipo_idx", 200),
        ([("actor", "z"), ("tipo", "creado")], "eventos_lector_actor_idx", 200),
        ([("desde", "1999-01-01"), ("hasta", "1999-12-31")], "eventos_ocurrido_en_idx", 200),
        ([("empleado", "77")], "eventos_empleado_id_version_key", ROWS),
        ([("lote", LOTE)], "eventos_lote_idx", 200),
    ):
        show_history(explained, query, audience)
        explained.check(index, most)


def test_a_period_long_ago_is_found_without_reading_what_came_after(lived):
    moments = 'SELECT to_char(ocurrido_en, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') FROM eventos WHERE numero IN (100, 160)'
    ((since,), (until,)) = lived.read(Statement(f"{moments} ORDER BY numero"))
    query, explained = [("desde", since), ("hasta", until), ("limite", "200")], Explained(lived.read)
    for more in ([("actor", "x")], [("tipo", "creado")], []):
        page = show_history(explained, query + more)
        explained.check("eventos_ocurrido_en_idx", 100)
    assert len(json.loads(page.body)) == 60


def test_what_is_left_to_the_sweep_is_found_by_its_index(explained):
    for name, parameters in (("pending_eventos", {"held_back": [], "limit": 100}), ("measure_outbox", {})):
        explained.read(find_statement(name), parameters)
        explained.check("eventos_pending_idx")


def test_a_batch_finds_its_rows_by_indexes(large):
    person = {"nombre": "Ana", "posicion": "Puesto 7", "salario": 1}
    body = {
        "origen": "cambio",
        "crear": [person | {"email": f"{number}@example.com"} for number in range(300)],
        "actualizar": [{"id": n, "version": 1, "cambios": {"email": f"u{n}@example.com"}} for n in range(101, 250)],
        "eliminar": [{"id": number, "version": 1} for number in range(300, 350)],
        "restaurar": [{"id": 99_999}],
    }
    with large.transaction() as run:
        explained = Explained(run)
        Repository(explained).apply_batch(read_batch(LOTE, body), "x", "k")
        run(Statement("ROLLBACK"))
    large.write(Statement("VACUUM eventos"))  # as if nothing had been
    assert "empleados" not in {node.get("Relation Name") for node in explained.nodes if node["Node Type"] == "Seq Scan"}
    assert max(node["Actual Rows"] for node in explained.nodes) < ROWS / 5, "nothing grows with the directory"
