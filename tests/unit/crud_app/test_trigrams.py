"""Parts of words and slips of the pen, on a PostgreSQL with trigrams: Debian's, where the machine has it."""

import json
from contextlib import closing

import pytest

from chalicelib.directorio.database import Database, Statement
from chalicelib.directorio.employee import Audience
from chalicelib.directorio.query import read_listing
from chalicelib.directorio.repository import Repository
from chalicelib.directorio.settings import parse_database_url
from local.postgres import migrate
from tests.support.debian_postgres import running_debian_postgres

NAMES = ("Ana García", "Luis Rodríguez", "Eva Domínguez", "Łukasz Nowak", "Zoe Pérez")


@pytest.fixture(scope="module")
def directory():
    with running_debian_postgres("trusted") as (folder, port):
        url = f"postgresql://postgres@localhost:{port}/postgres?host={folder}"
        migrate(url)
        with closing(Database(parse_database_url(url))) as database:
            if not database.read(Statement("SELECT FROM pg_extension WHERE extname = 'pg_trgm'")):
                pytest.skip("this machine's PostgreSQL has no pg_trgm (apt-get install postgresql-contrib)")
            for number, name in enumerate(NAMES):
                insert = "INSERT INTO empleados (nombre, email, posicion, salario) VALUES ($1, $2, 'Jefa', 1)"
                database.write(Statement(insert, ("a", "b")), {"a": name, "b": f"p{number}@example.com"})
            database.write(Statement("ANALYZE empleados"))
            yield database


@pytest.fixture(params=[5, 3_000])
def repository(directory, request):
    """Of a small directory the texts are compared, of a large one the words that it has most."""
    directory.write(Statement(f"UPDATE pg_class SET reltuples = {request.param} WHERE oid = 'empleados'::regclass"))  # noqa: S608
    return Repository(directory)


@pytest.mark.parametrize(
    ("q", "kind", "found"),
    [
        ("guez", "similar", {"Luis Rodríguez", "Eva Domínguez"}),
        ("drig", "similar", {"Luis Rodríguez"}),
        ("garsia", "similar", {"Ana García"}),
        ("LUKAZS", "similar", {"Łukasz Nowak"}),
        ("garcia", "trigram", {"Ana García"}),
        ("xyz", "trigram", set()),
        ("%", "trigram", set()),
    ],
)
def test_what_begins_no_word_is_found_by_likeness(repository, q, kind, found):
    page = repository.list(read_listing([("q", q), ("orden", "nombre")], Audience.LECTOR))
    assert {row["nombre"] for row in json.loads(page.body)} == found
    assert (page.search, page.next_query) == (kind, None)


def test_likeness_keeps_to_the_other_filters(repository):
    page = repository.list(read_listing([("q", "guez"), ("posicion", "Analista")], Audience.LECTOR))
    assert (page.body, page.search) == ("[]", "trigram")
