"""The local stack for the browser tests: employees, mails and messages that other people put there."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import httpx

from local.sign_in import SignIn
from local.token import fetch_token
from tests.support.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

# Tokens are accepted for fifteen minutes.
TOKEN_SECONDS = 600
INSERT = """
INSERT INTO empleados (nombre, email, posicion, salario, fecha_contratacion)
SELECT * FROM json_to_recordset(CAST(:rows AS json))
    AS row (nombre text, email text, posicion text, salario numeric, fecha_contratacion date)
"""

Employee = dict[str, Any]


class Token(httpx.Auth):
    """An access token of the stack's administrator, renewed before it expires."""

    def __init__(self, state: Path) -> None:
        self._environment = {"LOCAL_STATE": str(state)}
        self._token = ""
        self._end = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """See ``httpx.Auth``."""
        if time.monotonic() > self._end:
            self._token = fetch_token(self._environment, "admin")
            self._end = time.monotonic() + TOKEN_SECONDS
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class LocalStack(Stack):
    """A running stack, and what others do to it while the page is open."""

    def start(self) -> None:
        """Start it and act as its administrator from then on."""
        super().start()
        self.http.auth = Token(self.state)

    def password_of(self, user: str) -> str:
        """The password of ``user``."""
        return SignIn.load(self.state / "sign-in.json").passwords[user]

    def add_user(self, user: str, password: str, *roles: str) -> None:
        """Add a person whose sessions a test may end."""
        sign_in = SignIn.load(self.state / "sign-in.json")
        cognito = self._aws("cognito-idp")
        cognito.admin_create_user(UserPoolId=sign_in.pool, Username=user, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=sign_in.pool, Username=user, Password=password, Permanent=True)
        for role in roles:
            cognito.admin_add_user_to_group(UserPoolId=sign_in.pool, Username=user, GroupName=role)

    def empty(self) -> None:
        """Remove all employees and their history. Ids continue, so that old mails stay with old ids."""
        self.query("TRUNCATE empleados, eventos")

    def insert(self, employees: Iterable[Employee]) -> None:
        """Put rows into the table without events and mails: hundreds of them at once."""
        self.query(INSERT, rows=json.dumps(list(employees)))

    def create(self, **values: Any) -> Employee:
        """Create an employee through the API."""
        return self._data(self.http.post("/empleados", json=an_employee(**values)))

    def change(self, id_: int, **values: Any) -> Employee:
        """Change an employee as another person would."""
        return self._data(self.http.put(f"/empleados/{id_}", json=values))

    def delete(self, id_: int) -> None:
        """Delete an employee as another person would."""
        self.http.delete(f"/empleados/{id_}").raise_for_status()

    def wait_for_mail(self, id_: int) -> None:
        """Wait until a mail about this employee was sent.

        Raises:
            StackFailedError: none came.
        """

        def was_sent() -> bool:
            mails = self.http.get("/correos", params={"empleado": id_}).raise_for_status().json()
            return any(mail["estado"] in {"enviado", "entregado"} for mail in mails)

        self.wait_for(f"a mail about employee {id_}", was_sent)

    def set_aside(self, message: str) -> None:
        """Put a message into the dead-letter queue."""
        self._aws("sqs").send_message(QueueUrl=self.variable("EMAIL_DLQ_URL"), MessageBody=message)

    def employees(self, **query: str) -> list[Employee]:
        """What the API lists, the first 200."""
        rows: list[Employee] = self.http.get("/empleados", params={"limite": "200", **query}).raise_for_status().json()
        return rows

    def events(self, id_: int) -> list[str]:
        """The kinds of an employee's events, newest first."""
        return [event["tipo"] for event in self.http.get(f"/empleados/{id_}/eventos").raise_for_status().json()]

    def _aws(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload] - the stubs know only the names that are written out
            endpoint_url=self.variable("AWS_ENDPOINT_URL"),
            region_name=self.variable("AWS_DEFAULT_REGION"),
            aws_access_key_id=self.variable("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self.variable("AWS_SECRET_ACCESS_KEY"),
        )

    @staticmethod
    def _data(response: httpx.Response) -> Employee:
        row: Employee = response.raise_for_status().json()
        return row

    @property
    def inbox_url(self) -> str:
        """The address of its inbox."""
        return self.variable("INBOX_URL")


def an_employee(**values: Any) -> Employee:
    """An employee; only ``values`` matter."""
    return {
        "nombre": "Ana Pérez",
        "email": "ana@example.com",
        "posicion": "Analista",
        "salario": 5000.5,
        "fecha_contratacion": "2020-01-31",
        **values,
    }


def many_employees(number: int) -> list[Employee]:
    """Employees in four positions, with names that sort by their number."""
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
def running_stack(folder: Path) -> Iterator[LocalStack]:
    """A stack for the length of a ``with`` block."""
    stack = LocalStack(folder)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        stack.http.close()
