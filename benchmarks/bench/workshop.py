"""What the benchmarks share: the packages as Lambda unpacks them, the peers, a database, and an API to call."""

from __future__ import annotations

import compileall
import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import certifi

from benchmarks.bench.process import BenchFailed, Subject
from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.events import Wire, event_for
from local.guardian import Child
from local.postgres import migrate, running_postgres
from tests.support.tls import make_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".bench"
HANDLERS = Path(__file__).with_name("peers")
DATABASE = "bench"
ROWS = 50

ORIGINAL, FASTAPI, PSYCOPG = "the original (ORM + psycopg2)", "FastAPI + Mangum + ORM", "raw psycopg 3"
# The peers that keep employees: packages and handler, the variable and the scheme of the database's address.
DATABASE_PEERS = {
    ORIGINAL: ("original", "original_app.handler", "SQLALCHEMY_URL", "postgresql+psycopg2"),
    FASTAPI: ("fastapi", "fastapi_app.handler", "SQLALCHEMY_URL", "postgresql+psycopg"),
    PSYCOPG: ("psycopg", "psycopg_app.handler", "LIBPQ_URL", "postgresql"),
}
# What AWS puts beside the code in its Python runtimes, compiled.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")

FILL = f"""
INSERT INTO empleados (nombre, email, posicion, salario, fecha_contratacion)
SELECT 'Nombre' || n || ' Apellido' || n % 1000, 'persona' || n || '@example.com', 'Puesto ' || n % 200, n % 9000,
       date '2000-01-01' + n % 9000
FROM generate_series(1, {ROWS}) AS n;
ANALYZE empleados;
"""  # noqa: S608 - our own number


class Workshop:
    """See the module. ``folder`` is empty, and removed afterwards; ``stack`` ends what is started."""

    def __init__(self, folder: Path, postgres: Postgres, stack: ExitStack) -> None:
        self.postgres = postgres
        self.folder = folder
        self._stack = stack
        for package in (ROOT / "build").glob("*_app/deployment.zip"):
            with zipfile.ZipFile(package) as archive:
                archive.extractall(folder / package.parent.name)
        if not (folder / "crud_app").exists():
            raise BenchFailed("build/crud_app/deployment.zip is missing: make package")
        for name in ("plain", "compiled"):
            shutil.copytree(HANDLERS, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(folder / "compiled", quiet=1)
        link_runtime(folder / "runtime")
        migrate(postgres.create_database(DATABASE))
        # Nothing here must outlive a crash of the machine: no contestant waits for the disk.
        postgres.execute(f"ALTER DATABASE {DATABASE} SET synchronous_commit = off")
        self.sql(FILL)

    def sql(self, statement: str) -> str:
        """What psql prints for a statement."""
        return self.postgres.execute(statement, database=DATABASE)

    def remove_created(self) -> None:
        """Leave the tables as they were, without dead rows, which a query for a 51st row would walk through."""
        self.sql("DELETE FROM empleados WHERE email LIKE 'nueva%@bench.example.com'; DELETE FROM eventos")
        self.sql("VACUUM empleados, eventos")

    def ours(self, app: str, environment: Mapping[str, str], handler: str = "app.app") -> Subject:
        """One of the project's apps, as it is packaged; the handler may be one of ``peers``."""
        folders = [self.folder / app, self.folder / "runtime"]
        if not handler.startswith("app."):
            folders.insert(0, self.folder / "compiled")
        return Subject(app, tuple(folders), handler, environment)

    def peer(
        self, name: str, packages: str | None, handler: str, environment: Mapping[str, str] | None = None
    ) -> Subject:
        """A peer with its ``packages`` (`requirements/bench`) compiled, which no tool of its users does."""
        folders = [self.folder / "compiled", *([PEERS / packages / "compiled"] if packages else [])]
        return Subject(name, (*folders, self.folder / "runtime"), handler, environment or {})

    def as_shipped(self, subject: Subject) -> Subject:
        """A peer without ``.pyc``, as its users' tools pack it."""
        handlers, packages, runtime = subject.folders
        folders = (handlers.with_name("plain"), packages.with_name("plain"), runtime)
        return replace(subject, name=f"{subject.name}, as shipped", folders=folders)

    def database_peers(self) -> list[Subject]:
        """All of ``DATABASE_PEERS``, through the Unix socket."""
        return [
            self.peer(name, packages, handler, {variable: self.address(scheme)})
            for name, (packages, handler, variable, scheme) in DATABASE_PEERS.items()
        ]

    def address(self, scheme: str = "postgresql") -> str:
        """The address of the database for libpq, or for SQLAlchemy with a driver."""
        return self.postgres.url(DATABASE).replace("postgresql", scheme, 1)

    @cached_property
    def upstream(self) -> str:
        """An API behind plain HTTP."""
        return f"http://localhost:{self._start_upstream()}"

    @cached_property
    def tls_upstream(self) -> str:
        """The same over HTTPS, with a certificate that is among the ``trusted`` ones."""
        certificate = make_certificate(self.folder / "certificate.pem")
        self.trusted.write_text(Path(certifi.where()).read_text("utf-8") + certificate.read_text("utf-8"), "utf-8")
        return f"https://localhost:{self._start_upstream(str(certificate))}"

    @property
    def trusted(self) -> Path:
        """A file of certificates: all that the world trusts, as on any machine, and that of ``tls_upstream``."""
        return self.folder / "trusted.pem"

    def _start_upstream(self, *arguments: str) -> int:
        command = [sys.executable, str(Path(__file__).with_name("upstream.py")), *arguments]
        process = Child(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._stack.callback(process.communicate)
        assert process.stdout
        return int(process.stdout.readline())


def link_runtime(folder: Path) -> None:
    """Put what is beside the code in AWS's Python runtimes into a new folder."""
    folder.mkdir()
    for name in RUNTIME_PACKAGES:
        (folder / name).symlink_to(Path(sysconfig.get_path("purelib")) / name)


def event(
    method: str, path: str, body: object = None, *, door: str = "http_api_2", headers: tuple[tuple[str, str], ...] = ()
) -> str:
    """The event of a request by a person with the role rrhh, as JSON."""
    content = b"" if body is None else json.dumps(body).encode()
    path, _, query = path.partition("?")
    headers += (("content-type", "application/json"),) if content else ()
    wire = Wire(method, path, query, (*headers, ("accept", "application/json")), content, person("rrhh"))
    return json.dumps(event_for(door, wire))


@contextmanager
def open_workshop() -> Iterator[Workshop]:
    with ExitStack() as stack:
        # Not below the project: as root, PostgreSQL runs as another user, which may not read everything there.
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        folder.chmod(0o755)
        postgres = stack.enter_context(running_postgres(folder / "postgres"))
        yield Workshop(folder, postgres, stack)
