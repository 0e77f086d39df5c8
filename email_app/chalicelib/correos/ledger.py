"""The rows of all emails, in DynamoDB: what makes one email of each event and recipient.

The ledger only compares and sets: `create` where there is no row, `save` where the row's `revision` is still the one
that was read. What a row may become is decided in mail.py.

ledger_table.json holds the arguments of `CreateTable`, less the name, and under ``TimeToLive`` those of
`UpdateTimeToLive`. The local stack and the tests use it, and Terraform repeats it.

- Key ``evento`` + ``huella``: the conditional write on the event id, and all emails of an event in one query. The
  address is no part of a key.
- ``por_fecha`` (all emails, in one partition: docs/design/email.md), ``por_estado`` and ``por_empleado``, sorted by
  ``orden`` (time of creation and id): newest first, page by page, without a scan.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from chalicelib.correos.aws import AwsUnavailable, calling
from chalicelib.correos.event import read_instant, write_instant
from chalicelib.correos.mail import Mail, State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

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
_READERS = {"estado": State, **dict.fromkeys(("creado_en", "actualizado_en", "plazo"), read_instant)}
"""Of attributes that are no plain text."""


class RowChanged(Exception):
    """The stored row is not the one that was read: ``current`` is, or None when it has expired."""

    def __init__(self, current: Mail | None) -> None:
        super().__init__()
        self.current = current


def sort_key(mail: Mail) -> str:
    """The place of a row in every list; unique, and it never changes."""
    return f"{write_instant(mail.created_at)}_{mail.id}"


class MailQuery(NamedTuple):
    """Emails that match all of these; the names are those of the API's parameters."""

    estado: Collection[State] = ()
    """Any of these; all if there are none."""
    evento: str | None = None
    empleado: int | None = None
    limite: int = 50
    cursor: str | None = None
    """The `sort_key` of the last row of the page before."""

    def matches(self, mail: Mail) -> bool:
        return (
            (not self.estado or mail.state in self.estado)
            and self.evento in {None, mail.event_id}
            and self.empleado in {None, mail.employee}
            and (self.cursor is None or sort_key(mail) < self.cursor)
        )


def update(ledger: DynamoLedger, mail: Mail, step: Callable[[Mail], Mail]) -> Mail:
    """Save the step that follows from the row, decided again after each concurrent write.

    Raises:
        StepRefused: the step does not follow from the row as it is now.
        AwsUnavailable: DynamoDB does not answer, or there were `CONFLICTS` conflicts.
    """
    for _ in range(CONFLICTS):
        try:
            return ledger.save(step(mail))
        except RowChanged as changed:
            if changed.current is None:
                break
            mail = changed.current
    raise AwsUnavailable("the row changes under every attempt")


class DynamoLedger:
    """The table. Every method raises `AwsUnavailable` when DynamoDB does not answer."""

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
        with calling("DynamoDB"):
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
        with calling("DynamoDB"):
            answer = self._client.get_item(
                TableName=self._table, Key={"evento": {"S": event_id}, "huella": {"S": digest}}, ConsistentRead=True
            )
        return from_item(answer["Item"]) if "Item" in answer else None

    def newest(self, query: MailQuery) -> list[Mail]:
        """The first rows that match, newest first.

        Rows of the last moment may be missing, unless the query names an event: the indexes follow the table.
        """
        read = partial(self._query, before=query.cursor, ScanIndexForward=False)
        if query.evento is not None:  # it has as many rows as recipients
            of_event = self._query("evento", {"S": query.evento}, None, ConsistentRead=True)
            rows = iter(sorted(of_event, key=sort_key, reverse=True))
        elif query.empleado is not None:  # an employee has few emails: those in other states are left out below
            rows = read("empleado", {"N": str(query.empleado)}, IndexName="por_empleado", Limit=MAX_PAGE)
        elif query.estado:
            each = (
                read("estado", {"S": str(state)}, IndexName="por_estado", Limit=query.limite) for state in query.estado
            )
            rows = merge(*each, key=sort_key, reverse=True)
        else:
            rows = read("lista", {"S": ALL_MAILS}, IndexName="por_fecha", Limit=query.limite)
        return list(islice(filter(query.matches, rows), query.limite))

    def _query(self, key: str, value: AttributeValueTypeDef, before: str | None, **query: Any) -> Iterator[Mail]:  # noqa: ANN401 - boto3's
        """The rows, fetched page by page as they are needed."""
        values = {":key": value} | ({":before": {"S": before}} if before else {})
        condition = f"{key} = :key" + (" AND orden < :before" if before else "")
        query |= {"KeyConditionExpression": condition, "ExpressionAttributeValues": values}
        while True:
            with calling("DynamoDB"):
                answer = self._client.query(TableName=self._table, **query)
            yield from map(from_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


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
            [(kind, text)] = cast("dict[str, str]", item[attribute]).items()
            values[field] = int(text) if kind == "N" else _READERS.get(attribute, str)(text)
    return Mail(**values)
