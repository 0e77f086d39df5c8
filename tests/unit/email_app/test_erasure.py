"""Forgetting: the ledger names the person no more, and still makes one mail of each event and recipient."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.correos.erasure import Erasure
from chalicelib.correos.ledger import MAX_PAGE, DynamoLedger, to_item
from chalicelib.correos.mail import FORGOTTEN, UNSENT, Mail, State
from chalicelib.correos.mail_query import as_dict
from chalicelib.correos.mailer import EVENT_TAG, RECIPIENT_TAG
from chalicelib.correos.ses_feedback import record_result
from tests.unit.email_app.fakes import FakeClock, FakeLedger, FakeServices

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.correos.ledger import Ledger

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANA = "ana@example.com"
HR = "rrhh@example.com"


def mail(number: int, destinatario: str, *, empleado: int | None = 7, **changes: object) -> Mail:
    """A mail that was delivered, ``number`` seconds after noon."""
    moment = NOW + timedelta(seconds=number)
    row = Mail(
        evento=f"0b6b0a4e-6f0c-4b60-9d0d-{number:012}",
        destinatario=destinatario,
        tipo="creado",
        asunto="Alta: Ana Pérez",
        creado_en=moment,
        actualizado_en=moment,
        empleado=empleado,
        estado=State.DELIVERED,
    )
    return replace(row, **changes)


NOTICE, GREETING = mail(1, HR), mail(2, "Ana@Example.com")
DIRECTO = mail(3, ANA, empleado=None, tipo="directo", asunto="Reunión")
OF_EVA, TO_EVA = mail(4, HR, empleado=8, asunto="Alta: Eva"), mail(5, "eva@example.com", empleado=None, asunto="Hola")
ALL = (NOTICE, GREETING, DIRECTO, OF_EVA, TO_EVA)


@pytest.fixture(params=["dynamo", "fake"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    ledger = FakeLedger() if request.param == "fake" else DynamoLedger(*request.getfixturevalue("dynamo_table"))
    for row in ALL:
        ledger.create(row)
    return ledger


@pytest.fixture
def erasure(ledger: Ledger) -> Erasure:
    return Erasure(ledger, FakeClock(), empleado=7, addresses=[" ANA@example.com"])


def rows(ledger: Ledger) -> list[Mail]:
    return [row for row in (ledger.read(each.evento, each.digest) for each in ALL) if row]


def test_finds_what_is_about_the_person_and_what_went_to_it(erasure: Erasure) -> None:
    assert erasure.look() == {"mails": 3, "telling": 3, "unsent": 0}


def test_no_word_about_the_person_is_left(erasure: Erasure, ledger: Ledger) -> None:
    assert list(erasure.forget()) == [1, 2, 3]

    items = json.dumps([to_item(row) for row in rows(ledger)], ensure_ascii=False).lower()
    assert [word for word in ("ana", "reunión") if word in items] == []


def test_what_happened_stays(erasure: Erasure, ledger: Ledger) -> None:
    list(erasure.forget())

    assert len(rows(ledger)) == len(ALL)
    changed = dict.fromkeys(("destinatario", "asunto", "actualizado_en"))
    assert [as_dict(row) | changed for row in rows(ledger)] == [as_dict(row) | changed for row in ALL]


def test_who_else_was_told_stays(erasure: Erasure, ledger: Ledger) -> None:
    list(erasure.forget())

    notice, greeting, direct, *_ = rows(ledger)
    assert [as_dict(row)["destinatario"] for row in (notice, greeting, direct)] == [HR, None, None]


def test_others_stay_as_they_are(erasure: Erasure, ledger: Ledger) -> None:
    list(erasure.forget())

    assert rows(ledger)[3:] == [OF_EVA, TO_EVA]


def test_a_second_time_changes_nothing(erasure: Erasure, ledger: Ledger) -> None:
    list(erasure.forget())
    before = rows(ledger)

    assert list(erasure.forget()) == []
    assert rows(ledger) == before
    assert erasure.look() == {"mails": 1 + 1, "telling": 0, "unsent": 0}, "the direct mail is found by its address only"


def test_without_an_address_only_what_is_about_the_employee_is_looked_at(ledger: Ledger) -> None:
    assert Erasure(ledger, FakeClock(), empleado=7, addresses=[]).look()["mails"] == 2


def test_somebody_who_was_never_an_employee_is_found_by_address(ledger: Ledger) -> None:
    assert Erasure(ledger, FakeClock(), empleado=None, addresses=["eva@example.com"]).look()["mails"] == 1


def test_finds_all_of_a_ledger_of_many_pages() -> None:
    ledger = FakeLedger()
    for number in range(2 * MAX_PAGE + 1):
        ledger.create(mail(number, ANA))
    erasure = Erasure(ledger, FakeClock(), empleado=None, addresses=[ANA])

    assert erasure.look()["mails"] == 2 * MAX_PAGE + 1


@pytest.mark.parametrize("estado", sorted(UNSENT))
def test_what_is_not_sent_never_will_be(estado: State) -> None:
    row = mail(1, HR, estado=estado, claim_id="a" if estado is State.SENDING else None)

    erased = row.erased({ANA}, NOW)

    assert (erased.estado, erased.motivo, erased.claim_id) == (State.FAILED, FORGOTTEN, None)


@pytest.mark.parametrize("estado", sorted(set(State) - UNSENT))
def test_what_became_of_the_others_stays(estado: State) -> None:
    row = mail(1, HR, estado=estado, motivo="Bounce.Permanent.General")

    erased = row.erased({ANA}, NOW)

    assert (erased.estado, erased.motivo) == (estado, "Bounce.Permanent.General")


def test_a_message_that_comes_once_more_sends_nothing(
    fakes: FakeServices, contract: Callable[..., dict[str, object]]
) -> None:
    body = json.dumps(contract())
    fakes.mailer.plan.append("is_busy")
    fakes.sender.process(body)
    list(Erasure(fakes.ledger, fakes.now, empleado=contract()["empleado"]["id"], addresses=[HR]).forget())

    assert fakes.sender.process(body) is None
    assert fakes.mailer.taken == []


def test_a_consumer_that_sends_meanwhile_does_not_bring_the_words_back(
    fakes: FakeServices, contract: Callable[..., dict[str, object]]
) -> None:
    body = json.dumps(contract())
    employee = contract()["empleado"]["id"]
    take = fakes.mailer.send

    def send(mail: Mail, content: object) -> str:
        list(Erasure(fakes.ledger, fakes.now, empleado=employee, addresses=[]).forget())
        return take(mail, content)

    fakes.mailer.send = send
    fakes.sender.process(body)

    (row,) = fakes.ledger.newest(estado=None, empleado=employee, before=None, limit=9)
    assert (row.asunto, row.destinatario) == ("", HR)


def test_what_ses_says_later_still_finds_the_mail(erasure: Erasure, ledger: Ledger) -> None:
    list(erasure.forget())
    tags = {EVENT_TAG: [GREETING.evento], RECIPIENT_TAG: [GREETING.digest]}
    complaint = {"eventType": "Complaint", "mail": {"messageId": "ses-1", "tags": tags}, "complaint": {}}

    record_result(ledger, json.dumps(complaint), lambda: NOW)

    row = ledger.read(GREETING.evento, GREETING.digest)
    assert row
    assert (row.estado, row.id, row.destinatario) == (State.COMPLAINT, GREETING.id, "")
