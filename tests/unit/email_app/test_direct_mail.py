"""`POST /notify/email`: what may be sent, and that it is queued once per key, whatever happens in between."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalice_frontdoor.idempotency import IN_FLIGHT, MALFORMED, REUSED
from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.client import Client
from chalicelib.correos.ledger import LedgerUnavailable
from chalicelib.correos.mail import KEPT, LEASE, State
from email_app.app import app

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_frontdoor.testing.client import Answer
    from tests.unit.email_app.fakes import FakeServices

MAIL = {"to": "ana@example.com", "subject": "Reunión", "body": "A las diez.\n"}
KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


@pytest.fixture
def post(fakes: FakeServices) -> Callable[..., Answer]:
    """Asks for the email, with some fields changed."""
    del fakes
    return lambda **changed: Client(app, role="admin").post("/notify/email", json=MAIL | changed)


@pytest.fixture
def post_keyed(fakes: FakeServices) -> Callable[..., Answer]:
    """Asks for the email under the key, with some fields changed."""
    del fakes
    return lambda **changed: Client(app, role="admin").post("/notify/email", json=MAIL | changed, headers=KEY)


def errors(answer: Answer) -> list[tuple[str, str]]:
    return [(error["campo"], error["regla"]) for error in answer.json()["errores"]]


def said(answer: Answer) -> tuple[int, bytes, str]:
    """What must be the same for each repetition."""
    return answer.status, answer.body, str(answer.headers["Location"])


def deliver(fakes: FakeServices) -> list[State]:
    """The states of all emails after the queue has delivered all messages, newest email first."""
    for body in fakes.queue.sent:
        fakes.sender.process(body)
    return [row.state for row in fakes.ledger.all()]


# ---- the request -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"to": "ana"}, ["formato"]),
        ({"to": "ana@example.com\nBcc: x@example.com"}, ["formato"]),
        ({"to": "a@example.com,b@example.com"}, ["formato"]),
        ({"to": "a" * 243 + "@example.com"}, ["formato"]),
        ({"to": None}, ["tipo"]),
        ({"to": ["ana@example.com"]}, ["tipo"]),
        ({"subject": ""}, ["longitud"]),
        ({"subject": " "}, ["longitud"]),
        ({"subject": "x" * 201}, ["longitud"]),
        ({"subject": "Hola\r\nBcc: x@example.com"}, ["caracteres"]),
        ({"subject": "Hola\u2028"}, ["caracteres"]),
        ({"subject": 7}, ["tipo"]),
        ({"body": "x" * 100_001}, ["longitud"]),
        ({"body": "\x00"}, ["caracteres"]),
        ({"body": "\uffff"}, ["caracteres"]),
        ({"body": "\x01" * 100_001}, ["longitud", "caracteres"]),
        ({"cc": "eva@example.com"}, ["desconocido"]),
    ],
    ids=lambda value: str(value)[:50],
)
def test_an_email_that_breaks_a_rule_is_refused(
    post: Callable[..., Answer], fakes: FakeServices, change: dict[str, object], expected: list[str]
) -> None:
    answer = post(**change)

    assert (answer.status, errors(answer)) == (422, [(field, rule) for field in change for rule in expected])
    assert not fakes.queue.sent


def test_all_broken_rules_are_reported_at_once(fakes: FakeServices) -> None:
    del fakes
    client = Client(app, role="admin")

    everything = client.post("/notify/email", json={"bcc": 1, "body": "", "subject": False, "to": ""})

    assert errors(everything) == [
        *(("to", "formato"), ("subject", "tipo"), ("body", "longitud"), ("bcc", "desconocido")),
    ]
    assert errors(client.post("/notify/email", json={})) == [
        (field, "obligatorio") for field in ("to", "subject", "body")
    ]
    assert errors(client.post("/notify/email", json=[MAIL])) == [("", "tipo")]
    assert client.post("/notify/email", body=b"{", content_type="application/json").status == 400
    assert client.post("/notify/email", body=b"to=a", content_type="text/plain").status == 415


@pytest.mark.parametrize(
    "change",
    [
        {"to": "a" * 64 + "@example.com"},
        {"to": "o'brien+hr@sub.example.co.uk"},
        {"subject": "x" * 200},
        {"subject": "<b>¡Hola!</b> \U0001f600"},
        {"body": "x"},
        {"body": "\U0001f600" * 100_000},
        {"body": "\tuno\r\ndos"},
    ],
    ids=lambda change: str(change)[:50],
)
def test_an_email_at_the_edge_of_the_rules_is_queued(
    post: Callable[..., Answer], fakes: FakeServices, change: dict[str, str]
) -> None:
    assert post(**change).status == 202
    assert len(fakes.queue.sent[0].encode()) < 1024 * 1024, "what SQS takes"


def test_errors_are_in_the_client_s_language(fakes: FakeServices) -> None:
    del fakes
    messages = {}
    for language in ("es", "en"):
        headers = {"Accept-Language": language}
        answer = Client(app, role="admin").post("/notify/email", json=MAIL | {"to": "x"}, headers=headers)
        messages[language] = answer.json()["errores"][0]["mensaje"]

    assert messages == {"es": "Debe ser una dirección de correo.", "en": "It must be an email address."}


def test_a_demonstration_emails_no_stranger(fakes: FakeServices) -> None:
    fakes.settings = replace(fakes.settings, is_demo=True)

    refused = Client(app).post("/notify/email", json=MAIL | {"to": "victima@gmail.com"})

    assert (refused.status, errors(refused)) == (422, [("to", "demo")])
    assert not fakes.queue.sent
    assert Client(app).post("/notify/email", json=MAIL | {"to": "Ana@Example.com"}).status == 202


# ---- queueing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["http_api_1", "http_api_2", "rest"])
def test_an_email_is_queued_and_sent_and_has_an_address(fakes: FakeServices, door: str) -> None:
    client = Client(app, door, role="admin")

    answer = client.post("/notify/email", json=MAIL)

    assert (answer.status, answer.json()["estado"]) == (202, "pendiente")
    place = answer.headers["Location"]
    assert place == f"/correos/{answer.json()['id']}"
    assert client.get(place).json() == answer.json()
    assert deliver(fakes) == [State.SENT]
    [taken] = fakes.mailer.taken
    assert (taken.mail.recipient, taken.content.subject) == ("ana@example.com", "Reunión")
    assert client.get(place).json()["estado"] == "enviado"


def test_a_queue_that_does_not_answer_closes_the_email_and_nothing_is_sent(
    post: Callable[..., Answer], fakes: FakeServices
) -> None:
    fakes.queue.before_the_answer_is_lost = lambda _: None  # it reaches the queue after all

    answer = post()

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["resultado_desconocido"] is False
    assert deliver(fakes) == [State.FAILED]
    assert fakes.ledger.all()[0].reason == "SinEncolar"
    assert fakes.mailer.calls == 0


def test_an_email_that_a_consumer_has_already_is_accepted_although_the_queue_did_not_answer(
    post: Callable[..., Answer], fakes: FakeServices
) -> None:
    fakes.queue.before_the_answer_is_lost = fakes.sender.process

    assert post().status == 202
    assert [row.state for row in fakes.ledger.all()] == [State.SENT]


def test_a_write_that_botocore_repeats_is_one_email(post_keyed: Callable[..., Answer], fakes: FakeServices) -> None:
    create = fakes.ledger.create

    def create_twice(row: Any) -> Any:
        create(row)
        return create(row)

    fakes.ledger.create = create_twice  # type: ignore[method-assign]

    assert post_keyed().status == 202
    assert deliver(fakes) == [State.SENT]


# ---- Idempotency-Key -------------------------------------------------------------------------------------------


def test_a_repetition_gets_the_same_answer_and_queues_nothing(
    post_keyed: Callable[..., Answer], fakes: FakeServices
) -> None:
    first = post_keyed()
    fakes.clock.advance(timedelta(hours=1))
    second = post_keyed()
    deliver(fakes)
    fakes.clock.advance(KEPT - timedelta(hours=2))
    third = post_keyed()

    assert first.status == 202
    assert said(third) == said(second) == said(first)
    assert (len(fakes.queue.sent), len(fakes.ledger.all()), len(fakes.mailer.taken)) == (1, 1, 1)


def test_each_request_without_a_key_is_another_email(post: Callable[..., Answer], fakes: FakeServices) -> None:
    post()
    post()

    assert deliver(fakes) == [State.SENT, State.SENT]


@pytest.mark.parametrize("changed", [{"to": "eva@example.com"}, {"subject": "Otra"}, {"body": "A las once.\n"}])
def test_another_email_under_the_key_is_refused(
    post_keyed: Callable[..., Answer], fakes: FakeServices, changed: dict[str, str]
) -> None:
    post_keyed()

    answer = post_keyed(**changed)

    assert (answer.status, answer.json()["type"]) == (422, REUSED)
    assert len(fakes.queue.sent) == 1


def test_the_same_key_of_another_caller_is_another_key(post_keyed: Callable[..., Answer], fakes: FakeServices) -> None:
    post_keyed()
    other = Client(app, claims=person("admin", username="otra@example.com"))

    assert other.post("/notify/email", json=MAIL | {"subject": "Otra"}, headers=KEY).status == 202
    assert len(fakes.queue.sent) == 2


@pytest.mark.parametrize("key", ["", "a b", '"a'])
def test_a_malformed_key_is_refused_before_anything_is_done(fakes: FakeServices, key: str) -> None:
    answer = Client(app, role="admin").post("/notify/email", json=MAIL, headers={"Idempotency-Key": key})

    assert (answer.status, answer.json()["type"]) == (400, MALFORMED)
    assert fakes.ledger.all() == []


def test_a_request_is_refused_while_the_first_is_in_flight(
    post_keyed: Callable[..., Answer], fakes: FakeServices
) -> None:
    meanwhile: list[Answer] = []
    fakes.queue.before_the_answer_is_lost = lambda _: meanwhile.append(post_keyed())

    post_keyed()

    [answer] = meanwhile
    assert (answer.status, answer.json()["type"], answer.headers["Retry-After"]) == (409, IN_FLIGHT, "1")


def test_what_failed_is_done_again_for_the_same_email(post_keyed: Callable[..., Answer], fakes: FakeServices) -> None:
    fakes.queue.before_the_answer_is_lost = lambda _: None
    assert post_keyed().status == 503
    fakes.queue.before_the_answer_is_lost = None

    assert post_keyed().status == 202

    assert deliver(fakes) == [State.SENT]
    assert (len(fakes.queue.sent), len(fakes.mailer.taken)) == (2, 1)


def test_a_ledger_that_does_not_answer_stops_the_email(post_keyed: Callable[..., Answer], fakes: FakeServices) -> None:
    fakes.ledger.is_down = True

    assert post_keyed().status == 503
    assert fakes.queue.sent == []


def test_an_unknown_outcome_is_found_out_by_a_repetition(
    post_keyed: Callable[..., Answer], fakes: FakeServices
) -> None:
    def lose_the_ledger(_: str) -> None:
        fakes.ledger.is_down = True

    fakes.queue.before_the_answer_is_lost = lose_the_ledger
    unknown = post_keyed()
    assert (unknown.status, unknown.json()["resultado_desconocido"]) == (503, True)
    fakes.queue.before_the_answer_is_lost, fakes.ledger.is_down = None, False
    assert post_keyed().status == 409
    fakes.clock.advance(LEASE)

    answer = post_keyed()

    assert (answer.status, answer.json()["id"]) == (202, unknown.json()["correo"])
    deliver(fakes)
    assert len(fakes.mailer.taken) == 1


class Death(BaseException):
    """The process ends here, and nothing cleans up."""


def die_at(part: object, name: str, post: Callable[..., Answer], *, after: bool = False) -> None:
    """A request whose process dies before or after a call of this method."""
    original = getattr(part, name)

    def deadly(*arguments: object) -> None:
        if after:
            original(*arguments)
        raise Death

    setattr(part, name, deadly)
    with pytest.raises(Death):
        post()
    setattr(part, name, original)


@pytest.mark.parametrize(
    ("part", "name", "after", "meanwhile"),
    [
        ("ledger", "create", False, 202),  # nothing was done yet
        ("ledger", "create", True, 409),
        ("queue", "send", False, 409),
        ("queue", "send", True, 409),
        ("ledger", "save", False, 409),
        ("ledger", "save", True, 202),
    ],
)
def test_a_request_that_dies_is_completed_by_a_repetition(  # noqa: PLR0913 - a row of the table
    post_keyed: Callable[..., Answer], fakes: FakeServices, part: str, name: str, *, after: bool, meanwhile: int
) -> None:
    """One row, one email, and the answer that the first request would have given."""
    die_at(getattr(fakes, part), name, post_keyed, after=after)
    assert post_keyed().status == meanwhile
    fakes.clock.advance(LEASE)

    second, third = post_keyed(), post_keyed()

    assert second.status == 202
    assert said(third) == said(second)
    assert deliver(fakes) == [State.SENT]
    assert len(fakes.mailer.taken) == 1


def test_a_request_that_dies_after_its_email_was_sent_is_answered_at_once(
    post_keyed: Callable[..., Answer], fakes: FakeServices
) -> None:
    die_at(fakes.queue, "send", post_keyed, after=True)
    deliver(fakes)

    assert post_keyed().status == 202
    assert (len(fakes.queue.sent), len(fakes.mailer.taken)) == (1, 1)


def test_of_two_that_find_a_dead_request_one_goes_on(post_keyed: Callable[..., Answer], fakes: FakeServices) -> None:
    die_at(fakes.queue, "send", post_keyed)
    fakes.clock.advance(LEASE)
    save, meanwhile = fakes.ledger.save, []

    def save_later(row: Any) -> Any:
        fakes.ledger.save = save  # type: ignore[method-assign]
        meanwhile.append(post_keyed())  # another request is faster, between this one's look and its write
        return save(row)

    fakes.ledger.save = save_later  # type: ignore[method-assign]

    assert post_keyed().status == 409
    assert [answer.status for answer in meanwhile] == [202]
    assert len(fakes.queue.sent) == 1


def test_a_row_that_cannot_be_let_go_is_still_accepted(post_keyed: Callable[..., Answer], fakes: FakeServices) -> None:
    def lose(*_: object) -> None:
        raise LedgerUnavailable

    fakes.ledger.save = lose  # type: ignore[method-assign]

    assert post_keyed().status == 202


def test_the_key_and_the_caller_are_not_kept(post_keyed: Callable[..., Answer], fakes: FakeServices) -> None:
    post_keyed()

    [row] = fakes.ledger.all()
    kept = json.dumps([row.id, row.request_digest])
    assert [word for word in ("8e03978e", "admin", "Reunión", "diez") if word in kept] == []
