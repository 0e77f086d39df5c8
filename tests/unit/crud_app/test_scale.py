"""The plans of what people do often: an index finds the rows, whatever their number."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest

from chalicelib.directorio.database import Database
from chalicelib.directorio.employee import Audience
from chalicelib.directorio.listing import read_history, read_listing
from chalicelib.directorio.repository import SEPARATOR, Repository
from chalicelib.directorio.settings import parse_database_url
from chalicelib.directorio.statement import Statement, find_statement
from crud_app.sql.employees import MAX_HITS, MAX_LOOK
from local.postgres import migrate

ROWS = 20_000

FILL = f"""
INSERT INTO empleados (nombre, email, posicion, salario, fecha_contratacion)
SELECT 'Nombre' || n || ' Apellido' || n % 1000, 'persona' || n || '@example.com', 'Puesto ' || n % 200, n % 9000,
       date '2000-01-01' + n % 9000
FROM generate_series(1, {ROWS}) AS n;
INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload, publicado_en)
SELECT gen_random_uuid(), n, 1, 'creado', now() - interval '1 day', 'x', '{{}}', now()
FROM generate_series(1, {ROWS}) AS n;
ANALYZE empleados, eventos;
"""  # noqa: S608 - a number of ours


@pytest.fixture(scope="module")
def large(postgres, worker_id):
    """A directory of its own with many people."""
    url = postgres.create_database(f"large_{worker_id}")
    migrate(url)
    postgres.execute(f"TRUNCATE empleados, eventos RESTART IDENTITY; {FILL}", database=f"large_{worker_id}")
    database = Database(parse_database_url(url))
    yield database
    database.close()


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def explain(database, statement, parameters):
    """The nodes of the plan that the statement gets when it is sent, parameters known."""
    return explained_by(database.read, statement, parameters)


def explained_by(run, statement, parameters):
    explained = statement._replace(sql=f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.sql}")
    ((plan,),) = run(explained, parameters)
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return list(nodes(plan[0]["Plan"]))


class Spy:
    """In the place of a database: notes what it is asked, and knows nobody."""

    def read(self, statement, parameters, **_):
        self.asked = statement, parameters
        return [(None,)]


def listing(query):
    """What the repository asks for this query."""
    spy = Spy()
    Repository(spy).list(read_listing(query, Audience.RRHH))
    return spy.asked


def history(query):
    asked = read_history(query)
    return {"limit": asked.limit, "before": asked.before}


def plans_made(database, *statement):
    """How many plans for its parameters, and how often one for any, a statement has had on the connection."""
    counts = Statement("SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement = $1", ("sql",))
    ((custom, generic),) = database.read(counts, {"sql": find_statement(*statement).sql}, plan_anew=True)
    return custom, generic


def executed(plan):
    """The nodes that were needed: a part of a statement that is not waits for a condition that does not hold."""
    return [node for node in plan if node["Actual Loops"]]


def check(plan, index):
    assert not [node for node in executed(plan) if node["Node Type"] == "Seq Scan"]
    assert index in {node.get("Index Name") for node in executed(plan)}


@pytest.mark.parametrize(
    ("order", "index", "key"),
    [
        ("id", "empleados_pkey", 15000), ("-id", "empleados_pkey", 15000),
        ("nombre", "empleados_nombre_idx", "nombre5"), ("-posicion", "empleados_posicion_idx", "puesto 7"),
        ("salario", "empleados_salario_idx", "4000.00"), ("email", "empleados_email_key", "persona5@example.com"),
        ("-fecha_contratacion", "empleados_fecha_contratacion_idx", "2010-01-01"),
        ("actualizado_en", "empleados_actualizado_en_idx", "2020-01-01T00:00:00.000000Z"),
    ],
)  # fmt: skip
def test_a_page_is_found_by_the_index_of_its_order(large, order, index, key):
    first = read_listing([("orden", order)], Audience.RRHH)
    cursor = first.next_query({order.lstrip("-"): key, "id": 15000}).partition("cursor=")[2]
    for query in ([("orden", order)], [("orden", order), ("cursor", cursor)]):
        plan = explain(large, *listing(query))
        check(plan, index)
        assert max(node["Actual Rows"] for node in plan) <= 200


@pytest.mark.parametrize("audience", Audience)
def test_the_usual_first_page_is_planned_once(large, audience):
    """With a parameter for a limit it was planned anew each time, of a large table: a fifth of what a list takes."""
    repository = Repository(large)
    for _ in range(8):
        repository.list(read_listing([], audience))
        repository.history(read_history([]), audience)
    for name in ("first_empleados", "first_eventos"):
        custom, generic = plans_made(large, name, audience.value)
        assert custom == 0
        assert generic >= 8


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("order", ["id", "-id"])
def test_a_page_of_a_position_gets_a_plan_that_is_kept(large, audience, order):
    """PostgreSQL makes five with the parameters at hand, before it compares them with one for all."""
    query = [("posicion", "Puesto 7"), ("orden", order)]
    for _ in range(12):
        Repository(large).list(read_listing(query, audience))
    custom, generic = plans_made(large, "posicion_empleados", audience.value, order)
    assert custom <= 5
    assert generic >= 7


@pytest.mark.parametrize("limit", ["1", "49", "50", "51", "200"])
def test_a_page_is_as_long_as_it_is_asked_to_be(large, limit):
    page = Repository(large).list(read_listing([("limite", limit)], Audience.RRHH))
    assert [row["id"] for row in json.loads(page.body)] == list(range(1, int(limit) + 1))
    assert page.next_query is not None
    events = Repository(large).history(read_history([("limite", limit)]), Audience.RRHH)
    assert len(json.loads(events.body)) == int(limit)
    assert events.next_query is not None


@pytest.mark.parametrize("q", ["nombre777", "persona1234 apellido234", "nombre19 puesto"])
def test_a_search_is_found_by_its_index(large, q):
    check(explain(large, *listing([("q", q)])), "empleados_search_idx")


@pytest.mark.parametrize("order", ["id", "-nombre", "salario"])
@pytest.mark.parametrize("q", ["zzz", "apellido77", "nombre19999 zzz"])
def test_a_rare_word_sends_nobody_through_the_list(large, q, order):
    """PostgreSQL takes 0.1 % for granted, also of a million rows of which none matches."""
    plan = executed(explain(large, *listing([("q", q), ("orden", order)])))
    assert "empleados_search_idx" in {node.get("Index Name") for node in plan}
    assert max(node["Actual Rows"] for node in plan) <= MAX_LOOK
    assert not [node for node in plan if node["Node Type"] == "Seq Scan"]


@pytest.mark.parametrize("q", ["example", "persona", "nombre", "puesto", "n"])
@pytest.mark.parametrize(("order", "index"), [("id", "empleados_pkey"), ("nombre", "empleados_nombre_idx")])
def test_a_common_word_is_neither_fetched_nor_sorted_as_a_whole(large, q, order, index):
    plan = executed(explain(large, *listing([("q", q), ("orden", order)])))
    # "persona" begins 20,000 different words: the index of words would be read through to count them.
    assert {node["Index Name"] for node in plan if "Index Name" in node} == {index}
    assert max(node["Actual Rows"] for node in plan) <= MAX_LOOK


@pytest.mark.parametrize("order", ["id", "-nombre", "salario", "-email"])
@pytest.mark.parametrize(
    "q",
    [
        "persona",  # all: the first rows hold a page
        "apellido77",  # 20: they are found by the index of words
        "nombre1",  # 11,111, of which the first rows by -nombre and -email hold none: the list is gone through
        "apellido77 persona1",
        "zzz",
    ],
)
def test_each_way_through_a_search_finds_all_in_order_page_after_page(large, q, order):
    """Up to five pages of 40, against the plainest statement that says the same."""
    field, direction = order.lstrip("-"), "DESC" if order.startswith("-") else ""
    key = f"fold_text({field})" if field == "nombre" else field
    plainest = Statement(
        "SELECT id FROM empleados WHERE search @@ search_query($1) "  # noqa: S608 - ours
        f"ORDER BY {key} {direction}, id {direction} LIMIT 200",
        ("q",),
    )
    expected = [row_id for (row_id,) in large.read(plainest, {"q": q}, plan_anew=True)]
    repository = Repository(large)
    query, found = [("q", q), ("orden", order), ("limite", "40")], []
    for _ in range(5):
        asked = read_listing(query, Audience.RRHH)
        page = repository.list(asked)
        found += [row["id"] for row in json.loads(page.body)]
        if page.next_query is None:
            break
        query = parse_qsl(page.next_query)
    assert found == expected


def test_at_the_limit_of_hits_the_same_is_found(large):
    """Just below the limit all hits are sorted, just above it the list is gone through."""
    few, many = f"WHERE n <= {MAX_HITS}", f"WHERE n <= {MAX_HITS + 1}"
    for condition in (few, many):
        statement, parameters = listing([("q", "unico"), ("orden", "-id"), ("limite", "3")])
        with large.transaction() as transaction:
            transaction.execute(
                "UPDATE empleados SET posicion = 'Unico' FROM generate_series(1, 20000) AS n "  # noqa: S608 - ours
                f"{condition} AND id = n"
            )
            ((rows,),) = transaction.run(statement, parameters)
            transaction.execute("ROLLBACK")
        last_of_all = MAX_HITS if condition is few else MAX_HITS + 1
        found = [json.loads(row)["id"] for row in rows.split(SEPARATOR)]
        assert found == [last_of_all - number for number in range(4)]  # one more than the page holds


@pytest.mark.parametrize("order", ["id", "-id", "nombre"])
@pytest.mark.parametrize("limit", ["50", "40"])
def test_a_position_is_found_by_its_index(large, order, limit):
    plan = explain(large, *listing([("posicion", "Puesto 7"), ("orden", order), ("limite", limit)]))
    check(plan, "empleados_posicion_id_idx")


@pytest.mark.parametrize("order", ["id", "-id"])
def test_a_position_of_many_is_not_looked_for_among_all(large, order):
    """A quarter has it, and the list begins at the other end: PostgreSQL expects to meet one at each fourth row."""
    many = "id > 15000" if order == "id" else "id <= 5000"
    with large.transaction() as transaction:
        transaction.execute(f"UPDATE empleados SET posicion = 'Nueva' WHERE {many}")  # noqa: S608 - ours
        transaction.execute("ANALYZE empleados")
        plan = explained_by(transaction.run, *listing([("posicion", "Nueva"), ("orden", order)]))
        transaction.execute("ROLLBACK")
    check(plan, "empleados_posicion_id_idx")
    assert max(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in plan) <= 51


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("order", ["id", "-id"])
def test_the_pages_of_a_position_hold_it_and_no_neighbour(large, order, audience):
    """In the index "Puesto 17", "Puesto 170" and "Puesto 171" stand side by side."""
    repository, query, lengths, found = Repository(large), [("posicion", "Puesto 17"), ("orden", order)], [], []
    while True:
        page = repository.list(read_listing(query, audience))
        rows = json.loads(page.body)
        lengths.append(len(rows))
        found += [row["id"] for row in rows]
        if page.next_query is None:
            break
        query = parse_qsl(page.next_query)
    assert lengths == [50, 50]
    assert found == sorted(range(17, ROWS, 200), reverse=order == "-id")


def test_of_a_position_that_nobody_has_there_is_an_empty_page(large):
    for order in ("id", "-id"):
        page = Repository(large).list(read_listing([("posicion", "Puesto 1.5"), ("orden", order)], Audience.RRHH))
        assert page == ("[]", None)


@pytest.mark.parametrize("audience", Audience)
def test_histories_are_found_by_their_indexes(large, audience):
    for kind in ("first", "list"):
        check(explain(large, find_statement(f"{kind}_eventos", audience.value), history([])), "eventos_pkey")
    cursor = read_history([]).next_query(9000).partition("cursor=")[2]
    check(explain(large, find_statement("list_eventos", audience.value), history([("cursor", cursor)])), "eventos_pkey")
    plan = explain(large, find_statement("list_eventos_of_empleado", audience.value), history([]) | {"row_id": 77})
    check(plan, "eventos_empleado_id_version_key")


def test_what_is_left_to_the_sweep_is_found_by_its_index(large):
    check(explain(large, find_statement("pending_eventos"), {"held_back": [], "limit": 100}), "eventos_pending_idx")
    check(explain(large, find_statement("measure_outbox"), {}), "eventos_pending_idx")
