"""From one Lambda to the next: the BFF's request to the HTTP API behind it.

Both contestants are handlers that take an ALB's event of `GET /empleados`, send the request to an API on the loopback
interface, which keeps its connections open and answers at once with 50 rows, and return the answer. Ours is bff_app as
it is packaged: it also decides what may pass, limits the exchange in time and size, and writes a log line. Both verify
the TLS certificate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.bench.measuring import Table, Target
from benchmarks.bench.process import Operation, race
from benchmarks.bench.workshop import ROWS, event

if TYPE_CHECKING:
    from benchmarks.bench.workshop import Workshop

ROUNDS = 24
ORIGINAL = "the original (urllib, new connections)"
MOST_TO_ORIGINAL = 0.030


def measure(workshop: Workshop, *, is_quick: bool) -> Table:
    url = workshop.tls_upstream
    environment = {"CRUD_API_URL": url, "EMAIL_API_URL": url, "DEMO": "true", "SSL_CERT_FILE": str(workshop.trusted)}
    target = Target(f"p50, to {ORIGINAL}", ("bff_app", "GET p50"), (ORIGINAL, "GET p50"), MOST_TO_ORIGINAL)
    table = Table("The HTTPS hop from the BFF to the API", "ms", [target])
    # The original makes a TLS context for each connection: five of its calls take as long as fifty of ours. It
    # understands an ALB without multi-value headers; ours takes both.
    contestants = [
        (subject, [Operation("GET", [event("GET", "/empleados", door=door)], calls, rows=ROWS)])
        for subject, door, calls in (
            (workshop.ours("bff_app", environment), "alb_multi", 50),
            (workshop.peer(ORIGINAL, None, "original_bff.handler", environment), "alb_single", 5),
        )
    ]
    race(table, contestants, ROUNDS, is_quick=is_quick)
    return table
