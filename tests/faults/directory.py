"""The whole system, each part of which can be broken: PostgreSQL, AWS, the network between, and Lambda's sandboxes.

The parts are those of `make run` (`local`). What `make run` leaves to time is here done step by step, so that a
fault meets a known moment: nothing is published, delivered or told by SES but when `Directory` is asked to. And what
waits for minutes need not be waited for: `pass_time` makes events older, lets hidden messages be seen again, and puts
email_app's clock ahead.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx
import pg8000.native
from jwt import PyJWKClient

from chalice_devserver.authorizer import JwtAuthorizer
from chalice_devserver.doors import HttpApi, LoadBalancer
from chalice_devserver.project import InvocationFailed
from chalice_devserver.pump.queue import QueueReader, failed_ids, lambda_record
from chalice_devserver.pump.schedule import schedule_event
from chalice_devserver.server import AppServer
from local import resources
from local.emulator import REGION, Emulator, client_of, without_aws
from local.mail import Mail, events
from local.postgres import Postgres, migrate
from local.settings import Settings
from local.sign_in import create_sign_in
from local.stack import app_environment
from local.token import fetch_token
from tests.faults.aws_front import AwsFront
from tests.faults.client import Client
from tests.faults.sandbox import Fleet, Function
from tests.support.waiting import wait_until
from tests.support.wire import WireProxy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from chalice_devserver.doors import Door

DATABASE = "empleados"
NOTIFY_TO = ("rrhh@example.com", "direccion@example.com")
#: Longer than everything in this system waits (email_app's WAIT_FOR_SEND is the longest), in seconds.
LONG = 16 * 60
BATCH = 10
#: The longest that SQS allows: what was received comes again when `pass_time` says so, and not before, in seconds.
VISIBILITY = 12 * 3600
#: Invocations of crud_app at once, which `make faults` exceeds.
CONCURRENCY = 4
#: How often `settle` advances time before it gives up.
ROUNDS = 20
#: All tables except Alembic's.
TRUNCATE = """
DO $$ BEGIN EXECUTE (
    SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
); END $$
"""


class Directory:
    """See the module."""

    def __init__(self, cleanup: ExitStack) -> None:
        """Start everything in a folder of its own, for as long as ``cleanup`` lasts."""
        self._cleanup = cleanup
        self._folder = Path(cleanup.enter_context(TemporaryDirectory(prefix="faults-")))
        self.data = self._folder / "postgres"
        self._servers: list[AppServer] = []
        self.mails: list[Mail] = []
        self._untold: list[Mail] = []
        self._told: list[dict[str, Any]] = []
        self._hidden: list[MessageTypeDef] = []
        self._lock = threading.Lock()
        self._start_postgres()
        emulator = self._cleanup.enter_context(Emulator(self._folder / "emulator.log"))
        self.aws = AwsFront(emulator.endpoint, self._take_mail)
        self.aws.start()
        self._cleanup.callback(self.aws.stop)
        self._endpoint = emulator.endpoint
        self.sqs = self.aws_client("sqs")
        self._create_resources()
        self._start_apps()

    def _start_postgres(self) -> None:
        self.postgres = Postgres(self.data)
        self._cleanup.callback(self.stop_postgres)
        migrate(self.postgres.create_database(DATABASE))
        self.sql("ALTER SYSTEM SET fsync = off")
        self.sql("SELECT pg_reload_conf()")
        self.wire = self._cleanup.enter_context(WireProxy(str(self.postgres.socket_folder / ".s.PGSQL.5432")))

    def _create_resources(self) -> None:
        self._table = {name: value for name, value in resources.LEDGER_DEFINITION.items() if name != "TimeToLive"}
        resources.create_resources(self.aws_client)
        self.queue, self.dlq = (QueueReader(self.sqs, name) for name in (resources.QUEUE, resources.DEAD_LETTER_QUEUE))
        self.sqs.set_queue_attributes(QueueUrl=self.queue.url, Attributes={"VisibilityTimeout": str(VISIBILITY)})

    def _start_apps(self) -> None:
        sign_in = create_sign_in(self.aws_client("cognito-idp"), self._endpoint, ["http://localhost:8000"], {})
        sign_in.save(self._folder / "sign-in.json")
        settings = Settings.from_environment({"NOTIFY_TO": ",".join(NOTIFY_TO), "NOTIFY_EMPLOYEE": "true"})
        behind_front = replace(sign_in, endpoint=self.aws.url)
        self.environment = {
            **without_aws(os.environ),
            **app_environment(settings, behind_front, self.wire.url(self.postgres.url(DATABASE)), inbox_url=""),
            "PYTHONUNBUFFERED": "1",
            "AWS_REGION": REGION,
            "DATABASE_POOL_SIZE": "1",
            "DEMO": "false",
        }
        door = HttpApi(JwtAuthorizer(sign_in.issuer, sign_in.audience, PyJWKClient(sign_in.keys_url)))
        crud, email = self.fleet("crud_app"), self.fleet("email_app")
        self.crud, self.sweeper = Function(crud, "api_handler"), Function(crud, "publicar_pendientes")
        self.email, self.consumer = Function(email, "api_handler"), Function(email, "enviar_correos")
        self.feedback = Function(email, "registrar_resultado")
        upstreams = {"CRUD_API_URL": self.serve(self.crud, door), "EMAIL_API_URL": self.serve(self.email, door)}
        bff = self.fleet("bff_app", **upstreams)
        self.bff = Function(bff, "api_handler")
        self.url = self.serve(self.bff, LoadBalancer(), concurrency=100)
        self._functions = (self.crud, self.sweeper, self.email, self.consumer, self.feedback, self.bff)
        self._cleanup.callback(self._retire_all)
        for fleet in (crud, email, bff):
            fleet.wait_until_ready()
        self.http = self._cleanup.enter_context(httpx.Client(base_url=self.url, timeout=60, trust_env=False))

    def fleet(self, app: str, **changes: str) -> Fleet:
        fleet = Fleet(app, self._folder, {**self.environment, **changes})
        self._cleanup.callback(fleet.stop)
        return fleet

    def serve(self, function: Function, door: Door, *, concurrency: int = CONCURRENCY) -> str:
        """Put a function behind a door with a concurrency limit; returns its address."""
        server = AppServer(0, function, door, concurrency=concurrency)  # type: ignore[arg-type] # all that it needs
        server.start()
        self._cleanup.callback(server.stop)
        self._servers.insert(0, server)  # those that ask others come first
        return f"http://127.0.0.1:{server.port}"

    def aws_client(self, service: str) -> Any:
        """A client of the emulator itself, past the front that fails."""
        return client_of(service, self._endpoint)

    def sql(self, statement: str) -> str:
        """Run SQL by psql, past everything that is under test."""
        return self.postgres.execute(statement, database=DATABASE)

    def session(self) -> pg8000.native.Connection:
        path = f"{self.postgres.socket_folder}/.s.PGSQL.5432"
        return pg8000.native.Connection("postgres", database=DATABASE, unix_sock=path, timeout=60)

    def stop_postgres(self) -> None:
        """As a maintenance does: connections are cut, data is kept."""
        self.postgres.shut_down()

    def start_postgres(self) -> None:
        self.postgres = Postgres(self.data)
        self.wire.target = f"{self.postgres.socket_folder}/.s.PGSQL.5432"

    def _take_mail(self, mail: Mail) -> None:
        with self._lock:
            self.mails.append(mail)
            self._untold.append(mail)

    def tell_events(self, *, backwards: bool = False) -> int:
        """Bring SES's events about the mails since the last time to email_app; the result is how many."""
        with self._lock:
            mails, self._untold = self._untold, []
        news = [event for mail in mails for event in events(mail)]
        pending, self._told = self._told + news[:: -1 if backwards else 1], []
        for event in pending:
            try:
                sns: dict[str, Any] = {"Subject": None, "Message": json.dumps(event), "MessageAttributes": {}}
                self.feedback.invoke({"Records": [{"EventSource": "aws:sns", "Sns": sns}]})
            except InvocationFailed:
                self._told.append(event)  # SNS brings it again
        return len(pending)

    def sweep(self) -> None:
        """The schedule's minute has come."""
        self.sweeper.invoke(schedule_event("sweep", datetime.now(UTC)))

    def receive(self) -> list[MessageTypeDef]:
        """A batch of what waits in the queue; nothing when nothing does."""
        return self.queue.receive(BATCH, 0, threading.Event()) if self.depth()[0] else []

    def receive_all(self) -> list[MessageTypeDef]:
        return [message for batch in iter(self.receive, []) for message in batch]

    def batch_event(self, batch: Sequence[MessageTypeDef]) -> dict[str, Any]:
        return {"Records": [lambda_record(message, self.queue.arn) for message in batch]}

    def deliver(self, batch: Sequence[MessageTypeDef]) -> int:
        """Bring a batch to the consumer as Lambda does; the result is how many messages are done and deleted."""
        try:
            answer = self.consumer.invoke(self.batch_event(batch))
            failed = failed_ids(answer, [message["MessageId"] for message in batch])
        except InvocationFailed:
            failed = frozenset(message["MessageId"] for message in batch)
        done = [message for message in batch if message["MessageId"] not in failed]
        self.queue.delete(done)
        self._hidden += [message for message in batch if message["MessageId"] in failed]
        return len(done)

    def drain(self) -> int:
        """Deliver everything that is visible; the result is how many messages are done."""
        done = 0
        while batch := self.receive():
            done += self.deliver(batch)
        return done

    def pass_time(self, seconds: float) -> None:
        for table, moment, is_open in (
            ("eventos", "ocurrido_en", "publicado_en IS NULL"),
            ("lotes", "ultimo_en", "cerrado_en IS NULL"),
        ):
            self.sql(f"UPDATE {table} SET {moment} = {moment} - interval '{seconds} s' WHERE {is_open}")  # noqa: S608
        for function in (self.email, self.consumer, self.feedback):
            function.later += seconds
        hidden, self._hidden = self._hidden, []
        for message in hidden:
            # One that has been received too often is in the dead letter queue by now.
            with suppress(self.sqs.exceptions.MessageNotInflight, self.sqs.exceptions.ReceiptHandleIsInvalid):
                self.sqs.change_message_visibility(
                    QueueUrl=self.queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )

    def settle(self) -> bool:
        """Let time pass until nothing moves any more; False when it goes on for ever."""
        self.wait_until_idle()
        for _ in range(ROUNDS):
            self.pass_time(LONG)
            with suppress(InvocationFailed):
                self.sweep()
            moved = self.drain() + self.tell_events()
            if not moved and self.is_quiet():
                return True
        return False

    def wait_until_idle(self) -> None:
        """Return when no request is under way, those included whose client has left.

        Connections are accepted in their order: what was sent before an answered request is being answered.
        """
        states = [server._server.server_state for server in self._servers]  # noqa: SLF001 - uvicorn knows its tasks
        for server in self._servers:
            httpx.get(f"http://127.0.0.1:{server.port}/health", timeout=60, trust_env=False)
            wait_until(lambda: not any(state.tasks for state in states), "the end of all requests")

    def resend_dead_letters(self) -> None:
        """Bring them back to the queue, as an administrator does; one request takes 10 s at most."""
        wait_until(lambda: self.http.post("/cola/reenviar").json()["quedan"] == 0, "the end of the dead letters")

    def recover(self) -> None:
        """The fault is over: ask until a change is taken again."""
        wait_until(lambda: self.client.create().is_done, "a change that is taken")

    def calm_wire(self) -> WireProxy:
        """The way to PostgreSQL when nothing passes on it any more, so that a fault meets the next statement.

        The mark of a published event is sent behind an answer, and no client waits for it: the fault could hit it.
        """
        wait_until(lambda: not self.pending_events() and self.wire.is_answered, "the mark of the published events")
        return self.wire

    def is_quiet(self) -> bool:
        return not (self._hidden or self._told or self._untold or self.pending_events() or sum(self.depth()))

    def pending_events(self) -> int:
        return int(self.sql("SELECT count(*) FROM eventos WHERE publicado_en IS NULL"))

    def depth(self, queue: QueueReader | None = None) -> tuple[int, int]:
        """Messages of the queue: visible, and hidden."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=(queue or self.queue).url, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])

    def dead_letters(self) -> int:
        return self.depth(self.dlq)[0]

    def ledger(self) -> dict[tuple[str, str], str]:
        """The state of each mail in the ledger, by event and recipient."""
        pages = self.aws_client("dynamodb").get_paginator("scan").paginate(TableName=resources.LEDGER_TABLE)
        return {
            (item["evento"]["S"], item["destinatario"]["S"].lower()): item["estado"]["S"]
            for page in pages
            for item in page["Items"]
            if "destinatario" in item  # else it is a client's key
        }

    def reset(self) -> None:
        """Forget everything, for the next test: ``afterwards`` puts things in order when it has been counted."""
        self.sql(TRUNCATE)
        for queue in (self.queue, self.dlq):
            self.sqs.purge_queue(QueueUrl=queue.url)
        dynamodb = self.aws_client("dynamodb")
        dynamodb.delete_table(TableName=resources.LEDGER_TABLE)
        dynamodb.create_table(TableName=resources.LEDGER_TABLE, **self._table)
        self._retire_all()
        self.mails, self._untold, self._told, self._hidden = [], [], [], []
        for function in self._functions:
            function.later = 0
        # A token is good for an hour, and all faults may take longer.
        token = fetch_token({"LOCAL_STATE": str(self._folder)}, "admin")
        self.http.headers["Authorization"] = f"Bearer {token}"
        self.client = Client(self.http)
        self.afterwards = ExitStack()

    def _retire_all(self) -> None:
        for function in self._functions:
            function.retire()
