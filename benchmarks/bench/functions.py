"""What each function needs of Lambda: memory at its peak, and the memory size that makes it cheapest."""

from __future__ import annotations

import json
import statistics
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.bench.cloud import BATCH, batch, running_cloud, schedule
from benchmarks.bench.memory_size import CALLS_A_START, ONE_PROCESSOR, RUNTIME_MIB, SIZES, Effort, Need
from benchmarks.bench.subject import BenchFailed, Process, running
from benchmarks.bench.table import Cell, Row, Table, Target, Unit
from benchmarks.bench.turns import take_turns
from benchmarks.bench.workshop import ROOT, event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.bench.cloud import Cloud
    from benchmarks.bench.subject import Calls, Subject
    from benchmarks.bench.turns import Progress
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 5, 1
#: Calls of a process after its first one.
CALLS, QUICK_CALLS = 10, 3
#: Events that a sweep finds: about what a busy minute leaves behind.
LEFT_BEHIND = 100
#: How many of them it has to publish in a second.
SWEPT_A_SECOND = 1_000
LEAVE_BEHIND = f"""
INSERT INTO eventos (id, empleado_id, version, tipo, ocurrido_en, actor, payload)
SELECT gen_random_uuid(), last + n, 1, 'creado', now() - interval '1 minute', 'x', '{{}}'
FROM generate_series(1, {LEFT_BEHIND}) AS n, (SELECT coalesce(max(empleado_id), 0) FROM eventos) AS numbers (last)
"""  # noqa: S608 - a number of ours

METHOD = f"""\
Each function as it is packaged, in a new process: one call, from the start of the process on, and then {CALLS} more.
The peak of its memory is the process's, the interpreter (about 10 MiB) included. Lambda gives a function a part of a
processor by its memory size, a whole one at 1,769 MB: how long a call takes at a smaller size is computed from the time
that the processor was at work and the time that was waited, which both are measured. A size is left out that does not
hold the peak and {RUNTIME_MIB} MiB for Lambda's own part. AWS is its emulator, on this machine."""


class Entry(NamedTuple):
    """A function, where its events come from, and what it must answer.

    Attributes:
        configured: the memory size that it has, MB.
        next_event: makes one; called before each call.
        is_right: whether it did its work.
    """

    subject: Subject
    configured: int
    next_event: Callable[[], str]
    is_right: Callable[[object], bool]

    def call(self, process: Process, event: str) -> Calls:
        """Call it once.

        Raises:
            BenchFailed: its answer was not the right one.
        """
        done = process.call([event])
        if not self.is_right(done.answer):
            raise BenchFailed(f"{self.subject.label} answered {str(done.answer)[:300]}")
        return done

    def measure(self, calls: int) -> Need:
        """What it needs, from a process of its own."""
        first_event, begin = self.next_event(), time.perf_counter()
        with running(self.subject) as process:
            first = self.call(process, first_event)
            elapsed = (time.perf_counter() - begin) * 1000
            others = [self.call(process, self.next_event()) for _ in range(calls)]
        processor = statistics.median(each.cpu_microseconds[0] for each in others) / 1000
        took = statistics.median(each.microseconds[0] for each in others) / 1000
        start = first.cpu_since_start / 1000
        return Need(
            others[-1].mebibytes,
            first=Effort(start, max(elapsed - start, 0)),
            next=Effort(processor, max(took - processor, 0)),
        )


def measure(workshop: Workshop, advance: Progress, *, is_quick: bool) -> Sequence[Table]:
    """Start every function some times, and call it."""
    needs: dict[str, list[Need]] = defaultdict(list)
    with ExitStack() as stack:
        cloud = stack.enter_context(running_cloud(workshop.folder / "functions.log"))
        entries = functions(workshop, cloud, stack)
        for entry in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS, advance):
            needs[entry.subject.key].append(entry.measure(QUICK_CALLS if is_quick else CALLS))
    return tables(entries, needs)


def functions(workshop: Workshop, cloud: Cloud, stack: ExitStack) -> Sequence[Entry]:
    """All of ours."""
    apis = {"CRUD_API_URL": workshop.upstream, "EMAIL_API_URL": workshop.upstream, "DEMO": "true"}
    crud = {**cloud.crud_environment, "DATABASE_URL": workshop.near()["DATABASE_URL"]}
    email = cloud.email_environment

    def ours(key: str, label: str, app: str, handler: str, environment: Mapping[str, str]) -> Subject:
        return replace(workshop.ours(app, environment, f"app.{handler}"), key=key, label=label)

    consumer = ours("enviar_correos", f"enviar_correos: a batch of {BATCH}", "email_app", "enviar_correos", email)
    sending = stack.enter_context(running(consumer))

    def leave_behind() -> str:
        workshop.sql(LEAVE_BEHIND)
        return schedule()

    told: list[str] = []

    def tell() -> str:
        if not told:
            sending.call([batch()])
            told.extend(cloud.feedback(BATCH))
        return told.pop()

    return [
        Entry(
            ours("bff", "bff: a list passed on", "bff_app", "app", apis),
            _configured("bff_app"),
            partial(event, "GET", "/empleados", door="alb_multi"),
            _is_success,
        ),
        Entry(
            ours("crud", "crud: a list of 50", "crud_app", "app", crud),
            _configured("crud_app"),
            partial(event, "GET", "/empleados"),
            _is_success,
        ),
        Entry(
            ours("sweep", f"publicar_pendientes: {LEFT_BEHIND} events", "crud_app", "publicar_pendientes", crud),
            _configured("crud_app", "publicar_pendientes"),
            leave_behind,
            _is_nothing,
        ),
        Entry(
            ours("email", "email: a list of mails", "email_app", "app", email),
            _configured("email_app"),
            partial(event, "GET", "/correos"),
            _is_success,
        ),
        Entry(consumer, _configured("email_app", "enviar_correos"), batch, _is_whole_batch),
        Entry(
            ours("feedback", "registrar_resultado: an event of SES", "email_app", "registrar_resultado", email),
            _configured("email_app", "registrar_resultado"),
            tell,
            _is_nothing,
        ),
    ]


def _configured(app: str, function: str = "") -> int:
    """The memory size of an app's API, or of another function of it; Terraform has the same (a test compares)."""
    configuration = json.loads((ROOT / app / ".chalice" / "config.json").read_text("utf-8"))
    configuration |= configuration.get("lambda_functions", {}).get(function, {})
    return int(configuration["lambda_memory_size"])


def _is_success(answer: object) -> bool:
    return isinstance(answer, dict) and answer.get("statusCode") == 200


def _is_nothing(answer: object) -> bool:
    return answer is None


def _is_whole_batch(answer: object) -> bool:
    return answer == {"batchItemFailures": []}


# ---- the tables


def tables(entries: Sequence[Entry], needs: Mapping[str, Sequence[Need]]) -> Sequence[Table]:
    """Memory, time and price."""
    columns = {str(size): f"{size:,} MB" for size in SIZES}

    def rows(tell: Callable[[Need, int], float], suffix: str = "") -> list[Row]:
        return [
            Row(
                f"{entry.subject.key}{suffix}",
                f"{entry.subject.label}{suffix}",
                {
                    str(size): [tell(need, size) for need in needs[entry.subject.key]]
                    for size in SIZES
                    if all(need.fits(size) for need in needs[entry.subject.key])
                },
                is_ours=True,
            )
            for entry in entries
        ]

    return [
        Table(
            key="functions-memory",
            benchmark="functions",
            title="Memory of each function",
            method=METHOD,
            unit=Unit.MEBIBYTES,
            columns={"peak": "peak"},
            rows=[
                Row(
                    entry.subject.key,
                    entry.subject.label,
                    {"peak": [need.mebibytes for need in needs[entry.subject.key]]},
                    is_ours=True,
                )
                for entry in entries
            ],
        ),
        Table(
            key="functions-time",
            benchmark="functions",
            title="Time by memory size",
            method="From the measurements above: a call in a process that is there, and one that has to start it.",
            unit=Unit.MILLISECONDS,
            columns=columns,
            rows=[
                *rows(lambda need, size: need.next.milliseconds(size)),
                *rows(lambda need, size: need.first.milliseconds(size), ", started"),
            ],
            targets=[
                Target(
                    f"publicar_pendientes, {LEFT_BEHIND} events with {ONE_PROCESSOR:,} MB, milliseconds",
                    Cell("sweep", str(ONE_PROCESSOR)),
                    most=1_000 * LEFT_BEHIND / SWEPT_A_SECOND,
                )
            ],
        ),
        Table(
            key="functions-price",
            benchmark="functions",
            title="Price by memory size",
            method="A million calls, of which one in "
            f"{CALLS_A_START:,} starts its process, by the prices in `tools/cost/prices.toml` (x86), without the free "
            "allowance. Lambda rounds each call up to a millisecond, and since August 2025 bills the start, too.",
            unit=Unit.DOLLARS,
            columns=columns,
            rows=rows(lambda need, size: need.dollars(size)),
            differences=[_advice(entry, needs[entry.subject.key]) for entry in entries],
        ),
    ]


def _advice(entry: Entry, found: Sequence[Need]) -> str:
    """Which size is the cheapest, and what another one costs and gains."""
    cheapest = statistics.mode(need.cheapest() for need in found)
    if cheapest == entry.configured:
        return f"{entry.subject.label}: {cheapest} MB is the cheapest, and is what it has."
    more = statistics.median(need.dollars(entry.configured) / need.dollars(cheapest) for need in found)
    faster = statistics.median(
        need.first.milliseconds(cheapest) - need.first.milliseconds(entry.configured) for need in found
    )
    return (
        f"{entry.subject.label}: {cheapest} MB is the cheapest. It has {entry.configured} MB, at {more:.2f} of that "
        f"price: with {cheapest} MB the first call of a process would take {faster / 1000:.1f} s longer."
    )
