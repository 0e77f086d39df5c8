"""Clients that hear nothing, and ask again under the same key (docs/design/idempotency.md)."""

from __future__ import annotations

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.faults.books import DIRECT
from tests.faults.scenarios.deaths import dying_at_each_step
from tests.faults.trial import Scenario

if TYPE_CHECKING:
    from tests.faults.client import Told
    from tests.faults.trial import Trial

#: How often a client asks again; longer than anything is under way.
MOST_ATTEMPTS = 20
LEASE_SECONDS = 61
IN_FLIGHT = 409


def create_until_done(trial: Trial, email: str, key: str) -> Told:
    """What a client does that wants its employee, once."""
    for _ in range(MOST_ATTEMPTS):
        told = trial.client.create(email, key=key)
        if told.is_done:
            return told
    trial.check(holds=False, sentence=f"not done after {MOST_ATTEMPTS} attempts: {told.status}")
    return told


def creation_dies(trial: Trial) -> str:
    places = []

    def create() -> None:
        email, key = trial.client.new_email(), str(uuid.uuid4())
        first, second = create_until_done(trial, email, key), create_until_done(trial, email, key)
        trial.check(first.row_id == second.row_id, "a repetition got another answer")
        places.append(first.row_id)

    steps = dying_at_each_step(trial.directory.crud, create)
    trial.check(len(set(places)) == steps + 1, "there is not one row for each key")
    return f"kill -9 at each of {steps} steps of POST with a key, repeated until it is answered"


def double_click(trial: Trial) -> str:
    with ThreadPoolExecutor(2) as clicks:
        for _ in range(10):
            email, key = trial.client.new_email(), str(uuid.uuid4())
            both = list(clicks.map(lambda _: trial.client.create(email, key=key), range(2)))  # noqa: B023 - at once
            strange = [told.status for told in both if not (told.is_done or told.status == IN_FLIGHT)]
            trial.check(not strange, f"answered with {strange}")
            create_until_done(trial, email, key)
    return "10 forms sent twice at once, and once more"


def answer_lost(trial: Trial) -> str:
    trial.client.create()
    wire = trial.directory.calm_wire()
    for _ in range(5):
        email, key = trial.client.new_email(), str(uuid.uuid4())
        # What is repeated is published by the sweep: no mark is under way from here on.
        wire.cut_before_answer = True
        create_until_done(trial, email, key)
    return "5 times the answer of PostgreSQL is lost"


def another_body(trial: Trial) -> str:
    key = str(uuid.uuid4())
    trial.client.create(key=key)
    status = trial.client.create(key=key).status
    trial.check(status == 422, f"told {status}")
    return "the same key with another body: 422"


def direct_mail_dies(trial: Trial) -> str:
    directory = trial.directory
    recipients: list[str] = []

    def ask() -> None:
        to, key = f"{DIRECT}{len(recipients)}@example.com", str(uuid.uuid4())
        recipients.append(to)
        mail = {"to": to, "subject": "Hola", "body": "Hola"}
        for _ in range(MOST_ATTEMPTS):
            answer = directory.http.post("/notify/email", json=mail, headers={"Idempotency-Key": key})
            if answer.is_success:
                return
            directory.pass_time(LEASE_SECONDS)
        trial.check(holds=False, sentence=f"not taken after {MOST_ATTEMPTS} attempts: {answer.status_code}")

    steps = dying_at_each_step(directory.email, ask)
    trial.check(directory.settle(), "it does not settle")
    copies = Counter(recipient for mail in directory.mails for recipient in mail.recipients)
    trial.check(copies == Counter(recipients), f"not one mail for each request: {copies}")
    return f"kill -9 at each of {steps} steps of POST /notify/email with a key, repeated until it is taken"


GROUP = "Retries"
SCENARIOS = (
    Scenario(GROUP, "POST /empleados", creation_dies, is_short=True),
    Scenario(GROUP, "double click", double_click),
    Scenario(GROUP, "answer lost", answer_lost),
    Scenario(GROUP, "key used again", another_body),
    Scenario(GROUP, "POST /notify/email", direct_mail_dies),
)
