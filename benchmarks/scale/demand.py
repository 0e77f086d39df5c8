"""How much of everything a rate of requests needs, by Little's law: inside is the rate times the time inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, get_type_hints


@dataclass(frozen=True)
class Load:
    """What a request is like. Seconds and shares; the annotation holds the reason."""

    bff_seconds: Annotated[float, "mean time in bff_app, crud_app's included (tools/cost/assumptions.py)"] = 0.060
    crud_seconds: Annotated[float, "mean time in crud_app, its statement included (tools/cost/assumptions.py)"] = 0.030
    idle_seconds: Annotated[float, "how long Lambda keeps what has nothing to do; not promised, often seen"] = 300.0
    statement_seconds: Annotated[float, "a connection is busy: one round trip in the region, and the statement"] = 0.003
    database_cpu_seconds: Annotated[float, "a list of 50 or a change, on one core; measured in docs/performance.md"] = (
        0.0004
    )
    writes: Annotated[float, "of ten requests, one changes a row, as in docs/costs.md"] = 0.1
    mails: Annotated[float, "for each change: one address of human resources"] = 1.0
    mail_seconds: Annotated[float, "a mail: one SES call and two of DynamoDB (tools/cost/assumptions.py)"] = 0.200
    mail_batch: Annotated[int, "messages in the hands of one execution"] = 10
    ledger_units: Annotated[float, "write units of a mail, its three indexes included"] = 14.0


def reasons(load: Load) -> list[tuple[str, str, str]]:
    """Name, value and reason of each."""
    hints = get_type_hints(Load, include_extras=True)
    return [(name, f"{getattr(load, name):g}", hint.__metadata__[0]) for name, hint in hints.items()]


def demand(rate: float, load: Load) -> dict[str, float]:
    """What a steady rate (requests a second) needs, by the names that ``limits.toml`` counts."""
    changes = rate * load.writes
    mails = changes * load.mails
    return {
        "requests": rate,
        "executions": rate * (load.bff_seconds + load.crud_seconds) + mails * load.mail_seconds / load.mail_batch,
        "invocations": 2 * rate + mails / load.mail_batch,
        # A warm function keeps its connection, whether it is busy or not.
        "connections": rate * load.crud_seconds,
        "busy_connections": rate * load.statement_seconds,
        "database_cores": rate * load.database_cpu_seconds,
        "changes": changes,
        "in_flight": mails * load.mail_seconds,
        "mails": mails,
        "ledger_units": mails * load.ledger_units,
    }
