"""The one place where the parts meet: each is made once, at its first use."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.correos.aws import client_config
from chalicelib.correos.consumer import Sender
from chalicelib.correos.idempotency import DynamoPeticiones, Peticiones
from chalicelib.correos.ledger import DynamoLedger, Ledger
from chalicelib.correos.mailer import ATTEMPTS, Mailer, SesMailer
from chalicelib.correos.queue import Queue, SqsQueue
from chalicelib.correos.settings import Settings

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_dynamodb import DynamoDBClient


class Services:
    """The parts of the app. A test gives `Bootstrap.use` a subclass that holds fakes."""

    def __init__(self) -> None:
        # botocore's clients are safe to share between threads, their making is not; `chalice local` has threads.
        self._making = threading.RLock()

    @cached_property
    def settings(self) -> Settings:
        return Settings.from_environment()

    @cached_property
    def ledger(self) -> Ledger:
        return DynamoLedger(self._dynamodb, self.settings.ledger_table)

    @cached_property
    def peticiones(self) -> Peticiones:
        return DynamoPeticiones(self._dynamodb, self.settings.ledger_table)

    @cached_property
    def mailer(self) -> Mailer:
        with self._making:
            return SesMailer(
                self._boto3.client("sesv2", config=client_config(attempts=ATTEMPTS)),
                sender=self.settings.email_from,
                configuration_set=self.settings.ses_configuration_set,
            )

    @cached_property
    def queue(self) -> Queue:
        with self._making:
            return SqsQueue(
                self._boto3.client("sqs", config=client_config()),
                self._boto3.client("cloudwatch", config=client_config()),
                queue_url=self.settings.email_queue_url,
                dlq_url=self.settings.email_dlq_url,
            )

    @cached_property
    def sender(self) -> Sender:
        return Sender(
            ledger=self.ledger,
            mailer=self.mailer,
            queue=self.queue,
            settings=self.settings,
            clock=self.now,
            new_turn=self.new_id,
        )

    @cached_property
    def _dynamodb(self) -> DynamoDBClient:
        with self._making:
            return self._boto3.client("dynamodb", config=client_config())

    @cached_property
    def _boto3(self) -> boto3.Session:
        import boto3  # noqa: PLC0415 - takes 0.4 s, and neither /health nor a refused request needs it

        return boto3.Session()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def new_id(self) -> str:
        return str(uuid.uuid4())


class Bootstrap:
    """Holds the services of this process."""

    def __init__(self) -> None:
        self._services = Services()

    def services(self) -> Services:
        return self._services

    def prepare(self) -> None:
        """Import what is imported at its first use, so that a snapshot of this process has it. Opens nothing."""
        import boto3  # noqa: F401, PLC0415

    def forget(self) -> None:
        """Make the services anew at their next use: a snapshot's connections and keys are those of another process."""
        self.use(Services())

    def use(self, services: Services) -> None:
        """Work with these from now on: for tests, which bring fakes."""
        self._services = services


bootstrap = Bootstrap()
