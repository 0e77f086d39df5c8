"""The ledger: DynamoDB and its twin in memory behave the same."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.correos.aws import client_config
from chalicelib.correos.ledger import (
    CONFLICTS,
    DynamoLedger,
    Ledger,
    LedgerUnavailable,
    RowChanged,
    sort_key,
    to_item,
    update,
)
from chalicelib.correos.mail import Mail, State, StepRefused
from tests.unit.email_app.fakes import FakeLedger

if TYPE_CHECKING:
    from collections.abc import Callable


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EVENT = "0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11"


def mail(number: int = 0, **changes: object) -> Mail:
    """A row that is ``number`` seconds old."""
    moment = NOW + timedelta(seconds=number)
    row = Mail(
        evento=str(uuid.UUID(int=number + 1)),
        destinatario="ana@example.com",
        tipo="creado",
        asunto="Alta: Ana Pérez",
        creado_en=moment,
        actualizado_en=moment,
        empleado=7,
    )
    return replace(row, **changes)


@pytest.fixture(params=["dynamo", "fake"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    if request.param == "fake":
        return FakeLedger()
    client, table = request.getfixturevalue("dynamo_table")
    return DynamoLedger(client, table)


def test_a_row_is_read_as_it_was_written(ledger: Ledger) -> None:
    row = mail(
        estado=State.SENDING,
        envios=1,
        lease_until=NOW,
        claim_id="a",
        mensaje_id="ses-1",
        motivo="Bounce.Transient.General",
    )
    ledger.create(row)

    assert ledger.read(row.evento, row.digest) == row


def test_a_row_without_what_is_optional_is_read_as_it_was_written(ledger: Ledger) -> None:
    row = mail(empleado=None)
    ledger.create(row)

    assert ledger.read(row.evento, row.digest) == row


def test_there_is_no_row_that_nobody_wrote(ledger: Ledger) -> None:
    assert ledger.read(EVENT, "0" * 32) is None


def test_a_second_row_for_an_event_and_recipient_is_refused_with_the_first(ledger: Ledger) -> None:
    first = mail(claim_id="a")
    ledger.create(first)

    with pytest.raises(RowChanged) as refusal:
        ledger.create(replace(first, claim_id="b"))

    assert refusal.value.current == first
    assert ledger.read(first.evento, first.digest) == first


def test_another_recipient_of_the_event_has_a_row_of_its_own(ledger: Ledger) -> None:
    first = mail()
    second = replace(first, destinatario="eva@example.com")
    ledger.create(first)
    ledger.create(second)

    assert ledger.read(second.evento, second.digest) == second


def test_a_row_that_was_read_may_be_saved(ledger: Ledger) -> None:
    row = mail()
    ledger.create(row)

    saved = ledger.save(row.claimed("a", NOW))

    assert saved.revision == row.revision + 1
    assert ledger.read(row.evento, row.digest) == saved


def test_a_row_that_somebody_else_has_changed_is_not_overwritten(ledger: Ledger) -> None:
    row = mail()
    ledger.create(row)
    first = ledger.save(row.claimed("a", NOW))

    with pytest.raises(RowChanged) as refusal:
        ledger.save(row.claimed("b", NOW))

    assert refusal.value.current == first


def test_a_row_that_is_gone_is_not_saved_again(ledger: Ledger) -> None:
    with pytest.raises(RowChanged) as refusal:
        ledger.save(mail().claimed("a", NOW))

    assert refusal.value.current is None


def test_of_many_who_claim_a_row_at_once_one_wins(ledger: Ledger) -> None:
    row = mail()
    won: list[str] = []
    gate = threading.Barrier(8)

    def claim(turn: str) -> None:
        gate.wait()
        try:
            ledger.create(row.claimed(turn, NOW))
        except RowChanged:
            return
        won.append(turn)

    threads = [threading.Thread(target=claim, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    stored = ledger.read(row.evento, row.digest)
    assert stored is not None
    assert won == [stored.claim_id]


def test_all_mails_are_listed_newest_first_page_by_page(ledger: Ledger) -> None:
    rows = [mail(number) for number in range(5)]
    for row in rows:
        ledger.create(row)

    first = ledger.newest(estado=None, empleado=None, before=None, limit=3)
    second = ledger.newest(estado=None, empleado=None, before=sort_key(first[-1]), limit=3)

    assert [*first, *second] == rows[::-1]


def test_mails_of_the_same_moment_are_listed_once_each(ledger: Ledger) -> None:
    rows = [mail(destinatario=f"{number}@example.com") for number in range(4)]
    for row in rows:
        ledger.create(row)

    first = ledger.newest(estado=None, empleado=None, before=None, limit=2)
    second = ledger.newest(estado=None, empleado=None, before=sort_key(first[-1]), limit=2)

    assert {row.id for row in [*first, *second]} == {row.id for row in rows}


def test_mails_are_listed_by_state(ledger: Ledger) -> None:
    pending, bounced, sent = mail(1), mail(2, estado=State.BOUNCED), mail(3, estado=State.SENT)
    for row in (pending, bounced, sent):
        ledger.create(row)
    moved = ledger.save(sent.advanced(State.BOUNCED, NOW))

    listed = ledger.newest(estado=State.BOUNCED, empleado=None, before=None, limit=9)

    assert listed == [moved, bounced]


def test_mails_are_listed_by_employee(ledger: Ledger) -> None:
    rows = [mail(1, empleado=7), mail(2, empleado=8), mail(3, empleado=None), mail(4, empleado=7)]
    for row in rows:
        ledger.create(row)

    listed = ledger.newest(estado=None, empleado=7, before=sort_key(rows[3]), limit=9)

    assert listed == [rows[0]]


def test_mails_are_listed_by_employee_and_state(ledger: Ledger) -> None:
    rows = [mail(number, estado=estado) for number, estado in enumerate([State.FAILED, State.SENT] * 3)]
    for row in rows:
        ledger.create(row)

    listed = ledger.newest(estado=State.FAILED, empleado=7, before=sort_key(rows[4]), limit=1)

    assert listed == [rows[2]]


def test_a_list_goes_on_where_a_page_of_dynamodb_ends() -> None:
    """DynamoDB returns at most 1 MB at once."""
    client = boto3.client("dynamodb")
    rows = [mail(number) for number in (2, 1)]
    last = {"evento": {"S": rows[0].evento}, "huella": {"S": rows[0].digest}}
    first_query = {
        "TableName": "correos",
        "KeyConditionExpression": "evento = :key",
        "ExpressionAttributeValues": {":key": {"S": EVENT}},
        "ConsistentRead": True,
    }
    with Stubber(client) as stub:
        stub.add_response("query", {"Items": [to_item(rows[0])], "LastEvaluatedKey": last}, first_query)
        stub.add_response("query", {"Items": [to_item(rows[1])]}, {**first_query, "ExclusiveStartKey": last})

        assert DynamoLedger(client, "correos").of_event(EVENT) == rows


def test_the_mails_of_an_event_are_listed_newest_first(ledger: Ledger) -> None:
    rows = [mail(number, evento=EVENT, destinatario=f"{number}@example.com") for number in (2, 0, 1)]
    for row in [*rows, mail(9)]:
        ledger.create(row)

    assert ledger.of_event(EVENT) == [rows[0], rows[2], rows[1]]


def test_an_update_is_decided_anew_when_somebody_else_was_faster(ledger: Ledger) -> None:
    row = mail(estado=State.SENDING, claim_id="a")
    ledger.create(row)
    ledger.save(row.advanced(State.SENT, NOW, mensaje_id="ses-1"))

    updated = update(ledger, row, lambda current: current.advanced(State.DELIVERED, NOW))

    assert (updated.estado, updated.mensaje_id) == (State.DELIVERED, "ses-1")


def test_an_update_stops_when_its_step_no_longer_follows(ledger: Ledger) -> None:
    row = mail(estado=State.SENDING, claim_id="a")
    ledger.create(row)
    ledger.save(row.advanced(State.DELIVERED, NOW))

    with pytest.raises(StepRefused):
        update(ledger, row, lambda current: current.advanced(State.SENT, NOW))


def test_an_update_of_a_row_that_is_gone_is_told(ledger: Ledger) -> None:
    with pytest.raises(LedgerUnavailable):
        update(ledger, mail(), lambda current: current.claimed("a", NOW))


def test_an_update_gives_up_when_the_row_changes_under_every_attempt() -> None:
    ledger = FakeLedger()
    row = mail(estado=State.SENDING)
    ledger.create(row)
    attempts = 0

    def disturbed(current: Mail) -> Mail:
        nonlocal attempts
        attempts += 1
        ledger.save(current)
        return current.advanced(State.SENT, NOW)

    with pytest.raises(LedgerUnavailable):
        update(ledger, row, disturbed)

    assert attempts == CONFLICTS


def test_the_table_keeps_a_row_until_it_expires(dynamo_table) -> None:
    client, table = dynamo_table
    row = mail()
    DynamoLedger(client, table).create(row)

    [item] = client.scan(TableName=table)["Items"]

    assert int(item["caduca_en"]["N"]) == int(row.caduca_en.timestamp())
    ttl = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "caduca_en")


def test_no_key_holds_an_address(dynamo_table) -> None:
    client, table = dynamo_table
    DynamoLedger(client, table).create(mail())

    [item] = client.scan(TableName=table)["Items"]
    keys = {
        attribute["AttributeName"]
        for attribute in client.describe_table(TableName=table)["Table"]["AttributeDefinitions"]
    }

    assert keys <= item.keys()
    assert not [key for key in keys if "example.com" in str(item[key])]


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "InternalServerError"])
@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("put_item", lambda ledger: ledger.create(mail())),
        ("put_item", lambda ledger: ledger.save(mail())),
        ("get_item", lambda ledger: ledger.read(EVENT, "0" * 32)),
        ("query", lambda ledger: ledger.of_event(EVENT)),
        ("query", lambda ledger: ledger.newest(estado=None, empleado=None, before=None, limit=1)),
    ],
)
def test_an_error_of_dynamodb_is_told_apart_from_a_conflict(
    operation: str, call: Callable[[Ledger], object], code: str
) -> None:
    client = boto3.client("dynamodb")
    with Stubber(client) as stub:
        stub.add_client_error(operation, code)

        with pytest.raises(LedgerUnavailable):
            call(DynamoLedger(client, "correos"))


def test_no_answer_of_dynamodb_is_told(closed_port: int) -> None:
    client = boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{closed_port}", config=client_config(attempts=1))

    with pytest.raises(LedgerUnavailable):
        DynamoLedger(client, "correos").read(EVENT, "0" * 32)
