"""The statements that read employees and leavers; searches by words, position, dates and salaries at a bounded cost.

Each is one statement: what is particular about them is how their parts depend on each other (docs/design/database.md).
They are SQL already, so ``make statements`` compiles none of them; ``repository.find_statement`` fills in the braces.
An optional condition is written ``parameter IS NULL OR condition``: a statement of ``repository.PLANNED_ANEW`` is
planned with its parameters known, so the planner sees only what remains.
"""

from __future__ import annotations

from chalicelib.directorio.query import DEFAULT_LIMIT, MAX_TOTAL

#: Rows that tell how many fit a search, read in some 2 ms.
SAMPLE = 500
#: Rows that are scanned in list order, if a page of those that fit is expected among half of them.
MAX_LOOK = 2_000
#: Rows that are fetched and sorted, in some 20 ms.
MAX_FEW = 2_000
#: Entries of the index of words that are read, in some 15 ms.
MAX_ENTRIES = 100_000
#: Positions in a summary, the largest first: its answer stays within 1 MB.
MAX_POSITIONS = 1_000
#: Rows of a directory that is looked through and counted as a whole, in some 20 ms.
SMALL = 20_000

HAS_WORDS = "(CAST(:q AS text) IS NULL OR search @@ search_query(:q))"
IS_PERSON = "(id = :person_id OR email = :person_email)"
#: The filters beside words, by the column whose index finds what fits.
FILTERS = {
    "posicion": "(CAST(:posicion AS text) IS NULL OR posicion = :posicion)",
    "fecha_contratacion": "(CAST(:hired_since AS date) IS NULL OR fecha_contratacion >= :hired_since)"
    " AND (CAST(:hired_until AS date) IS NULL OR fecha_contratacion <= :hired_until)",
    "salario": "(CAST(:paid_since AS numeric) IS NULL OR salario >= :paid_since)"
    " AND (CAST(:paid_until AS numeric) IS NULL OR salario <= :paid_until)",
}
REST = " AND ".join(FILTERS.values())
FITS = f"{HAS_WORDS} AND {REST}"
ENDS = {
    "posicion": (":posicion", ":posicion"),
    "fecha_contratacion": ("coalesce(:hired_since, '-infinity')", "coalesce(:hired_until, 'infinity')"),
    "salario": ("coalesce(:paid_since, 0)", "coalesce(:paid_until, 9999999.99)"),
}
# What reading the index of words costs depends on how many rows have them: the rarest ones are read.
MEASURED = f"""
size AS (SELECT greatest(reltuples, 1) AS n FROM pg_class WHERE oid = CAST('empleados' AS regclass)),
sample AS (SELECT s.* FROM empleados AS s TABLESAMPLE system(least(100, 100 * {SAMPLE} / (SELECT n FROM size)))
  REPEATABLE (0) LIMIT {2 * SAMPLE}),
word AS (SELECT word, (SELECT count(*) FROM sample WHERE search @@ CAST(word AS tsquery)) AS n
  FROM unnest(search_words(:q)) AS word),
rare AS (SELECT CAST(string_agg(word, ' & ') AS tsquery) AS words FROM
  (SELECT word, sum(n) OVER (ORDER BY n, word) AS entries FROM word) AS each
  WHERE entries * (SELECT n FROM size) <= {MAX_ENTRIES} * (SELECT count(*) FROM sample)),
counts AS (SELECT count(*) AS n, count(*) FILTER (WHERE {FITS}) AS hits,
  CASE WHEN (SELECT words FROM rare) IS NOT NULL
  THEN count(*) FILTER (WHERE search @@ (SELECT words FROM rare)) END AS search,
  {", ".join(f"count(*) FILTER (WHERE {fits}) AS {name}" for name, fits in FILTERS.items())} FROM sample),
fewest AS (SELECT CASE least(n, search, {", ".join(FILTERS)}) WHEN n THEN 'id'
  {" ".join(f"WHEN {name} THEN '{name}'" for name in ("search", *FILTERS))} END AS name FROM counts)
"""
# Each is found by the index of the filter that `way` names. The ends are subqueries, whose values the planner does not
# weigh, and no BETWEEN, of which it expects so few rows that it would sort them all.
CANDIDATES = f"""
candidates AS ((SELECT * FROM empleados WHERE (SELECT name FROM way) = 'search'
  AND search @@ (SELECT words FROM rare) LIMIT {MAX_TOTAL + 1}) UNION ALL {
    " UNION ALL ".join(
        f'''(SELECT * FROM empleados WHERE (SELECT name FROM way) = '{name}' AND ({name}, id) >= ((SELECT {low}), 0)
  AND {name} <= (SELECT {high}) ORDER BY {name}, id LIMIT {MAX_TOTAL + 1})'''
        for name, (low, high) in ENDS.items()
    )
} UNION ALL (SELECT * FROM empleados WHERE (SELECT name FROM way) = 'id' ORDER BY id LIMIT {MAX_TOTAL + 1}))
"""
IS_AFTER = "(CAST(:after_id AS bigint) IS NULL OR ({fold}({field}), id) {after} ({fold}(:after_key), :after_id))"
SORTING = "{fold}({field}) {direction}, id {direction}"
NOT_PERSON = "id IS DISTINCT FROM (SELECT id FROM person)"


def utc_text(moment: str) -> str:
    """A moment as on the wire: always UTC, always with microseconds."""
    return f"""to_char(timezone('UTC', {moment}), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


#: What is shown of a leaver: the fields, when the person left, and when the leaver will be erased.
LEAVER = f"""{{fields}}, {utc_text("baja_en")} AS baja_en,
  {utc_text("baja_en + make_interval(0, 0, 0, CAST(:days AS integer))")} AS borrado_previsto_en"""


def _page(rows: str, shown: str = "{fields}") -> str:
    """The bodies of ``rows``, which are sorted, separated (RFC 7464); NULL if there is none."""
    return f"""SELECT string_agg(CAST(row_to_json(fila) AS text), chr(30)) FROM ({rows}) AS pagina
  JOIN LATERAL (SELECT {shown}) AS fila ON true"""


def _one(table: str, shown: str = "{fields}") -> str:
    """Version and body of a row."""
    return f"""SELECT {table}.version, CAST(row_to_json(fila) AS text) FROM {table}
  JOIN LATERAL (SELECT {shown}) AS fila ON true WHERE {table}.id = CAST(:row_id AS bigint)"""


def _summary(columns: str = "") -> str:
    """Head count by position, and ``columns``: body."""
    return f"""SELECT coalesce(CAST(json_agg(fila) AS text), '[]') FROM (SELECT posicion, count(*) AS empleados{columns}
  FROM empleados GROUP BY posicion ORDER BY count(*) DESC, posicion LIMIT {MAX_POSITIONS}) AS fila"""


#: A page of all, and one row more if there is one.
LIST = _page(f"SELECT * FROM empleados WHERE {IS_AFTER} ORDER BY {SORTING} LIMIT CAST(:limit AS integer) + 1")
#: The first page, of the usual length. Without parameters it is planned once. From a limit that is a parameter
#: PostgreSQL expects a tenth of the table, and plans anew each time, which takes 0.3 ms.
FIRST = _page(f"SELECT * FROM empleados ORDER BY {SORTING} LIMIT {DEFAULT_LIMIT + 1}")
#: A page of those with a position, by id, after an id. If the rows had to be equal in ``posicion``, PostgreSQL could
#: take the order of ids for theirs, and go through all rows until it has met enough of them. So they are a range, whose
#: order only the index of positions has; between subqueries, whose values it does not weigh.
OF_POSICION = _page("""SELECT * FROM empleados WHERE posicion {until} (SELECT CAST(:posicion AS text))
  AND (posicion, id) {after} ((SELECT :posicion), (SELECT CAST(:after_id AS bigint)))
  ORDER BY posicion {direction}, id {direction} LIMIT CAST(:limit AS integer) + 1""")


#: A page of those who match a search, or are within ranges.
#:
#: A sample tells how many rows fit. If many do, the first rows in the order of the list contain a page; a small
#: directory is looked through. Otherwise the page is sorted out of at most ``MAX_FEW`` candidates, which have the rare
#: words, or fit the strongest of the other filters. If there are more, the page is only a part of what fits.
#:
#: The person whose number or address is searched for comes first. If no row is found, rows with similar texts follow,
#: where the database has trigrams. The columns after the rows say whether it has, whether these are such, and
#: whether the page is a part.
SEARCH = f"""WITH {MEASURED},
person AS (SELECT * FROM empleados WHERE {IS_PERSON} AND {REST}),
scan AS (SELECT hits * {MAX_LOOK} >= counts.n * CAST(:limit AS integer) * 2 AS is_worth,
  CASE WHEN size.n <= {SMALL} THEN {SMALL} ELSE {MAX_LOOK} END AS most FROM counts, size),
first AS (SELECT * FROM empleados WHERE (SELECT is_worth FROM scan) AND {IS_AFTER} ORDER BY {SORTING} LIMIT {SMALL}),
look AS (SELECT * FROM first LIMIT (SELECT most FROM scan)),
near AS (SELECT * FROM look WHERE {FITS} AND {NOT_PERSON} LIMIT :limit + 1),
way AS (SELECT name FROM fewest, scan WHERE (SELECT count(*) FROM near) <= :limit
  AND NOT (is_worth AND (SELECT count(*) FROM look) < most)),
{CANDIDATES},
few AS (SELECT * FROM candidates LIMIT {MAX_FEW + 1}),
best AS (SELECT * FROM few WHERE {FITS} AND {NOT_PERSON} AND {IS_AFTER} ORDER BY {SORTING} LIMIT :limit + 1),
found AS (SELECT * FROM near WHERE NOT EXISTS (SELECT FROM way) UNION ALL SELECT * FROM best),
part AS (SELECT count(*) > {MAX_FEW} AS is_part FROM few),
alikes AS (SELECT * FROM similar_empleados(:q, :limit) WHERE CAST(:after_id AS bigint) IS NULL AND {REST}
  AND NOT ((SELECT is_part FROM part) OR EXISTS (SELECT FROM person) OR EXISTS (SELECT FROM found)))
SELECT concat_ws(chr(30), ({_page("SELECT * FROM person WHERE CAST(:after_id AS bigint) IS NULL")}),
  ({_page(f"SELECT * FROM found ORDER BY {SORTING}")}), ({_page("SELECT * FROM alikes")})),
  search_kind(), EXISTS (SELECT FROM alikes), is_part FROM part
"""


FITS_AT_ALL = f"({HAS_WORDS} OR {IS_PERSON}) AND {REST}"
#: How many fit, and whether that is exact: of a large directory at most ``MAX_TOTAL`` candidates are counted.
TOTAL = f"""WITH {MEASURED},
guess AS (SELECT (SELECT count(*) FROM (SELECT FROM empleados LIMIT {SMALL}) AS f) < {SMALL} AS is_small,
  hits * size.n / greatest(counts.n, 1) AS about FROM counts, size),
way AS (SELECT name FROM fewest, guess WHERE NOT is_small AND about <= 2 * {MAX_TOTAL}),
{CANDIDATES},
counted AS (SELECT count(*) AS n, count(*) FILTER (WHERE {FITS_AT_ALL}) AS fitting FROM candidates)
SELECT CAST(CASE WHEN is_small THEN (SELECT count(*) FROM empleados WHERE {FITS_AT_ALL}) WHEN is_all THEN fitting
  ELSE greatest(about, fitting) END AS bigint), is_small OR is_all
  FROM guess, counted, LATERAL (SELECT EXISTS (SELECT FROM way) AND n <= {MAX_TOTAL} AS is_all) AS whether
"""
#: A page of leavers, the newest first, and one more if there is one.
LEAVERS = f"""SELECT * FROM bajas WHERE {HAS_WORDS}
  AND (CAST(:after_id AS bigint) IS NULL OR (baja_en, id) < (CAST(:after_key AS timestamptz), :after_id))
  ORDER BY baja_en DESC, id DESC LIMIT CAST(:limit AS integer) + 1"""
SALARIES = """, round(avg(salario), 2) AS salario_medio, min(salario) AS salario_minimo,
  max(salario) AS salario_maximo"""
READS = {
    "find_empleado": _one("empleados"),
    "find_baja": _one("bajas", LEAVER),
    "list_empleados": LIST,
    "first_empleados": FIRST,
    "posicion_empleados": OF_POSICION,
    "search_empleados": SEARCH,
    "total_empleados": TOTAL,
    "list_bajas": _page(LEAVERS, LEAVER),
    "summarise_empleados": _summary(SALARIES),
    "count_empleados": _summary(),
}
