"""docs/reliability.md: the promises in plain words, and under them the table that held them last."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.settings import ROOT
from tests.faults.table import LEGEND, markdown, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.trial import Result

PATH = ROOT / "docs" / "reliability.md"
PROMISES = """\
# Reliability

What you may rely on, and what you may not. `make faults` breaks the whole system in each way of the table below, counts
rows, events, messages and mails afterwards, and fails when a promise is not kept (`tests/faults/books.py` is the list
as code). This file is written by `make faults DOCS=1`.

## Guaranteed

- **A 2xx is durable.** What was answered with 200, 201 or 204 is committed in PostgreSQL, whatever happens afterwards.
- **Every change has exactly one event**, and no event is without its change: one statement writes both.
- **The client is told the truth.** A 503 with `Retry-After` means that nothing was done: repeat it. Where nobody can
  know, the answer says so (`urn:crud-empleados:outcome-unknown`, or `resultado_desconocido: true` where the
  process behind died, or a page of AWS's own with 502 or 504): look before you repeat, or send the request with an
  `Idempotency-Key`, and repeat it.
- **A repeated creation makes no second employee**: the address is unique, and with the same `Idempotency-Key` the
  repetition gets the first answer, for 24 hours.
- **Every event reaches the queue**, at the latest by the sweep that runs each minute, however long SNS is down.
- **Every readable event becomes one mail for each recipient, or a recorded failure** (`fallido`, with SES's reason).
- **A mail of unknown fate is marked so** (`incierto`), settled by SES's own `Send` event, and sent a second time only
  when none came within 15 minutes. There is never a third copy.
- **What cannot be read ends in the dead letter queue**, and takes none of its neighbours along.
- **An older state never overwrites a newer one**: not in a row (`If-Match`), and not in the state of a mail, in
  whatever order SES's events come.

## At least once

- **Events on the topic and in the queue** may come twice, and out of order. Whoever else subscribes must know an event
  by its `id`, and its place by `empleado.version`.
- **A mail may come twice**: when SES took it, its answer was lost, and its `Send` event was lost, too. The table's
  column “twice” counts how often.

## Not promised

- **When** a mail comes. Normally within seconds; after SNS was down, within a minute of its return; after SES was down
  for longer than five deliveries (15 minutes on AWS), when somebody brings the dead letters back
  (`POST /cola/reenviar`, the button of the page).
- **The order of mails**, also of those about one employee.
- **Writes while PostgreSQL is away or read-only.** They are refused within seconds. Reads go on where a
  standby answers.
- **Why PgBouncer's connection to PostgreSQL ended.** It does not say so: a change that an administrator's shutdown cut
  off, which is repeated on a direct connection, is an unknown outcome through the pooler.
- **What PostgreSQL itself loses**: an asynchronous standby that takes over may lack the last commits.
- **That a mail is read**, or not taken for spam: a bounce and a complaint are recorded, and not sent again.

## What was broken, and what was left

"""


def document(results: Sequence[Result], *, is_full: bool) -> str:
    """The whole file."""
    how = "make faults FULL=1" if is_full else "make faults"
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    return f"{PROMISES}`{how}` on {when}: {verdict(results)}. {LEGEND}\n\n{markdown(results)}\n"
