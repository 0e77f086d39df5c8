"""From one Lambda to the next: the BFF's request to the HTTP API behind it.

Each contestant is a handler that takes an ALB's event of `GET /empleados`, sends the request to an API on the loopback
interface, which keeps its connections open and answers at once with 50 rows, and returns the answer. Ours is bff_app as
it is packaged: it also decides what may pass, limits the exchange in time and size, and writes a log line. All verify
the TLS certificate. httpx and http.client keep one connection open, as their documentation advises.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target, quantile, take_turns
from benchmarks.bench.subject import Process
from benchmarks.bench.workshop import ROWS, event

if TYPE_CHECKING:
    from benchmarks.bench.subject import Subject
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 24, 2
CALLS, QUICK_CALLS = 50, 3
# The original builds a TLS context for each connection: this many of its calls take as long as a run of another's.
SLOW_CALLS, QUICK_SLOW_CALLS = 5, 2
MOST_TO_ORIGINAL = 0.030
ORIGINAL = "the original (urllib, new connections)"
PEERS = {
    ORIGINAL: (None, "original_bff.handler"),
    "http.client": (None, "http_client_hop.handler"),
    "httpx": ("clients", "httpx_hop.handler"),
}


def contestants(workshop: Workshop) -> list[Subject]:
    url = workshop.tls_upstream
    environment = {"CRUD_API_URL": url, "EMAIL_API_URL": url, "DEMO": "true", "SSL_CERT_FILE": str(workshop.trusted)}
    peers = (workshop.peer(name, packages, handler, environment) for name, (packages, handler) in PEERS.items())
    return [workshop.ours("bff_app", environment), *peers]


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    most = {ORIGINAL: MOST_TO_ORIGINAL}
    targets = [Target(f"p50, to {peer}", ("bff_app", "p50"), (peer, "p50"), most.get(peer)) for peer in PEERS]
    table = Table("The HTTPS hop from the BFF to the API", "ms", targets)
    calls, slow_calls = (QUICK_CALLS, QUICK_SLOW_CALLS) if is_quick else (CALLS, SLOW_CALLS)
    with ExitStack() as stack:
        entries = []
        for subject in contestants(workshop):
            process = stack.enter_context(Process(subject))
            # An ALB without multi-value headers is what the original's handler understands; ours takes both.
            sent = [event("GET", "/empleados", door="alb_multi" if subject.name == "bff_app" else "alb_single")]
            process.call(sent, 3).require(subject, 200, ROWS)
            entries.append((subject, process, sent))
        for subject, process, sent in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS):
            done = process.call(sent, slow_calls if subject.name == ORIGINAL else calls).require(subject, 200, ROWS)
            for rank in (50, 99):
                table.add(subject.name, f"p{rank}", quantile(done.microseconds, rank) / 1000)
    return [table]
