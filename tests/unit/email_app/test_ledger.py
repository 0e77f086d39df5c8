"""The ledger: DynamoDB and its twin in memory behave the same."""

from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.correos.aws import AwsUnavailable
from chalicelib.correos.ledger import (
    CONFLICTS,
    DynamoLedger,
    MailQuery,
    RowChanged,
    sort_key,
    to_item,
    update,
)
from chalicelib.correos.mail import State, StepRefused, recipient_digest
from local.resources import LEDGER_DEFINITION
from tests.unit.email_app.fakes import ADDRESS, NOW, FakeLedger, event_id, mail

EVENT = event_id(99)


def stored(ledger, *rows):
    for row in rows:
        ledger.create(row)
    return rows


def listed(ledger, *states, event=None, employee=None, before=None, limit=9):
    return ledger.newest(MailQuery(states, event, employee, limit, before and sort_key(before)))


def test_a_row_is_read_as_it_was_written(ledger):
    held = {"state": State.SENDING, "sends": 1, "lease_until": NOW, "claim_id": "a"}
    full = mail(1, message_id="ses-1", reason="Bounce.Transient", **held)
    rows = stored(ledger, full, mail(2, employee=None, request_digest="abc"), mail(3).erased({ADDRESS}, NOW))

    assert tuple(ledger.read(row.event_id, row.digest) for row in rows) == rows
    assert ledger.read(EVENT, full.digest) is None


def test_a_second_row_for_an_event_and_recipient_is_refused_with_the_first(ledger):
    first, other = stored(ledger, mail(claim_id="a"), mail(recipient="eva@example.com"))

    with pytest.raises(RowChanged) as refusal:
        ledger.create(replace(first, claim_id="b"))

    assert refusal.value.current == first == ledger.read(first.event_id, first.digest)
    assert ledger.read(other.event_id, other.digest) == other


def test_a_row_is_saved_by_the_first_who_has_read_it(ledger):
    (row,) = stored(ledger, mail())

    saved = ledger.save(row.claimed("a", NOW))

    assert saved == replace(row.claimed("a", NOW), revision=1)
    for stale, current in ((row, saved), (mail(9), None)):
        with pytest.raises(RowChanged) as refusal:
            ledger.save(stale.claimed("b", NOW))
        assert refusal.value.current == current == ledger.read(stale.event_id, stale.digest)


def test_emails_are_listed_newest_first_page_by_page_and_once_each(ledger):
    rows = stored(ledger, *(mail(number // 3, f"{number}@example.com") for number in range(9)))

    first = listed(ledger, limit=4)

    assert [*first, *listed(ledger, before=first[-1])] == sorted(rows, key=sort_key, reverse=True)


def test_emails_are_listed_by_event_employee_and_their_state_of_now(ledger):
    states = [State.FAILED, State.SENT] * 2
    rows = stored(ledger, *(mail(n, state=state) for n, state in enumerate(states)), mail(8, employee=8))
    moved = ledger.save(rows[3].reported(State.BOUNCED, NOW))
    two, none, one = stored(ledger, *(mail(n, f"{n}@example.com", event_id=EVENT, employee=9) for n in (2, 0, 1)))

    assert listed(ledger, State.BOUNCED) == [moved]
    assert listed(ledger, State.BOUNCED, State.FAILED) == [moved, rows[2], rows[0]]
    assert listed(ledger, State.BOUNCED, State.FAILED, before=moved, limit=1) == [rows[2]]
    assert listed(ledger, State.BOUNCED, State.FAILED, employee=7) == [moved, rows[2], rows[0]]
    assert listed(ledger, employee=7) == [moved, *reversed(rows[:3])]
    assert listed(ledger, State.FAILED, employee=7, before=rows[2], limit=1) == [rows[0]]
    assert listed(ledger, event=EVENT) == [two, one, none]
    assert listed(ledger, State.PENDING, event=EVENT, before=two, limit=1) == [one]
    assert listed(ledger, State.SENT, event=EVENT) == listed(ledger, event=EVENT, employee=8) == []


def test_a_list_goes_on_where_a_page_of_dynamodb_ends_and_reads_are_consistent():
    """DynamoDB returns at most 1 MB at once, and by default perhaps what was there a moment ago."""
    client = boto3.client("dynamodb")
    rows = [mail(number, event_id=EVENT, recipient=f"{number}@example.com") for number in (2, 1)]
    last = {"evento": {"S": rows[0].event_id}, "huella": {"S": rows[0].digest}}
    query = {
        "TableName": "correos",
        "KeyConditionExpression": "evento = :key",
        "ExpressionAttributeValues": {":key": {"S": EVENT}},
        "ConsistentRead": True,
    }
    with Stubber(client) as stub:
        stub.add_response("query", {"Items": [to_item(rows[0])], "LastEvaluatedKey": last}, query)
        stub.add_response("query", {"Items": [to_item(rows[1])]}, {**query, "ExclusiveStartKey": last})

        assert listed(DynamoLedger(client, "correos"), event=EVENT) == rows
        stub.add_response("get_item", {}, {"TableName": "correos", "Key": last, "ConsistentRead": True})
        assert DynamoLedger(client, "correos").read(rows[0].event_id, rows[0].digest) is None


def test_an_update_is_decided_anew_after_a_concurrent_write(ledger):
    (row,) = stored(ledger, mail(state=State.SENDING, claim_id="a"))
    ledger.save(row.reported(State.SENT, NOW, message_id="ses-1"))

    updated = update(ledger, row, lambda current: current.reported(State.DELIVERED, NOW))

    assert (updated.state, updated.message_id) == (State.DELIVERED, "ses-1")
    with pytest.raises(StepRefused):
        update(ledger, row, lambda current: current.reported(State.SENT, NOW))


def test_an_update_gives_up_when_the_row_is_gone_or_changes_under_every_attempt():
    ledger, attempts = FakeLedger(), []
    with pytest.raises(AwsUnavailable):
        update(ledger, mail(), lambda current: current.claimed("a", NOW))
    (row,) = stored(ledger, mail(state=State.SENDING))

    def disturbed(current):
        attempts.append(current)
        ledger.save(current)
        return current.reported(State.SENT, NOW)

    with pytest.raises(AwsUnavailable):
        update(ledger, row, disturbed)
    assert len(attempts) == CONFLICTS


def test_a_row_outlives_every_message_and_its_keys_hide_the_address():
    row, item = mail(), to_item(mail())
    keys = {each["AttributeName"]: item[each["AttributeName"]] for each in LEDGER_DEFINITION["AttributeDefinitions"]}

    assert LEDGER_DEFINITION["TimeToLive"] == {"AttributeName": "caduca_en", "Enabled": True}
    assert item["caduca_en"] == {"N": str(int(row.expires_at.timestamp()))}
    assert row.expires_at - NOW > timedelta(days=14 + 14)
    assert "example.com" not in str(keys)
    assert keys["huella"] == {"S": recipient_digest(row.event_id, ADDRESS.upper())}
    assert row.digest not in {recipient_digest(EVENT, ADDRESS), recipient_digest(row.event_id, "")}
    assert row.id == f"{row.event_id}_{row.digest}"


def test_an_error_of_dynamodb_is_no_conflict():
    client = boto3.client("dynamodb")
    ledger = DynamoLedger(client, "correos")
    for operation, call in (
        ("put_item", lambda: ledger.create(mail())),
        ("put_item", lambda: ledger.save(mail())),
        ("get_item", lambda: ledger.read(EVENT, "0" * 32)),
        ("query", lambda: listed(ledger, event=EVENT)),
        ("query", lambda: listed(ledger)),
    ):
        for code in ("ProvisionedThroughputExceededException", "InternalServerError"):
            with Stubber(client) as stub:
                stub.add_client_error(operation, code)
                with pytest.raises(AwsUnavailable):
                    call()
