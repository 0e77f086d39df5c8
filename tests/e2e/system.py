"""The deployed system as a test sees it: the page's address, and AWS and PostgreSQL behind it."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import httpx

from contract.roles import ROLES
from local.emulator import CREDENTIALS, REGION, client_of
from local.sign_in import user_of
from tests.e2e.identity import Identity, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from local.emulator import Emulator
    from local.postgres import Postgres
    from tests.e2e.project import Project

    MakeClient = Callable[[str], Any]

DATABASE = "directory"
# The role that owns the second environment's tables, and migrates them.
OWNER = "dueno"
# What Lambda itself logs about each invocation.
LAMBDAS_OWN = ("START RequestId", "END RequestId", "REPORT RequestId")
ACCESS_COOKIE = "__Host-acceso"

# What the emulator's gate asks of a request for ministack's own pages.
SIGNATURE = f"AWS4-HMAC-SHA256 Credential={CREDENTIALS['AWS_ACCESS_KEY_ID']}/-/-/ses/aws4_request"

Headers = dict[str, str]


def program_of(role: str) -> str:
    return f"programa-{role}"


# Beside the defaults: a program for each role, and a key of the account's own as in production.
VARIABLES = {"machine_clients": {program_of(role): role for role in ROLES}, "customer_key": True}


class DeployedSystem:
    """A deployment in a running emulator, with IAM enforced. ``http`` asks as a program with the role admin."""

    def __init__(self, project: Project, emulator: Emulator, postgres: Postgres) -> None:
        self.project = project
        self.outputs = outputs = project.outputs()
        self.page = Page(outputs["url"], emulator.endpoint)
        self.client = client_maker(emulator)
        self.topic = f"arn:aws:sns:{REGION}:{outputs['account']['number']}:{outputs['name']}-email-topic"
        self.queue: str = self.client("sqs").get_queue_url(QueueName=f"{outputs['name']}-email-queue")["QueueUrl"]
        self.identity = Identity(self.client, outputs["sign_in"])
        self.http = self.page.client()
        # A program's token is good for an hour, a person's for 5 minutes.
        self.http.headers.update(self.program("admin"))
        self._endpoint = emulator.endpoint
        self._postgres = postgres

    def person(self, role: str | None) -> Headers:
        """The headers of a person who is invited and signs in, with a role or without one."""
        name = user_of(role or "nadie")
        cookies = self.identity.sign_in(self.page, name, self.identity.invite(name, role))
        return {"Authorization": f"Bearer {cookies[ACCESS_COOKIE]}"}

    def program(self, role: str) -> Headers:
        return {"Authorization": f"Bearer {self.identity.program_token(program_of(role), role)}"}

    def balancer_of(self, name: str) -> str:
        """Where the emulator answers as the load balancer ``name``.

        It routes by names, not by networks: on AWS an internal one cannot be reached.
        """
        return f"{self._endpoint}/_alb/{name}"

    def query(self, statement: str) -> str:
        return self._postgres.execute(statement, database=DATABASE)

    def let_in(self, role: str, database: str) -> str:
        """Give ``database`` another role, as the runbook has it; return its address for that role."""
        return let_in(self._postgres, role, database)

    def shut_out(self, role: str) -> None:
        """Close a role of the database, as the runbook has it."""
        self._postgres.execute(f"ALTER ROLE {role} NOLOGIN")
        self._postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'")  # noqa: S608 - ours

    def create(self, nombre: str) -> None:
        email = f"{nombre.lower().replace(' ', '.')}@example.com"
        empleado = {"nombre": nombre, "email": email, "posicion": "Analista", "salario": 5000}
        answer = self.http.post("/empleados", json=empleado)
        assert answer.status_code == 201, answer.text

    def send_mail(self, recipient: str, subject: str) -> str:
        answer = self.http.post("/notify/email", json={"to": recipient, "subject": subject, "body": "Hola."})
        assert answer.status_code == 202, answer.text
        return answer.headers["location"]

    def state_of(self, place: str) -> str:
        state: str = self.http.get(place).json()["estado"]
        return state

    def mails_about(self, text: str) -> list[dict[str, Any]]:
        """The mails that SES took and that say ``text`` somewhere."""
        inbox = self._ask_emulator("ses")
        return [mail for mails in inbox.values() for mail in mails if text in str(mail)]

    def messages_in(self, queue_url: str) -> list[str]:
        accounts = self._ask_emulator("sqs", QueueUrl=queue_url).values()
        queues = [queue for regions in accounts for queues in regions.values() for queue in queues.values()]
        return [message["Body"] for messages in queues for message in messages]

    def _ask_emulator(self, service: str, **parameters: str) -> dict[str, Any]:
        url = f"{self._endpoint}/_ministack/{service}/messages"
        answer = httpx.get(url, params=parameters, headers={"Authorization": SIGNATURE}, trust_env=False)
        messages: dict[str, Any] = answer.raise_for_status().json()["messages"]
        return messages

    def logs_since(self, start: float) -> Iterable[str]:
        """What the functions have logged since ``start`` (seconds since the epoch), function by function."""
        logs = self.client("logs")
        for name in self.outputs["functions"].values():
            group = f"/aws/lambda/{name}"
            events = logs.filter_log_events(logGroupName=group, startTime=int(start * 1000))["events"]
            messages = [event["message"] for event in sorted(events, key=lambda each: each["timestamp"])]
            yield from [f"{group}: {message}" for message in messages if not message.startswith(LAMBDAS_OWN)]


def let_in(postgres: Postgres, role: str, database: str) -> str:
    """Make ``role``, which may log in; return the address of ``database`` for it. `make migrate` gives it rights."""
    postgres.execute(f"CREATE ROLE {role} LOGIN")
    return postgres.url(database).replace("postgres@", f"{role}@")


def client_maker(emulator: Emulator) -> MakeClient:
    """Makes clients with the rights of the account's owner, each once: making one reads its service's model."""
    return cache(partial(client_of, endpoint=emulator.endpoint))
