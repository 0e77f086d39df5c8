"""From one Lambda to the next: the BFF's request to the HTTP API behind it.

Both contestants are handlers that take an ALB's event of `GET /empleados`, send the request to an API on the loopback
interface, which keeps its connections open and answers at once with 50 rows, and return the answer. Ours is bff_app as
it is packaged: it also decides what may pass, limits the exchange in time and size, and writes a log line. Both verify
the TLS certificate.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target, quantile, take_turns
from benchmarks.bench.subject import Process
from benchmarks.bench.workshop import ROWS, event

if TYPE_CHECKING:
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 24, 2
ORIGINAL = "the original (urllib, new connections)"
MOST_TO_ORIGINAL = 0.030
# The original builds a TLS context for each connection: this many of its calls take as long as a run of ours. It
# understands an ALB without multi-value headers; ours takes both.
CALLS, QUICK_CALLS = {"bff_app": 50, ORIGINAL: 5}, 2
DOORS = {"bff_app": "alb_multi", ORIGINAL: "alb_single"}


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    url = workshop.tls_upstream
    environment = {"CRUD_API_URL": url, "EMAIL_API_URL": url, "DEMO": "true", "SSL_CERT_FILE": str(workshop.trusted)}
    peer = workshop.peer(ORIGINAL, None, "original_bff.handler", environment)
    target = Target(f"p50, to {ORIGINAL}", ("bff_app", "p50"), (ORIGINAL, "p50"), MOST_TO_ORIGINAL)
    table = Table("The HTTPS hop from the BFF to the API", "ms", [target])
    with ExitStack() as stack:
        entries = []
        for subject in (workshop.ours("bff_app", environment), peer):
            process = stack.enter_context(Process(subject))
            sent = [event("GET", "/empleados", door=DOORS[subject.name])]
            process.call(sent, 3).require(subject, 200, ROWS)
            entries.append((subject, process, sent))
        for subject, process, sent in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS):
            calls = QUICK_CALLS if is_quick else CALLS[subject.name]
            done = process.call(sent, calls).require(subject, 200, ROWS)
            for rank in (50, 99):
                table.add(subject.name, f"p{rank}", quantile(done.microseconds, rank) / 1000)
    return [table]
