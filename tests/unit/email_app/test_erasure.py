"""Erasure: the ledger identifies the person no more, and still makes one email of each event and recipient."""

import json
from dataclasses import replace

import pytest

from chalicelib.correos.erasure import Erasure
from chalicelib.correos.ledger import MAX_PAGE, to_item
from chalicelib.correos.mail import UNSENT, State
from tests.unit.email_app.fakes import NOW, FakeClock, FakeLedger, golden, mail

ANA, HR = "ana@example.com", "rrhh@example.com"
DELIVERED = {"state": State.DELIVERED}
NOTICE, GREETING = mail(1, HR, **DELIVERED), mail(2, "Ana@Example.com", **DELIVERED)
DIRECT = mail(3, ANA, employee=None, type="directo", subject="Reunión", **DELIVERED)
OF_EVA = mail(4, HR, employee=8, subject="Alta: Eva", **DELIVERED)
TO_EVA = mail(5, "eva@example.com", employee=None, subject="Hola", **DELIVERED)
ALL = (NOTICE, GREETING, DIRECT, OF_EVA, TO_EVA)


@pytest.fixture
def ledger(ledger):
    for row in ALL:
        ledger.create(row)
    return ledger


def erasure(ledger, *, employee=7, addresses=(" ANA@example.com",)):
    return Erasure(ledger, FakeClock(), employee=employee, addresses=list(addresses))


def rows(ledger):
    return [ledger.read(each.event_id, each.digest) for each in ALL]


def test_no_word_about_the_person_is_left_and_what_happened_stays(ledger):
    assert erasure(ledger).look() == {"mails": 3, "telling": 3, "unsent": 0}

    assert list(erasure(ledger).forget()) == [1, 2, 3]

    items = json.dumps([to_item(row) for row in rows(ledger)], ensure_ascii=False).lower()
    assert [word for word in ("ana", "reunión") if word in items] == []
    erased = [
        replace(row, subject="", recipient=recipient, revision=1)
        for row, recipient in ((NOTICE, HR), (GREETING, ""), (DIRECT, ""))
    ]
    before = rows(ledger)
    assert [replace(row, updated_at=row.created_at) for row in before] == [*erased, OF_EVA, TO_EVA]
    assert (list(erasure(ledger).forget()), rows(ledger)) == ([], before), "a second time changes nothing"
    assert erasure(ledger).look() == {"mails": 2, "telling": 0, "unsent": 0}, "only its address found the direct one"


def test_a_person_is_found_by_number_or_address_in_a_ledger_of_many_pages():
    ledger = FakeLedger()
    for number in range(2 * MAX_PAGE + 1):
        ledger.create(mail(number, ANA, employee=number % 2))

    assert erasure(ledger, employee=1, addresses=[]).look()["mails"] == MAX_PAGE
    assert erasure(ledger, employee=None, addresses=[ANA]).look()["mails"] == 2 * MAX_PAGE + 1


def test_a_message_that_is_delivered_once_more_sends_nothing(fakes):
    body = json.dumps(golden())
    fakes.mailer.plan.append("is_busy")
    fakes.sender.process(body)
    assert erasure(fakes.ledger).look()["unsent"] == 1
    list(erasure(fakes.ledger).forget())

    assert fakes.sender.process(body) is None
    assert fakes.mailer.taken == []


def test_a_consumer_that_sends_meanwhile_does_not_bring_the_words_back(fakes):
    fakes.mailer.happens = lambda: list(erasure(fakes.ledger).forget())

    fakes.sender.process(json.dumps(golden()))

    [row] = fakes.ledger.all()
    assert (row.subject, row.recipient) == ("", HR)


@pytest.mark.parametrize("state", State)
def test_what_happened_stays_and_what_has_not_never_will(state):
    erased = mail(state=state, reason="Code", claim_id="a").erased({ANA}, NOW)

    result = erased.state, erased.reason, erased.claim_id
    assert result == ((State.FAILED, "Olvidado", None) if state in UNSENT else (state, "Code", "a"))
