"""The rows of all emails, in DynamoDB: what makes one email of each event and recipient.

The ledger only compares and sets: `create` where there is no row, `save` where the row's `revision` is still the one
that was read. What a row may become is decided in mail.py.

ledger_table.json holds the arguments of `CreateTable`, less the name, and under ``TimeToLive`` those of
`UpdateTimeToLive`. The local stack and the tests use it, and Terraform repeats it.

- Key ``evento`` + ``huella``: the conditional write on the event id, and all emails of an event in one query. The
  address is no part of a key.
- ``por_fecha`` (all emails), ``por_estado`` and ``por_empleado``, sorted by ``orden`` (time of creation and id): newest
  first, page by page, without a scan.
- All rows share one partition of ``por_fecha``, which takes 1,000 writes a second. An email takes four (claimed, sent,
  and SES's two events), so the limit is 250 emails a second; SES's usual rate is 14. Beyond that, spread ``lista`` over
  a few values and merge them when listing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from chalicelib.correos.aws import AwsUnavailable, failing_as
from chalicelib.correos.event import read_instant, write_instant
from chalicelib.correos.mail import Mail, State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, QueryInputTypeDef

    Item = dict[str, AttributeValueTypeDef]

ALL_MAILS = "correos"
"""The one partition of ``por_fecha``."""

MAX_PAGE = 200
"""Rows of one query; at less than 2 kB each they are far below the 1 MB that DynamoDB returns at once."""

CONFLICTS = 5
"""How often a step is decided again after a concurrent write. Each time the other writer made progress."""

_ATTRIBUTES = {
    "event_id": "evento",
    "digest": "huella",
    "recipient": "destinatario",
    "type": "tipo",
    "subject": "asunto",
    "created_at": "creado_en",
    "updated_at": "actualizado_en",
    "employee": "empleado",
    "state": "estado",
    "sends": "envios",
    "lease_until": "plazo",
    "claim_id": "turno",
    "message_id": "mensaje_id",
    "reason": "motivo",
    "revision": "revision",
    "request_digest": "peticion",
}
"""The attribute of each field of `Mail`. Empty values have none."""
_INSTANTS = {"creado_en", "actualizado_en", "plazo"}


class LedgerUnavailable(AwsUnavailable):
    """DynamoDB does not answer, or the row changes under every attempt."""


class RowChanged(Exception):
    """The stored row is not the one that was read: ``current`` is, or None when it has expired."""

    def __init__(self, current: Mail | None) -> None:
        super().__init__()
        self.current = current


def sort_key(mail: Mail) -> str:
    """The place of a row in every list; unique, and it never changes."""
    return f"{write_instant(mail.created_at)}_{mail.id}"


def update(ledger: DynamoLedger, mail: Mail, step: Callable[[Mail], Mail]) -> Mail:
    """Save the step that follows from the row, decided again after each concurrent write.

    Raises:
        StepRefused: the step does not follow from the row as it is now.
        LedgerUnavailable: DynamoDB does not answer, or there were `CONFLICTS` conflicts.
    """
    for _ in range(CONFLICTS):
        try:
            return ledger.save(step(mail))
        except RowChanged as changed:
            if changed.current is None:
                break
            mail = changed.current
    raise LedgerUnavailable("the row changes under every attempt")


class DynamoLedger:
    """The table. Every method raises `LedgerUnavailable` when DynamoDB does not answer."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, mail: Mail) -> Mail:
        """Write a new row, and return it.

        Raises:
            RowChanged: the event and recipient already have one.
        """
        return self._put(mail, "attribute_not_exists(evento)")

    def save(self, mail: Mail) -> Mail:
        """Write the row if its ``revision`` is still the stored one, and return it with the next revision.

        Raises:
            RowChanged: it is not.
        """
        saved = replace(mail, revision=mail.revision + 1)
        return self._put(saved, "revision = :read", ExpressionAttributeValues={":read": {"N": str(mail.revision)}})

    def _put(self, mail: Mail, condition: str, **values: Item) -> Mail:
        with failing_as(LedgerUnavailable):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=to_item(mail),
                    ConditionExpression=condition,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **values,  # type: ignore[arg-type] # at most the one argument
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                item = cast("Item | None", error.response.get("Item"))
                raise RowChanged(from_item(item) if item else None) from None
        return mail

    def read(self, event_id: str, digest: str) -> Mail | None:
        """The row as it is at this moment."""
        with failing_as(LedgerUnavailable):
            answer = self._client.get_item(
                TableName=self._table, Key={"evento": {"S": event_id}, "huella": {"S": digest}}, ConsistentRead=True
            )
        return from_item(answer["Item"]) if "Item" in answer else None

    def of_event(self, event_id: str) -> list[Mail]:
        """All rows of an event, newest first: as many as it has recipients."""
        rows = self._query(
            {
                "TableName": self._table,
                "KeyConditionExpression": "evento = :key",
                "ExpressionAttributeValues": {":key": {"S": event_id}},
                "ConsistentRead": True,
            }
        )
        return sorted(rows, key=sort_key, reverse=True)

    def newest(self, *, states: Collection[State], employee: int | None, before: str | None, limit: int) -> list[Mail]:
        """At most ``limit`` rows in any of these states, newest first, whose `sort_key` is before the given one.

        Without states, any state counts. Rows of the last moment may be missing: the indexes follow the table.
        """
        if employee is not None:
            # An employee has few emails: those in other states are read, and left out here.
            rows = self._newest_of("por_empleado", "empleado", {"N": str(employee)}, before, MAX_PAGE)
            rows = (row for row in rows if not states or row.state in states)
        elif states:
            each = (self._newest_of("por_estado", "estado", {"S": str(state)}, before, limit) for state in states)
            rows = merge(*each, key=sort_key, reverse=True)
        else:
            rows = self._newest_of("por_fecha", "lista", {"S": ALL_MAILS}, before, limit)
        return list(islice(rows, limit))

    def _newest_of(
        self, index: str, key: str, value: AttributeValueTypeDef, before: str | None, page: int
    ) -> Iterator[Mail]:
        values: Item = {":key": value} | ({":before": {"S": before}} if before else {})
        return self._query(
            {
                "TableName": self._table,
                "IndexName": index,
                "KeyConditionExpression": f"{key} = :key" + (" AND orden < :before" if before else ""),
                "ExpressionAttributeValues": values,
                "ScanIndexForward": False,
                "Limit": page,
            }
        )

    def _query(self, query: QueryInputTypeDef) -> Iterator[Mail]:
        """The rows, fetched page by page as they are needed."""
        while True:
            with failing_as(LedgerUnavailable):
                answer = self._client.query(**query)
            yield from map(from_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            query = {**query, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def as_attributes(mail: Mail) -> dict[str, str | int | None]:
    """The fields by the names of their attributes; None for those that are empty."""
    values = {attribute: getattr(mail, field) for field, attribute in _ATTRIBUTES.items()}
    return {
        name: write_instant(value) if isinstance(value, datetime) else None if value == "" else value
        for name, value in values.items()
    }


def to_item(mail: Mail) -> Item:
    values = as_attributes(mail)
    values |= {"lista": ALL_MAILS, "orden": sort_key(mail), "caduca_en": int(mail.expires_at.timestamp())}
    return {
        name: {"N": str(value)} if isinstance(value, int) else {"S": value}
        for name, value in values.items()
        if value is not None
    }


def from_item(item: Item) -> Mail:
    values: dict[str, Any] = {"recipient": "", "subject": ""}
    for field, attribute in _ATTRIBUTES.items():
        if attribute in item:
            values[field] = _from_attribute(attribute, item[attribute])
    return Mail(**values)


def _from_attribute(name: str, value: AttributeValueTypeDef) -> object:
    if "N" in value:
        return int(value["N"])
    text = value["S"]
    if name == "estado":
        return State(text)
    return read_instant(text) if name in _INSTANTS else text
