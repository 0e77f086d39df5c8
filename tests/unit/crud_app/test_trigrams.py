"""Parts of words and slips of the pen, on a PostgreSQL with trigrams: Debian's, where the machine has it."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from chalicelib.directorio.database import Database, Statement
from chalicelib.directorio.employee import Audience
from chalicelib.directorio.query import read_listing
from chalicelib.directorio.repository import Repository
from chalicelib.directorio.settings import parse_database_url
from local import guardian
from local.postgres import migrate

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=Path()).parent
NAMES = ("Ana García", "Luis Rodríguez", "Eva Domínguez", "Łukasz Nowak", "Zoe Pérez")


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    if not Path("/usr/share/postgresql", PROGRAMS.parent.name, "extension/pg_trgm.control").exists():
        pytest.skip("this machine has no PostgreSQL with pg_trgm")
    folder = Path(tmp_path_factory.mktemp("trigrams"))
    user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}

    def run(program, *arguments):
        subprocess.run([PROGRAMS / program, *arguments], check=True, capture_output=True, cwd="/", **user)

    if user:
        for part in folder.parents[:3]:
            part.chmod(part.stat().st_mode | 0o011)
        shutil.chown(folder, "postgres")
    data = folder / "data"
    guardian.watch(data, signal.SIGINT)
    run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8")
    private = f"-k {folder} -h '' -c unix_socket_permissions=0700"
    run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", private, "start")
    url = f"postgresql://postgres@/postgres?host={folder}"
    migrate(url)
    database = Database(parse_database_url(url))
    for number, name in enumerate(NAMES):
        insert = "INSERT INTO empleados (nombre, email, posicion, salario) VALUES ($1, $2, 'Jefa', 1)"
        database.write(Statement(insert, ("a", "b")), {"a": name, "b": f"p{number}@example.com"})
    database.write(Statement("ANALYZE empleados"))
    yield database
    database.close()
    run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    guardian.release(data)


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
