"""The one place where the parts meet, once per process, each at its first use."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from chalice_frontdoor import PerProcess
from chalicelib.correos.aws import ATTEMPTS, MAIL_ATTEMPTS, SesMailer, SqsQueue, client_config
from chalicelib.correos.consumer import Sender
from chalicelib.correos.ledger import DynamoLedger
from chalicelib.correos.settings import Settings
from chalicelib.correos.users import UserRefused, Users


class Services:
    """The parts of the app. Tests replace ``services`` by a subclass with fakes."""

    def __init__(self) -> None:
        # Threads of `chalice local` may share botocore's clients, but not create them at the same time.
        self._making = threading.Lock()

    @cached_property
    def settings(self) -> Settings:
        return Settings()

    @cached_property
    def ledger(self) -> DynamoLedger:
        return DynamoLedger(self._client("dynamodb"), self.settings.ledger_table)

    @cached_property
    def mailer(self) -> SesMailer:
        client = self._client("sesv2", attempts=MAIL_ATTEMPTS)
        return SesMailer(client, self.settings.email_from, self.settings.ses_configuration_set)

    @cached_property
    def queue(self) -> SqsQueue:
        sqs, cloudwatch = self._client("sqs"), self._client("cloudwatch")
        return SqsQueue(sqs, cloudwatch, self.settings.email_queue_url, self.settings.email_dlq_url)

    @cached_property
    def users(self) -> Users:
        if not self.settings.user_pool:  # a demonstration has none
            raise UserRefused("not_found")
        return Users(self._client("cognito-idp"), self.settings.user_pool)

    @cached_property
    def sender(self) -> Sender:
        return Sender(self.ledger, self.mailer, self.queue, self.settings, clock=self.now, new_claim_id=self.new_id)

    def _client(self, service: Any, *, attempts: int = ATTEMPTS) -> Any:  # noqa: ANN401 - one of boto3's
        import boto3  # noqa: PLC0415 - takes 0.4 s, and neither /health nor a refused request needs it

        with self._making:
            return boto3.client(service, config=client_config(attempts=attempts))

    def now(self) -> datetime:
        return datetime.now(UTC)

    def new_id(self) -> str:
        return str(uuid.uuid4())


services = PerProcess(Services)


def prepare() -> None:
    """Import the modules that are otherwise imported at their first use, so that a snapshot contains them."""
    import boto3  # noqa: F401, PLC0415
