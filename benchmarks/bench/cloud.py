"""The AWS that our functions need, on this machine: what they are told by their variables, and the events they get."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmarks.bench.subject import BenchFailed
from local import resources
from local.client import client_of
from local.emulator import CREDENTIALS, REGION, Emulator
from local.ports import HOST
from local.project import LOCAL_ACCOUNT
from local.pump.queue import lambda_record
from local.pump.schedule import schedule_event
from local.ses import SesFront, events
from local.settings import ROOT
from tests.support.feedback import feedback_event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from local.inbox import Mail

CONTRACT = ROOT / "tests" / "contracts" / "creado.json"
#: What a batch of the queue holds at most.
BATCH = 10
#: How long SES's front may take to hand on a mail that it took, in seconds.
MAIL_SECONDS = 10


class Cloud:
    """See the module.

    Args:
        endpoint: the emulator's.
    """

    def __init__(self, endpoint: str) -> None:
        self._mails: list[Mail] = []
        self._endpoint = endpoint
        self._ses = SesFront(endpoint, on_mail=self._mails.append)
        table = json.loads((ROOT / "email_app/chalicelib/correos/ledger_table.json").read_text("utf-8"))
        sns, sqs, dynamodb, ses = (client_of(name, endpoint) for name in ("sns", "sqs", "dynamodb", "sesv2"))
        resources.create_resources(sns, sqs, dynamodb, ses, table)
        self._ses.start()

    def close(self) -> None:
        """Stop what this started."""
        self._ses.stop()

    @property
    def crud_environment(self) -> Mapping[str, str]:
        """What crud_app is told of AWS."""
        return {**self._environment, "SNS_TOPIC_ARN": _arn("sns", resources.TOPIC)}

    @property
    def email_environment(self) -> Mapping[str, str]:
        """What email_app is told. It may send as fast as it can."""
        configuration = json.loads((ROOT / "email_app/.chalice/config.json").read_text("utf-8"))
        return {
            **configuration["stages"]["local"]["environment_variables"],
            **self._environment,
            "AWS_ENDPOINT_URL_SESV2": f"http://{HOST}:{self._ses.port}",
            "EMAIL_QUEUE_URL": f"{self._endpoint}/{LOCAL_ACCOUNT}/{resources.QUEUE}",
            "EMAIL_DLQ_URL": f"{self._endpoint}/{LOCAL_ACCOUNT}/{resources.DEAD_LETTER_QUEUE}",
            "MAIL_RATE": "1000",
            "DEMO": "true",
        }

    @property
    def _environment(self) -> Mapping[str, str]:
        return {**CREDENTIALS, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": self._endpoint}

    def feedback(self, number: int) -> Sequence[str]:
        """What SES says of the next mails that were sent: as many events as are asked for.

        Raises:
            BenchFailed: so many mails were not sent.
        """
        deadline = time.monotonic() + MAIL_SECONDS
        while len(self._mails) < number:
            if time.monotonic() > deadline:
                raise BenchFailed(f"{len(self._mails)} mails were sent where {number} were due")
            time.sleep(0.01)
        mails = [self._mails.pop() for _ in range(number)]
        return [json.dumps(feedback_event(next(iter(events(mail))))) for mail in mails]


@contextmanager
def running_cloud(log: Path) -> Iterator[Cloud]:
    """A cloud for the length of a ``with`` block; the emulator writes into ``log``."""
    with Emulator(log) as emulator:
        cloud = Cloud(emulator.endpoint)
        try:
            yield cloud
        finally:
            cloud.close()


def schedule() -> str:
    """The event of the minute."""
    return json.dumps(schedule_event("sweep", datetime.now(UTC)))


def batch() -> str:
    """A full batch of the queue: ten new employees."""
    return json.dumps({"Records": [_queue_record(_new_employee()) for _ in range(BATCH)]})


def _new_employee() -> str:
    """What crud_app publishes, each time of another event."""
    return json.dumps(json.loads(CONTRACT.read_text("utf-8")) | {"id": str(uuid.uuid4())}, ensure_ascii=False)


def _queue_record(body: str) -> dict[str, Any]:
    message: MessageTypeDef = {
        "MessageId": str(uuid.uuid4()),
        "ReceiptHandle": str(uuid.uuid4()),
        "Body": body,
        "MD5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "Attributes": {"ApproximateReceiveCount": "1"},
    }
    return lambda_record(message, _arn("sqs", resources.QUEUE))


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{LOCAL_ACCOUNT}:{name}"
