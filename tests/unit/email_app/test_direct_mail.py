"""`POST /notify/email`: what may be sent, and that it is queued once per key, with any failure in between."""

import json
from datetime import timedelta

import pytest

from chalice_frontdoor.idempotency import IN_FLIGHT, MALFORMED, REUSED
from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.client import Client
from chalicelib.correos.mail import KEPT, LEASE, State, StepRefused
from email_app.app import app
from tests.unit.email_app.fakes import NOW, Killed, Steps, mail, settings_with

MAIL = {"to": "ana@example.com", "subject": "Reunión", "body": "A las diez.\n"}
KEY = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'

pytestmark = pytest.mark.usefixtures("fakes")


def post(change=None, *, key=KEY, client=None, **headers):
    """Asks for the email, with some fields changed, under the key."""
    headers |= {} if key is None else {"Idempotency-Key": key}
    return (client or Client(app, role="admin")).post("/notify/email", json=MAIL | (change or {}), headers=headers)


def errors(answer):
    return [(error["campo"], error["regla"]) for error in answer.json()["errores"]]


def said(answer):
    """What must be the same for each repetition."""
    return answer.status, answer.body, str(answer.headers["Location"])


def deliver(fakes):
    """The states of all emails after the queue has delivered all messages, newest email first."""
    for body in fakes.queue.sent:
        fakes.sender.process(body)
    return [row.state for row in fakes.ledger.all()]


# ---- the request -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "rule", "values"),
    [
        ("to", "formato", ["a@example.com,b@example.com", "a" * 65 + "@example.com"]),
        ("to", "caracteres", ["ana@example.com\nBcc: x@example.com"]),
        ("to", "tipo", [None, ["ana@example.com"]]),
        ("subject", "longitud", [" ", "x" * 201]),
        ("subject", "caracteres", ["Hola\r\nBcc: x@example.com"]),
        ("body", "longitud", [" ", "x" * 100_001]),
        ("body", "caracteres", ["\x00", "\uffff"]),
        ("body", "tipo", [7]),
    ],
)
def test_an_email_that_breaks_a_rule_is_refused(fakes, field, rule, values):
    for value in values:
        answer = post({field: value})
        assert (answer.status, errors(answer)) == (422, [(field, rule)])
    assert not fakes.queue.sent


def test_all_broken_rules_are_reported_at_once():
    def ask(json):
        return errors(Client(app, role="admin").post("/notify/email", json=json))

    broken = [("to", "formato"), ("subject", "tipo"), ("body", "longitud"), ("bcc", "desconocido")]
    assert ask({"bcc": 1, "body": "", "subject": False, "to": ""}) == broken
    assert ask({}) == [(field, "obligatorio") for field in ("to", "subject", "body")]
    assert ask([MAIL]) == [("", "tipo")]


def test_an_email_at_the_edge_of_the_rules_is_queued(fakes):
    for change in ({"subject": "x" * 200}, {"body": "\tuno\r\ndos"}, {"body": "\U0001f600" * 100_000}):
        assert post(change, key=None).status == 202, change
    assert max(len(body.encode()) for body in fakes.queue.sent) < 1024 * 1024, "what SQS takes"


def test_a_demonstration_emails_no_stranger(fakes):
    fakes.settings = settings_with(DEMO="true")

    refused = post({"to": "victima@gmail.com"}, client=Client(app))

    assert (refused.status, errors(refused)) == (422, [("to", "demo")])
    assert not fakes.queue.sent
    assert post({"to": "Ana@Example.com"}, client=Client(app)).status == 202


# ---- queueing --------------------------------------------------------------------------------------------------


def test_an_email_is_queued_and_sent_and_has_an_address(fakes):
    client = Client(app, role="admin")

    answer = post(client=client)

    assert (answer.status, answer.json()["estado"]) == (202, "pendiente")
    place = answer.headers["Location"]
    assert place == f"/correos/{answer.json()['id']}"
    assert client.get(place).json() == answer.json()
    assert deliver(fakes) == [State.SENT]
    [taken] = fakes.mailer.taken
    assert (taken.mail.recipient, taken.content.subject) == ("ana@example.com", "Reunión")
    assert client.get(place).json()["estado"] == "enviado"


def test_a_queue_that_does_not_answer_closes_the_email_until_it_is_requested_again(fakes):
    fakes.queue.before_the_answer_is_lost = lambda _: None  # it reaches the queue after all

    answer = post()

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["resultado_desconocido"] is False
    assert deliver(fakes) == [State.FAILED]
    assert (fakes.ledger.all()[0].reason, fakes.mailer.calls) == ("SinEncolar", 0)
    fakes.queue.before_the_answer_is_lost = None

    assert post().status == 202
    assert deliver(fakes) == [State.SENT]
    assert (len(fakes.queue.sent), len(fakes.mailer.taken)) == (2, 1)


def test_an_email_that_a_consumer_has_already_is_accepted_although_the_queue_did_not_answer(fakes):
    fakes.queue.before_the_answer_is_lost = fakes.sender.process

    assert post().status == 202
    assert [row.state for row in fakes.ledger.all()] == [State.SENT]


def test_an_email_that_a_consumer_sends_before_the_request_ends_is_accepted(fakes):
    send = fakes.queue.send
    fakes.queue.send = lambda body: (send(body), fakes.sender.process(body))

    assert post().status == 202
    assert [row.state for row in fakes.ledger.all()] == [State.SENT]


def test_a_write_that_botocore_repeats_is_one_email(fakes):
    fakes.ledger.plan.append("twice")

    assert post().status == 202
    assert deliver(fakes) == [State.SENT]


# ---- Idempotency-Key -------------------------------------------------------------------------------------------


def test_a_repetition_gets_the_same_answer_and_queues_nothing(fakes):
    first = post()
    fakes.clock.advance(timedelta(hours=1))
    second = post()
    deliver(fakes)
    fakes.clock.advance(KEPT - timedelta(hours=2))
    third = post()

    assert first.status == 202
    assert said(third) == said(second) == said(first)
    assert (len(fakes.queue.sent), len(fakes.mailer.taken)) == (1, 1)
    [row] = fakes.ledger.all()
    kept = json.dumps([row.id, row.request_digest])
    assert [word for word in ("8e03978e", "admin", "Reunión", "diez") if word in kept] == []


def test_another_email_under_the_key_is_refused(fakes):
    post()

    for change in ({"to": "eva@example.com"}, {"subject": "Otra"}, {"body": "A las once.\n"}):
        answer = post(change)
        assert (answer.status, answer.json()["type"]) == (422, REUSED)
    assert len(fakes.queue.sent) == 1


def test_a_key_is_the_caller_s_own_and_a_request_without_one_is_another_email(fakes):
    post()
    post({"subject": "Otra"}, client=Client(app, claims=person("admin", username="otra@example.com")))
    post(key=None)
    post(key=None)

    assert deliver(fakes) == [State.SENT] * 4


def test_a_malformed_key_is_refused_before_anything_is_done(fakes):
    answer = post(key='"a')

    assert (answer.status, answer.json()["type"], fakes.ledger.all()) == (400, MALFORMED, [])


def test_an_unknown_outcome_is_found_out_by_a_repetition(fakes):
    def lose_the_ledger(_):
        fakes.ledger.is_down = True

    fakes.queue.before_the_answer_is_lost = lose_the_ledger
    unknown = post()
    assert (unknown.status, unknown.json()["resultado_desconocido"]) == (503, True)
    fakes.queue.before_the_answer_is_lost, fakes.ledger.is_down = None, False
    assert post().status == 409
    fakes.clock.advance(LEASE)

    answer = post()

    assert (answer.status, answer.json()["id"]) == (202, unknown.json()["correo"])
    deliver(fakes)
    assert len(fakes.mailer.taken) == 1


def die_at(fakes, step):
    """A request whose process dies before it writes the row, queues the message, or lets the row go."""
    parts = fakes.ledger, fakes.queue
    fakes.ledger = fakes.queue = Steps(step, *parts)
    with pytest.raises(Killed):
        post()
    fakes.ledger, fakes.queue = parts


@pytest.mark.parametrize(("step", "meanwhile"), [(1, 202), (2, 409), (3, 409)])
def test_a_request_that_dies_is_completed_by_a_repetition(fakes, step, meanwhile):
    """One row, one email, and the answer that the first request would have given."""
    die_at(fakes, step)
    answer = post()
    assert answer.status == meanwhile
    if meanwhile == 409:
        assert (answer.json()["type"], answer.headers["Retry-After"]) == (IN_FLIGHT, "1")
    fakes.clock.advance(LEASE)

    second, third = post(), post()

    assert second.status == 202
    assert said(third) == said(second)
    assert deliver(fakes) == [State.SENT]
    assert len(fakes.mailer.taken) == 1


def test_of_two_that_find_a_dead_request_one_goes_on(fakes):
    die_at(fakes, 2)
    fakes.clock.advance(LEASE)
    save, meanwhile = fakes.ledger.save, []

    def save_later(row):
        fakes.ledger.save = save
        meanwhile.append(post())  # another request is faster, between this one's look and its write
        return save(row)

    fakes.ledger.save = save_later

    assert post().status == 409
    assert [answer.status for answer in meanwhile] == [202]
    assert len(fakes.queue.sent) == 1


def test_a_row_that_cannot_be_let_go_is_still_accepted(fakes):
    fakes.ledger.plan += ["takes", "lost"]

    assert post().status == 202


def test_an_email_that_a_consumer_holds_is_neither_closed_nor_let_go():
    for failure in (None, "SinEncolar"):
        with pytest.raises(StepRefused):
            mail().claimed("consumer", NOW).queued(NOW, failure)
