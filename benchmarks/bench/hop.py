"""From one Lambda to the next: the BFF's request to the HTTP API behind it."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.bench.estimate import quantile
from benchmarks.bench.subject import running
from benchmarks.bench.table import Cell, Row, Table, Target, Unit
from benchmarks.bench.turns import take_turns
from benchmarks.bench.upstream import ROWS
from benchmarks.bench.workshop import event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.bench.subject import Subject
    from benchmarks.bench.turns import Progress
    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 24, 2
CALLS, QUICK_CALLS = 50, 3
# A new connection with a new TLS context each time: so many calls take as long as all of another's.
SLOW_CALLS, QUICK_SLOW_CALLS = 5, 2
RANKS = (50, 99)
SCHEMES = ("https", "http")

METHOD = f"""\
Each contestant is a handler that takes an ALB's event of `GET /empleados`, sends the request on to an API on the
loopback interface, which keeps its connections open and answers at once with 50 rows, and returns the answer. Ours is
bff_app as it is packaged, guard, limits and log line included. The TLS certificate is checked by all. In each round
each contestant in turn answers {CALLS} requests, the original {SLOW_CALLS}."""


def contestants(workshop: Workshop, scheme: str) -> Sequence[Subject]:
    """Everybody, ours first."""
    url = workshop.tls_upstream if scheme == "https" else workshop.upstream
    trusted = {"SSL_CERT_FILE": str(workshop.trusted)}
    ours = {"CRUD_API_URL": url, "EMAIL_API_URL": url, "DEMO": "true", **trusted}
    peers = (
        ("original", "the original (urllib, a new connection)", None),
        ("http_client", "http.client alone", None),
        ("urllib3", "urllib3 alone", "clients"),
        ("httpx", "httpx alone", "clients"),
        ("requests", "requests alone", "clients"),
    )
    found = [workshop.ours("bff_app", ours)]
    for key, label, packages in peers:
        handler = "original_bff.handler" if key == "original" else f"{key}_hop.handler"
        found.append(workshop.peer(key, label, packages, handler, {"CRUD_API_URL": url, **trusted}))
    return found


def measure(workshop: Workshop, advance: Progress, *, is_quick: bool) -> Table:
    """Send many requests through everybody, over both schemes."""
    series: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    labels: dict[str, str] = {}
    with ExitStack() as stack:
        entries = []
        for scheme in SCHEMES:
            for subject in contestants(workshop, scheme):
                labels[subject.key] = subject.label
                process = stack.enter_context(running(subject))
                # An ALB without multi-value headers is what the original's handler understands; ours takes both.
                sent = event("GET", "/empleados", door="alb_multi" if subject.key == "bff_app" else "alb_single")
                process.call([sent], 3).require(subject, 200, ROWS)
                entries.append((scheme, subject, process, sent))
        for scheme, subject, process, sent in take_turns(entries, QUICK_ROUNDS if is_quick else ROUNDS, advance):
            done = process.call([sent], _calls(subject, is_quick=is_quick)).require(subject, 200, ROWS)
            for rank in RANKS:
                series[subject.key][f"{scheme}_p{rank}"].append(quantile(done.microseconds, rank) / 1000)
    ours, original = Cell("bff_app", "https_p50"), Cell("original", "https_p50")
    return Table(
        key="hop",
        title="The hop from the BFF to the API",
        method=METHOD,
        unit=Unit.MILLISECONDS,
        columns={f"{scheme}_p{rank}": f"{scheme.upper()}, p{rank}" for scheme in SCHEMES for rank in RANKS},
        rows=[Row(key, label, series[key], is_ours=key == "bff_app") for key, label in labels.items()],
        targets=[
            Target("over HTTPS, p50, to the original", ours, original, most=1 / 40),
            Target("over HTTP, p50, to the original", Cell("bff_app", "http_p50"), Cell("original", "http_p50")),
            Target("over HTTPS, p50, to http.client", ours, Cell("http_client", "https_p50")),
            Target("over HTTPS, p50, to requests", ours, Cell("requests", "https_p50")),
        ],
        differences=[
            "Ours also decides what may pass, limits the whole exchange in time and size, and writes a log line.",
            "httpx, urllib3, requests and http.client keep one connection open, as their documentation advises.",
        ],
    )


def _calls(subject: Subject, *, is_quick: bool) -> int:
    if subject.key == "original":
        return QUICK_SLOW_CALLS if is_quick else SLOW_CALLS
    return QUICK_CALLS if is_quick else CALLS
