"""The local stack under test: `make run`, with ports and a folder of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pg8000.dbapi
from sqlalchemy.engine import make_url

from infra.local.emulator import free_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90
STOP_SECONDS = 60
MAIL_SECONDS = 20
INSERT = "INSERT INTO empleados (nombre, email, posicion, salario, fecha_contratacion) VALUES (%s, %s, %s, %s, %s)"
PORTS = ("BFF_PORT", "CRUD_PORT", "EMAIL_PORT", "AWS_PORT")

Employee = dict[str, Any]


class StackFailedError(RuntimeError):
    """The stack did not come up; the message holds what it said."""


class LocalStack:
    """A running stack. What it says is in the file ``log``."""

    def __init__(self, state: Path) -> None:
        ports = {name: str(free_port()) for name in PORTS}
        self.url = f"http://127.0.0.1:{ports['BFF_PORT']}"
        self.state = state
        self.log = state.with_suffix(".log")
        self._ready = threading.Event()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "infra.local"],
            cwd=ROOT,
            env={**os.environ, **ports, "LOCAL_STATE": str(state), "DATABASE_URL": "", "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._wait_until_ready()
        self.api = httpx.Client(base_url=self.url, timeout=30)

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout, self.log.open("w", encoding="utf-8") as log:
            for line in self._process.stdout:
                log.write(line)
                log.flush()
                if "ready" in line:
                    self._ready.set()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._ready.wait(0.1):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.terminate()
                raise StackFailedError(self.log.read_text(encoding="utf-8"))

    def stop(self) -> None:
        """End it, as Ctrl-C would."""
        self.api.close()
        self._process.terminate()
        self._process.wait(STOP_SECONDS)
        self._reader.join()

    # ---- what the tests need of it

    def empty(self) -> None:
        """Forget all employees and their history. Ids go on, so that old mails stay with old ids."""
        self._execute("TRUNCATE empleados, eventos")

    def insert(self, employees: Iterable[Employee]) -> None:
        """Put rows into the table, without events and mails: hundreds of them in no time."""
        rows = [
            [row[name] for name in ("nombre", "email", "posicion", "salario", "fecha_contratacion")]
            for row in employees
        ]
        self._execute(INSERT, rows)

    def create(self, **values: Any) -> Employee:
        """Create an employee through the API."""
        return self._data(self.api.post("/empleados", json=an_employee(**values)))

    def change(self, id_: int, **values: Any) -> Employee:
        """Change an employee as another person would."""
        return self._data(self.api.put(f"/empleados/{id_}", json=values))

    def delete(self, id_: int) -> None:
        """Delete an employee as another person would."""
        self.api.delete(f"/empleados/{id_}").raise_for_status()

    def wait_for_mail(self, id_: int) -> None:
        """Wait until a mail about this employee was sent.

        Raises:
            TimeoutError: none came.
        """
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            mails = self.api.get("/correos", params={"empleado": id_}).raise_for_status().json()
            if any(mail["estado"] in {"enviado", "entregado"} for mail in mails):
                return
            time.sleep(0.1)
        raise TimeoutError(f"no mail about employee {id_} within {MAIL_SECONDS} s")

    def set_aside(self, message: str) -> None:
        """Put a message among those that could not be processed."""
        variables = self._variables
        queue = boto3.client(
            "sqs",
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            region_name=variables["AWS_DEFAULT_REGION"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )
        queue.send_message(QueueUrl=variables["EMAIL_DLQ_URL"], MessageBody=message)

    def employees(self, **query: str) -> list[Employee]:
        """What the API lists, the first 200."""
        rows: list[Employee] = self.api.get("/empleados", params={"limite": "200", **query}).raise_for_status().json()
        return rows

    def events(self, id_: int) -> list[str]:
        """The kinds of an employee's events, newest first."""
        return [event["tipo"] for event in self.api.get(f"/empleados/{id_}/eventos").raise_for_status().json()]

    @staticmethod
    def _data(response: httpx.Response) -> Employee:
        row: Employee = response.raise_for_status().json()
        return row

    @property
    def inbox_url(self) -> str:
        """Where its mails can be looked at."""
        return self._variables["INBOX_URL"]

    @property
    def _variables(self) -> dict[str, str]:
        lines = shlex.split((self.state / "env").read_text(encoding="utf-8"), comments=True)
        return dict(line.split("=", 1) for line in lines)

    def _execute(self, statement: str, rows: list[list[Any]] | None = None) -> None:
        url = make_url(self._variables["DATABASE_URL"])
        socket = f"{url.query['host']}/.s.PGSQL.5432"
        connection = pg8000.dbapi.connect(user=url.username or "postgres", database=url.database, unix_sock=socket)
        try:
            cursor = connection.cursor()
            if rows is None:
                cursor.execute(statement)
            else:
                cursor.executemany(statement, rows)
            connection.commit()
        finally:
            connection.close()


def an_employee(**values: Any) -> Employee:
    """An employee of whom only ``values`` matter."""
    return {
        "nombre": "Ana Pérez",
        "email": "ana@example.com",
        "posicion": "Analista",
        "salario": 5000.5,
        "fecha_contratacion": "2020-01-31",
        **values,
    }


def many_employees(number: int) -> list[Employee]:
    """Employees whose names sort as they are numbered, in four positions."""
    positions = ("Analista", "Contable", "Diseñadora", "Técnico")
    return [
        an_employee(
            nombre=f"Empleado {index:04}",
            email=f"e{index:04}@example.com",
            posicion=positions[index % 4],
            salario=1000 + index,
        )
        for index in range(number)
    ]


@contextmanager
def running_stack(state: Path) -> Iterator[LocalStack]:
    """A stack for the length of a ``with`` block."""
    stack = LocalStack(state)
    try:
        yield stack
    finally:
        stack.stop()
