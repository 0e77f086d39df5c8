"""From one Lambda to the next: the BFF's request to the HTTP API behind it.

Each contestant is a handler that takes an ALB's event of `GET /empleados`, sends the request to an API on the loopback
interface, which keeps its connections open and answers at once with 50 rows, and returns the answer. Ours is bff_app as
it is packaged: it also decides what may pass, limits the exchange in time and size, and writes a log line. All verify
the TLS certificate. httpx, urllib3, requests and http.client keep one connection open, as their documentation advises.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.bench.estimate import quantile, take_turns
from benchmarks.bench.report import Table, Target
from benchmarks.bench.subject import running
from benchmarks.bench.upstream import ROWS
from benchmarks.bench.workshop import event

if TYPE_CHECKING:
    from benchmarks.bench.subject import Subject
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 24, 2
CALLS, QUICK_CALLS = 50, 3
# The original makes a connection with a new TLS context each time: so many calls take as long as all of another's.
SLOW_CALLS, QUICK_SLOW_CALLS = 5, 2
MOST_TO_ORIGINAL = 0.030
PEERS = {
    "original": "the original (urllib, a new connection)",
    "http_client": "http.client alone",
    "urllib3": "urllib3 alone",
    "httpx": "httpx alone",
    "requests": "requests alone",
}
STANDARD_LIBRARY = {"original", "http_client"}


def contestants(workshop: Workshop, scheme: str) -> list[Subject]:
    """Everyone, ours first."""
    url = workshop.tls_upstream if scheme == "https" else workshop.upstream
    trusted = {"SSL_CERT_FILE": str(workshop.trusted)}
    found = [workshop.ours("bff_app", {"CRUD_API_URL": url, "EMAIL_API_URL": url, "DEMO": "true", **trusted})]
    for key, label in PEERS.items():
        handler = "original_bff.handler" if key == "original" else f"{key}_hop.handler"
        packages = None if key in STANDARD_LIBRARY else "clients"
        found.append(workshop.peer(key, label, packages, handler, {"CRUD_API_URL": url, **trusted}))
    return found


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    ours = ("bff_app", "https_p50")
    table = Table(
        key="hop",
        title="The hop from the BFF to the API",
        unit="ms",
        columns={
            f"{scheme}_p{rank}": f"{scheme.upper()}, p{rank}" for scheme in ("https", "http") for rank in (50, 99)
        },
        rows={"bff_app": "bff_app (ours)", **PEERS},
        ours=frozenset({"bff_app"}),
        targets=[
            Target("over HTTPS, p50, to the original", ours, ("original", "https_p50"), most=MOST_TO_ORIGINAL),
            Target("over HTTP, p50, to the original", ("bff_app", "http_p50"), ("original", "http_p50")),
            Target("over HTTPS, p50, to http.client", ours, ("http_client", "https_p50")),
            Target("over HTTPS, p50, to requests", ours, ("requests", "https_p50")),
        ],
    )
    calls, slow_calls = (QUICK_CALLS, QUICK_SLOW_CALLS) if is_quick else (CALLS, SLOW_CALLS)
    with ExitStack() as stack:
        entries = []
        for scheme in ("https", "http"):
            for subject in contestants(workshop, scheme):
                process = stack.enter_context(running(subject))
                # An ALB without multi-value headers is what the original's handler understands; ours takes both.
                sent = event("GET", "/empleados", door="alb_multi" if subject.key == "bff_app" else "alb_single")
                process.call([sent], 3).require(subject, 200, ROWS)
                entries.append((scheme, subject, process, sent))
        for scheme, subject, process, sent in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS):
            times = slow_calls if subject.key == "original" else calls
            done = process.call([sent], times).require(subject, 200, ROWS)
            for rank in (50, 99):
                table.add(subject.key, f"{scheme}_p{rank}", quantile(done.microseconds, rank) / 1000)
    return [table]
