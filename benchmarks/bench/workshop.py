"""What the benchmarks share: the packages as Lambda unpacks them, the peers, a database, and APIs to call."""

from __future__ import annotations

import compileall
import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import quote

import certifi

from benchmarks.bench.subject import BenchFailed, Subject
from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.events import Wire, event_for
from local.guardian import Child
from local.postgres import migrate, running_postgres
from tests.support.tls import make_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "build"
PEERS = ROOT / ".bench"
HANDLERS = Path(__file__).with_name("peers")
APPS = ("crud_app", "email_app", "bff_app")
DATABASE = "bench"
# What a REST API knows of the routes; no other front door here asks.
TEMPLATES = ("/empleados", "/empleados/{row_id}")
ROWS = 50

# The peers that keep employees: label, packages, handler, and the variable that takes which address of the database.
DATABASE_PEERS = {
    "original": ("the original (ORM + psycopg2)", "original", "original_app.handler", "SQLALCHEMY_URL", "ORM_PSYCOPG2"),
    "fastapi": ("FastAPI + Mangum + ORM + psycopg", "fastapi", "fastapi_app.handler", "SQLALCHEMY_URL", "ORM_PSYCOPG"),
    "chalice_orm": ("Chalice + ORM + pg8000", "chalice_orm", "chalice_orm_app.app", "SQLALCHEMY_URL", "ORM_PG8000"),
    "pg8000": ("raw pg8000", "pg8000", "pg8000_app.handler", "PG8000_ARGUMENTS", "PG8000_ARGUMENTS"),
    "psycopg": ("raw psycopg 3", "psycopg", "psycopg_app.handler", "LIBPQ_URL", "LIBPQ_URL"),
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

# Nothing here must outlive a crash of the machine: no contestant waits for the disk.
NO_DISK = f"ALTER DATABASE {DATABASE} SET synchronous_commit = off"


class Workshop:
    """See the module.

    Args:
        folder: an empty one, that is removed afterwards.
        postgres: a running server.
    """

    def __init__(self, folder: Path, postgres: Postgres, stack: ExitStack) -> None:
        self.folder = folder
        self.postgres = postgres
        self._stack = stack
        self._unpack()
        self._copy_handlers()
        self._link_runtime()
        self.database_url = postgres.create_database(DATABASE)
        migrate(self.database_url)
        postgres.execute(NO_DISK)
        self.sql(FILL)

    def sql(self, statement: str) -> str:
        """What psql prints for a statement."""
        return self.postgres.execute(statement, database=DATABASE)

    @property
    def socket(self) -> str:
        """The server's Unix socket."""
        return f"{self.postgres.socket_folder}/.s.PGSQL.5432"

    def ours(self, app: str, environment: Mapping[str, str], handler: str = "app.app") -> Subject:
        """One of the project's apps, as it is packaged."""
        return Subject(app, f"{app} (ours)", (self._app(app), self._runtime), handler, environment)

    def unpublished(self, environment: Mapping[str, str]) -> Subject:
        """crud_app without its topic: see ``peers/unpublished.py``."""
        folders = (self._handlers(compiled=True), self._app("crud_app"), self._runtime)
        return Subject("crud_app", "crud_app (ours)", folders, "unpublished.handler", environment)

    def peer(  # noqa: PLR0913 - what a peer is made of
        self,
        key: str,
        label: str,
        packages: str | None,
        handler: str,
        environment: Mapping[str, str] | None = None,
        *,
        compiled: bool = True,
    ) -> Subject:
        """A peer: its handler, and the packages that `requirements/bench` locks for it.

        Args:
            key: what it is called in the results.
            label: what people read.
            packages: whose lock file; None for the standard library alone.
            handler: a module of ``peers``, and a name in it.
            environment: all of its environment variables.
            compiled: whether its modules have their ``.pyc`` beside them, which no tool of its users makes.
        """
        folders = [self._handlers(compiled=compiled)]
        if packages:
            folders.append(PEERS / packages / ("compiled" if compiled else "plain"))
        return Subject(key, label, (*folders, self._runtime), handler, environment or {})

    def database_peer(self, key: str, where: Mapping[str, str], *, compiled: bool = True) -> Subject:
        """One of ``DATABASE_PEERS``; ``where`` is the database in everyone's terms."""
        label, packages, handler, variable, address = DATABASE_PEERS[key]
        return self.peer(key, label, packages, handler, {variable: where[address]}, compiled=compiled)

    def door(self) -> Subject:
        """The project's front door alone."""
        folders = (self._handlers(compiled=True), self._app("crud_app"), self._runtime)
        return Subject("frontdoor", "frontdoor (ours)", folders, "frontdoor_door.handler")

    def near(self) -> Mapping[str, str]:
        """Through the Unix socket."""
        folder = quote(str(self.postgres.socket_folder))
        return {
            "DATABASE_URL": self.database_url,
            "LIBPQ_URL": self.database_url,
            "ORM_PSYCOPG": f"postgresql+psycopg://postgres@/{DATABASE}?host={folder}",
            "ORM_PSYCOPG2": f"postgresql+psycopg2://postgres@/{DATABASE}?host={folder}",
            "ORM_PG8000": f"postgresql+pg8000://postgres@/{DATABASE}?unix_sock={quote(self.socket)}",
            "PG8000_ARGUMENTS": json.dumps({"unix_sock": self.socket}),
        }

    def far(self, port: int) -> Mapping[str, str]:
        """Through a TCP port of this machine."""
        rest = f"postgres@127.0.0.1:{port}/{DATABASE}"
        return {
            "DATABASE_URL": f"postgresql://{rest}?sslmode=disable",
            "LIBPQ_URL": f"postgresql://{rest}?sslmode=disable",
            "ORM_PSYCOPG": f"postgresql+psycopg://{rest}?sslmode=disable",
            "ORM_PSYCOPG2": f"postgresql+psycopg2://{rest}?sslmode=disable",
            "ORM_PG8000": f"postgresql+pg8000://{rest}",
            "PG8000_ARGUMENTS": json.dumps({"host": "127.0.0.1", "port": port}),
        }

    @cached_property
    def upstream(self) -> str:
        """An API behind plain HTTP."""
        return f"http://localhost:{self._start_upstream()}"

    @cached_property
    def tls_upstream(self) -> str:
        """The same over HTTPS, with a certificate that is among the ``trusted`` ones."""
        return f"https://localhost:{self._start_upstream(str(self._certificate))}"

    @cached_property
    def trusted(self) -> Path:
        """A file of certificates: all that the world trusts, as on any machine, and the API's."""
        world = Path(certifi.where()).read_text("utf-8")
        file = self.folder / "trusted.pem"
        file.write_text(world + self._certificate.read_text("utf-8"), "utf-8")
        return file

    @cached_property
    def _certificate(self) -> Path:
        """A key and a certificate for ``localhost`` that signs itself."""
        return make_certificate(self.folder / "certificate.pem")

    def _start_upstream(self, *arguments: str) -> int:
        command = [sys.executable, str(Path(__file__).with_name("upstream.py")), *arguments]
        process = Child(command, stdout=subprocess.PIPE)
        self._stack.callback(process.communicate)
        self._stack.callback(process.stop)
        assert process.stdout
        return int(process.stdout.readline())

    @property
    def _runtime(self) -> Path:
        return self.folder / "runtime"

    def _app(self, app: str) -> Path:
        return self.folder / "apps" / app

    def _handlers(self, *, compiled: bool) -> Path:
        return self.folder / "handlers" / ("compiled" if compiled else "plain")

    def _unpack(self) -> None:
        for app in APPS:
            package = PACKAGES / app / "deployment.zip"
            if not package.exists():
                raise BenchFailed(f"{package.relative_to(ROOT)} is missing: make package")
            with zipfile.ZipFile(package) as archive:
                archive.extractall(self._app(app))

    def _copy_handlers(self) -> None:
        for compiled in (False, True):
            target = self._handlers(compiled=compiled)
            shutil.copytree(HANDLERS, target, ignore=shutil.ignore_patterns("__pycache__"))
            if compiled:
                compile_folder(target)

    def _link_runtime(self) -> None:
        self._runtime.mkdir()
        installed = Path(sysconfig.get_path("purelib"))
        for name in RUNTIME_PACKAGES:
            compile_folder(installed / name)
            (self._runtime / name).symlink_to(installed / name)


def compile_folder(folder: Path) -> None:
    """Put a ``.pyc`` beside each module that has none."""
    compileall.compile_dir(folder, quiet=1) if folder.is_dir() else compileall.compile_file(folder, quiet=1)


def door_of(peer: str) -> str:
    """The front door whose events a peer understands: Chalice as it comes takes only those of a REST API."""
    return "rest" if peer == "chalice_orm" else "http_api_2"


def event(method: str, path: str, body: object = None, *, door: str = "http_api_2") -> str:
    """The event of a request by a person with the role rrhh, as JSON."""
    content = b"" if body is None else json.dumps(body).encode()
    path, _, query = path.partition("?")
    headers = (("content-type", "application/json"),) if content else ()
    wire = Wire(method, path, query, (*headers, ("accept", "application/json")), content, person("rrhh"))
    return json.dumps(event_for(door, wire, TEMPLATES))


@contextmanager
def open_workshop() -> Iterator[Workshop]:
    """A workshop for the length of a ``with`` block.

    Raises:
        BenchFailed: the apps are not packaged.
    """
    with ExitStack() as stack:
        # Not below the project: as root, PostgreSQL runs as another user, which may not read everything there.
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        folder.chmod(0o755)
        postgres = stack.enter_context(running_postgres(folder / "postgres"))
        yield Workshop(folder, postgres, stack)
