"""What each function needs from Lambda: memory at its peak, and the time and price that each memory size would give.

Each function as it is packaged, in a new process: one call, measured from the start of the process, then some more.
Lambda gives a function a share of a processor by its memory size, a whole one at 1,769 MB: the time at a smaller size
is computed from the measured times of processor and waiting. A size is left out if it does not hold the peak and
Lambda's own part. The price is that of a million calls, of which one in a thousand starts its process, without the free
tier; Lambda rounds each call up to a millisecond and bills the start. AWS is its emulator, on this machine.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
import time
import uuid
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.bench.estimate import take_turns
from benchmarks.bench.report import Table, Target
from benchmarks.bench.subject import BenchFailed, Subject, running
from benchmarks.bench.workshop import ROOT, event
from chalice_devserver.project import LOCAL_ACCOUNT
from local import resources
from local.client import client_of
from local.emulator import CREDENTIALS, REGION, Emulator
from tools.cost.model import FreeTier, price_usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 5, 1
CALLS, QUICK_CALLS = 10, 3
SIZES = (128, 256, 512, 1024, 1769)  # MB
ONE_PROCESSOR = 1769  # MB: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
RUNTIME_MIB = 30  # of the process's memory that Lambda's own part takes, roughly
CALLS_A_START = 1_000
MILLION = 1_000_000

BATCH = 10  # messages that the consumer gets at most
LEFT_BEHIND = 100  # events that a sweep finds after a busy minute
SWEPT_A_SECOND = 1_000  # that it must publish
CREATED = (ROOT / "tests" / "contracts" / "creado.json").read_text("utf-8")
LEAVE_BEHIND = f"""
INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload)
SELECT gen_random_uuid(), last + n, 1, 'creado', now() - interval '1 minute', 'x', '{CREATED}'
FROM generate_series(1, {LEFT_BEHIND}) AS n, (SELECT coalesce(max(empleado_id), 0) FROM eventos) AS numbers (last)
"""  # noqa: S608 - all of it is ours

SCHEDULED = {
    "version": "0",
    "id": "7d0b5a3c-0000-4000-8000-000000000000",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": LOCAL_ACCOUNT,
    "time": "2026-11-24T09:30:00Z",
    "region": REGION,
    "resources": [],
    "detail": {},
}


class Effort(NamedTuple):
    """Milliseconds of a call: of the processor, and of waiting."""

    processor: float
    waiting: float

    def milliseconds(self, size: int) -> float:
        """How long it takes with ``size`` MB."""
        return self.waiting + self.processor * max(1.0, ONE_PROCESSOR / size)


class Need(NamedTuple):
    """What a function needs: its peak in MiB, a call that starts its process, and any other."""

    mebibytes: float
    first: Effort
    next: Effort

    def fits(self, size: int) -> bool:
        return self.mebibytes + RUNTIME_MIB <= size

    def dollars(self, size: int) -> float:
        """The price of a million calls with ``size`` MB."""
        billed = math.ceil(self.next.milliseconds(size)) + math.ceil(self.first.milliseconds(size)) / CALLS_A_START
        gb_seconds = Decimal(billed) / 1000 * MILLION * size / 1024
        duration = price_usage("lambda_duration", gb_seconds, FreeTier.NONE)
        return float(duration + price_usage("lambda_requests", Decimal(MILLION), FreeTier.NONE))


class Entry(NamedTuple):
    """A function, what makes its next event, and what it must answer: a status, or exactly this."""

    subject: Subject
    next_event: Callable[[], str]
    answer: object

    def measure(self, calls: int) -> Need:
        """What it needs, from a process of its own."""
        first_event, begin = self.next_event(), time.perf_counter()
        with running(self.subject) as process:
            done = process.call([first_event])
            self._require(done.answer)
            elapsed, start = (time.perf_counter() - begin) * 1000, done.cpu_since_start / 1000
            others = [process.call([self.next_event()]) for _ in range(calls)]
        for other in others:
            self._require(other.answer)
        processor = statistics.median(other.cpu_microseconds[0] for other in others) / 1000
        took = statistics.median(other.microseconds[0] for other in others) / 1000
        return Need(
            others[-1].mebibytes,
            first=Effort(start, max(elapsed - start, 0)),
            next=Effort(processor, max(took - processor, 0)),
        )

    def _require(self, answer: object) -> None:
        found = answer.get("statusCode") if isinstance(answer, dict) and isinstance(self.answer, int) else answer
        if found != self.answer:
            raise BenchFailed(f"{self.subject.label} answered {str(answer)[:300]}")


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    needs: dict[str, list[Need]] = defaultdict(list)
    with Emulator(workshop.folder / "functions.log") as emulator:
        entries = functions(workshop, emulator.endpoint)
        for entry in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS):
            needs[entry.subject.key].append(entry.measure(QUICK_CALLS if is_quick else CALLS))
    rows = {entry.subject.key: entry.subject.label for entry in entries}
    starts = {f"{key}-started": f"{label}, started" for key, label in rows.items()}
    sizes = {str(size): f"{size:,} MB" for size in SIZES}
    swept = Target(
        f"publicar_pendientes, {LEFT_BEHIND} events with {ONE_PROCESSOR:,} MB, milliseconds",
        ("sweep", str(ONE_PROCESSOR)),
        most=1_000 * LEFT_BEHIND / SWEPT_A_SECOND,
    )
    ours = frozenset(rows)
    memory = Table("functions-memory", "Memory of each function", "MiB", {"peak": "peak"}, rows, ours)
    times = Table("functions-time", "Time by memory size", "ms", sizes, rows | starts, ours, [swept])
    prices = Table("functions-price", "Price of a million calls by memory size", "US$", sizes, rows, ours)
    for key, found in needs.items():
        for need in found:
            memory.add(key, "peak", need.mebibytes)
            for size in SIZES:
                if all(other.fits(size) for other in found):
                    times.add(key, str(size), need.next.milliseconds(size))
                    times.add(f"{key}-started", str(size), need.first.milliseconds(size))
                    prices.add(key, str(size), need.dollars(size))
    return [memory, times, prices]


def functions(workshop: Workshop, endpoint: str) -> list[Entry]:
    """All of ours but registrar_resultado, which has the modules of enviar_correos and one call of DynamoDB."""
    aws = {**CREDENTIALS, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": endpoint}
    apis = {"CRUD_API_URL": workshop.upstream, "EMAIL_API_URL": workshop.upstream, "DEMO": "true"}
    topic = f"arn:aws:sns:{REGION}:{LOCAL_ACCOUNT}:{resources.TOPIC}"
    crud = {**aws, "SNS_TOPIC_ARN": topic, "DATABASE_URL": workshop.near()["DATABASE_URL"]}
    configuration = json.loads((ROOT / "email_app/.chalice/config.json").read_text("utf-8"))
    email = {
        **configuration["stages"]["local"]["environment_variables"],
        **aws,
        "EMAIL_QUEUE_URL": f"{endpoint}/{LOCAL_ACCOUNT}/{resources.QUEUE}",
        "EMAIL_DLQ_URL": f"{endpoint}/{LOCAL_ACCOUNT}/{resources.DEAD_LETTER_QUEUE}",
        "MAIL_RATE": "1000",
        "DEMO": "true",
    }
    resources.create_resources(lambda service: client_of(service, endpoint))

    def sweep() -> str:
        workshop.sql(LEAVE_BEHIND)
        return json.dumps(SCHEDULED)

    def ours(key: str, what: str, app: str, environment: dict[str, str], function: str = "app") -> Subject:
        return replace(workshop.ours(app, environment, f"app.{function}"), key=key, label=f"{key}: {what}")

    listing = partial(event, "GET", "/empleados")
    return [
        Entry(ours("bff", "a forwarded list", "bff_app", apis), partial(listing, door="alb_multi"), 200),
        Entry(ours("crud", "a list of 50", "crud_app", crud), listing, 200),
        Entry(ours("sweep", f"{LEFT_BEHIND} events", "crud_app", crud, "publicar_pendientes"), sweep, None),
        Entry(ours("email", "a list of mails", "email_app", email), partial(event, "GET", "/correos"), 200),
        Entry(
            ours("enviar_correos", f"a batch of {BATCH}", "email_app", email, "enviar_correos"),
            make_batch,
            {"batchItemFailures": []},
        ),
    ]


def make_batch() -> str:
    """A full batch of the queue: new employees, each time others."""
    bodies = [json.dumps(json.loads(CREATED) | {"id": str(uuid.uuid4())}, ensure_ascii=False) for _ in range(BATCH)]
    records = [
        {
            "messageId": str(uuid.uuid4()),
            "receiptHandle": str(uuid.uuid4()),
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:{LOCAL_ACCOUNT}:{resources.QUEUE}",
            "awsRegion": REGION,
        }
        for body in bodies
    ]
    return json.dumps({"Records": records})
