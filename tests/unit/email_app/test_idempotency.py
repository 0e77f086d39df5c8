"""A mail that is asked for under an Idempotency-Key is queued once and answered alike, whatever happens in between."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from chalice_frontdoor.idempotency import IN_FLIGHT, MALFORMED, REUSED
from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.client import Client
from chalicelib.correos.aws import client_config
from chalicelib.correos.event import DirectMail
from chalicelib.correos.idempotency import KEPT, DynamoKeyStore, KeyedRequest, KeyStore, KeyTaken, requested
from chalicelib.correos.ledger import DynamoLedger, LedgerUnavailable
from chalicelib.correos.mail import LEASE, State
from email_app.app import app
from tests.unit.email_app.fakes import FakeKeyStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalice_frontdoor.testing.client import Answer
    from chalicelib.correos.mail import Mail
    from tests.unit.email_app.fakes import FakeServices

NOW = datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC)
MAIL = {"to": "ana@example.com", "subject": "Reunión", "body": "A las diez.\n"}
KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def request(moment: datetime = NOW, actor: str = "ana", key: str = "a") -> KeyedRequest:
    message = DirectMail(
        id=str(uuid.uuid4()), ocurrido_en=moment, para="ana@example.com", asunto="Hola", cuerpo="Secreto."
    )
    keyed = requested(actor, key, message)
    assert keyed is not None
    return keyed


# ---- the table -------------------------------------------------------------------------------------------------


@pytest.fixture(params=["dynamo", "fake"])
def keys(request: pytest.FixtureRequest) -> KeyStore:
    if request.param == "fake":
        return FakeKeyStore()
    client, table = request.getfixturevalue("dynamo_table")
    return DynamoKeyStore(client, table)


def test_a_key_is_taken_once_and_the_second_is_told_by_what(keys: KeyStore) -> None:
    first = request()
    keys.create(first)

    with pytest.raises(KeyTaken) as refusal:
        keys.create(request())

    assert refusal.value.current == first


def test_of_many_at_once_one_takes_the_key(keys: KeyStore) -> None:
    won: list[KeyedRequest] = []

    def take(own: KeyedRequest) -> None:
        try:
            keys.create(own)
        except KeyTaken:
            return
        won.append(own)

    threads = [threading.Thread(target=take, args=(request(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1


@pytest.mark.parametrize("other", [request(actor="eva"), request(key="b")])
def test_another_person_or_another_key_is_another_request(keys: KeyStore, other: KeyedRequest) -> None:
    keys.create(request())
    keys.create(other)

    with pytest.raises(KeyTaken):
        keys.create(other_try := request())
    assert other_try.key != other.key


def test_what_became_of_it_is_written_once(keys: KeyStore) -> None:
    held = request()
    keys.create(held)
    keys.change(held, held.done())

    with pytest.raises(KeyTaken) as refusal:
        keys.change(held, held.released())

    assert refusal.value.current == held.done()


def test_a_request_that_was_released_is_as_good_as_none(keys: KeyStore) -> None:
    held = request()
    keys.create(held)
    keys.change(held, held.released())

    keys.create(request())


def test_a_key_can_be_had_again_when_it_has_expired(keys: KeyStore) -> None:
    keys.create(request())

    with pytest.raises(KeyTaken):
        keys.create(request(NOW + KEPT - timedelta(seconds=1)))
    keys.create(request(NOW + KEPT))


def test_what_has_expired_cannot_be_changed(dynamo_table: tuple[DynamoDBClient, str]) -> None:
    fake, held = FakeKeyStore(), request()
    fake.create(held)
    fake.forget(held)

    for keys in (fake, DynamoKeyStore(*dynamo_table)):
        with pytest.raises(LedgerUnavailable):
            keys.change(held, held.done())


def test_no_word_and_no_address_is_kept(dynamo_table: tuple[DynamoDBClient, str]) -> None:
    client, table = dynamo_table
    DynamoKeyStore(client, table).create(request(actor="eva@example.com"))

    kept = json.dumps(client.scan(TableName=table)["Items"])

    assert not [word for word in ("ana@example.com", "eva@example.com", "Hola", "Secreto") if word in kept]


def test_no_list_of_mails_holds_it(dynamo_table: tuple[DynamoDBClient, str]) -> None:
    client, table = dynamo_table
    DynamoKeyStore(client, table).create(request())

    assert DynamoLedger(client, table).newest(estado=None, empleado=None, before=None, limit=9) == []


def stubbed() -> tuple[DynamoKeyStore, Stubber]:
    client = boto3.client("dynamodb", region_name="us-east-1", config=client_config())
    return DynamoKeyStore(client, "correos"), Stubber(client)


def test_a_repetition_of_botocore_that_meets_its_own_write_has_taken_the_key() -> None:
    keys, stub = stubbed()
    held = request()
    item = {
        "evento": {"S": f"clave:{held.key}"},
        "huella": {"S": "clave"},
        "cuerpo": {"S": held.cuerpo},
        "correo": {"S": held.mail},
        "pedido_en": {"S": "2026-11-24T12:00:00.250000Z"},
        "plazo": {"S": "2026-11-24T12:01:00.250000Z"},
        "caduca_en": {"N": "1795608000"},
    }
    stub.add_client_error("put_item", "ConditionalCheckFailedException", modeled_fields={"Item": item})

    with stub:
        keys.create(held)

    stub.assert_no_pending_responses()


def test_a_table_that_does_not_answer_is_called_so() -> None:
    keys, stub = stubbed()
    stub.add_client_error("put_item", "ProvisionedThroughputExceededException")

    with stub, pytest.raises(LedgerUnavailable):
        keys.create(request())


# ---- the route -------------------------------------------------------------------------------------------------


@pytest.fixture
def post(fakes: FakeServices) -> Callable[..., Answer]:
    """Asks for the mail under the key, with some fields changed."""
    del fakes
    return lambda **changed: Client(app, role="admin").post("/notify/email", json={**MAIL, **changed}, headers=KEY)


def told(answer: Answer) -> tuple[int, bytes, str]:
    """What must be the same each time."""
    return answer.status, answer.body, str(answer.headers["Location"])


def rows(fakes: FakeServices) -> list[Mail]:
    return fakes.ledger.newest(estado=None, empleado=None, before=None, limit=9)


def test_a_repetition_is_answered_alike_and_queues_nothing(post: Callable[..., Answer], fakes: FakeServices) -> None:
    first = post()
    fakes.clock.advance(timedelta(hours=1))
    fakes.sender.process(fakes.queue.sent[0])

    second = post()

    assert first.status == 202
    assert told(second) == told(first)
    assert (len(fakes.queue.sent), len(rows(fakes)), len(fakes.mailer.taken)) == (1, 1, 1)


@pytest.mark.parametrize("changed", [{"to": "eva@example.com"}, {"subject": "Otra"}, {"body": "A las once.\n"}])
def test_another_mail_under_the_key_is_refused(
    post: Callable[..., Answer], fakes: FakeServices, changed: dict[str, str]
) -> None:
    post()

    answer = post(**changed)

    assert (answer.status, answer.json()["type"]) == (422, REUSED)
    assert len(fakes.queue.sent) == 1


def test_a_key_of_another_is_another_key(post: Callable[..., Answer], fakes: FakeServices) -> None:
    post()
    other = Client(app, claims=person("admin", username="otra@example.com"))

    assert other.post("/notify/email", json={**MAIL, "subject": "Otra"}, headers=KEY).status == 202
    assert len(fakes.queue.sent) == 2


@pytest.mark.parametrize("key", ["", "a b", '"a'])
def test_a_malformed_key_is_refused_before_anything_is_done(fakes: FakeServices, key: str) -> None:
    answer = Client(app, role="admin").post("/notify/email", json=MAIL, headers={"Idempotency-Key": key})

    assert (answer.status, answer.json()["type"]) == (400, MALFORMED)
    assert rows(fakes) == []


def test_a_request_is_refused_while_the_first_is_under_way(post: Callable[..., Answer], fakes: FakeServices) -> None:
    meanwhile: list[Answer] = []
    fakes.queue.before_the_answer_is_lost = lambda _: meanwhile.append(post())

    post()

    [answer] = meanwhile
    assert (answer.status, answer.json()["type"], answer.headers["Retry-After"]) == (409, IN_FLIGHT, "1")


def test_what_failed_is_done_anew(post: Callable[..., Answer], fakes: FakeServices) -> None:
    fakes.queue.is_down = True
    assert post().status == 503
    fakes.queue.is_down = False

    assert post().status == 202

    fakes.sender.process(fakes.queue.sent[0])
    assert sorted(row.estado for row in rows(fakes)) == [State.SENT, State.FAILED]


def test_a_key_that_cannot_be_taken_stops_the_mail(post: Callable[..., Answer], fakes: FakeServices) -> None:
    fakes.keys.is_down = True

    assert post().status == 503
    assert rows(fakes) == []


class Death(BaseException):
    """The process ends here, and nobody cleans up."""


@pytest.mark.parametrize("step", ["before the row", "before the queue", "after the queue", "before the end"])
def test_who_dies_leaves_what_a_repetition_completes(
    post: Callable[..., Answer], fakes: FakeServices, step: str
) -> None:
    """One row, one mail, and the answer that the first request would have given."""
    with pytest.raises(Death):
        die_at(step, fakes, post)
    assert post().status == 409
    fakes.clock.advance(LEASE)

    second, third = post(), post()

    assert second.status == 202
    assert told(third) == told(second)
    for body in fakes.queue.sent:
        fakes.sender.process(body)
    assert ([row.estado for row in rows(fakes)], len(fakes.mailer.taken)) == ([State.SENT], 1)


def die_at(step: str, fakes: FakeServices, post: Callable[..., Answer]) -> None:
    def die(*_: object) -> None:
        raise Death

    part, name, does_it = {
        "before the row": (fakes.ledger, "create", False),
        "before the queue": (fakes.queue, "send", False),
        "after the queue": (fakes.queue, "send", True),
        "before the end": (fakes.keys, "change", False),
    }[step]
    original = getattr(part, name)

    def deadly(*arguments: object) -> None:
        if does_it:
            original(*arguments)
        die()

    setattr(part, name, deadly)
    try:
        post()
    finally:
        setattr(part, name, original)


def test_a_mail_that_was_closed_is_sent_under_another_id(post: Callable[..., Answer], fakes: FakeServices) -> None:
    """Its row says that it never will be: the client was told that nothing was done."""
    original = fakes.keys.change

    def lose(*_: object) -> None:
        raise LedgerUnavailable

    fakes.queue.is_down = True
    fakes.keys.change = lose  # type: ignore[method-assign] # the table fails in the middle
    assert post().status == 503
    fakes.keys.change = original  # type: ignore[method-assign]
    fakes.queue.is_down = False
    fakes.clock.advance(LEASE)

    answer = post()

    fakes.sender.process(fakes.queue.sent[0])
    assert answer.status == 202
    assert [row.estado for row in rows(fakes) if row.id == answer.json()["id"]] == [State.SENT]


def test_an_outcome_that_nobody_knew_is_found_out_by_a_repetition(
    post: Callable[..., Answer], fakes: FakeServices
) -> None:
    def lose_the_ledger(_: str) -> None:
        fakes.ledger.is_down = True

    fakes.queue.before_the_answer_is_lost = lose_the_ledger
    assert post().json()["resultado_desconocido"] is True
    fakes.queue.before_the_answer_is_lost, fakes.ledger.is_down = None, False
    assert post().status == 409
    fakes.clock.advance(LEASE)

    assert post().status == 202

    for body in fakes.queue.sent:
        fakes.sender.process(body)
    assert len(fakes.mailer.taken) == 1


def test_of_two_that_find_a_dead_request_one_goes_on(post: Callable[..., Answer], fakes: FakeServices) -> None:
    with pytest.raises(Death):
        die_at("before the queue", fakes, post)
    fakes.clock.advance(LEASE)
    original, meanwhile = fakes.ledger.read, []

    def read(*keys: str) -> Mail | None:
        fakes.ledger.read = original  # type: ignore[method-assign]
        meanwhile.append(post())  # somebody else is faster, between this one's look and its write
        return original(*keys)

    fakes.ledger.read = read  # type: ignore[method-assign]

    assert post().status == 409
    assert [answer.status for answer in meanwhile] == [202]
    assert len(fakes.queue.sent) == 1


def test_each_request_without_a_key_is_one_of_its_own() -> None:
    assert requested("ana", None, DirectMail(id="x", ocurrido_en=NOW, para="a", asunto="b", cuerpo="c")) is None
