"""The rows of all e-mails, in DynamoDB: what makes one e-mail of each event and recipient.

The ledger only compares and sets: `create` where there is no row, `save` where the row is still the one that was read
(its `revision`). What a row may become is decided in mail.py.

The table is described once, in ledger_table.json (arguments of `CreateTable` and `UpdateTimeToLive`); the local stack
and the tests make it from there, and Terraform repeats it.

- Key ``evento`` + ``huella``: the conditional write on the event id, and all mails of an event in one query. The
  address is no part of a key.
- ``por_fecha`` (all mails), ``por_estado`` and ``por_empleado``, sorted by ``orden`` (time of creation and id): newest
  first, page by page, without a scan.
- All rows stand in one partition of ``por_fecha``, and a partition takes 1,000 writes a second. A mail takes four
  (claimed, sent, and SES's two events), so that the limit is 250 mails a second: SES's usual rate is 14. Whoever
  gets beyond it spreads ``lista`` over a few values and merges them when listing.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired, Protocol, TypedDict, cast

from chalicelib.correos.aws import AwsUnavailable, failing_as
from chalicelib.correos.event import read_instant, write_instant
from chalicelib.correos.mail import Mail, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, QueryInputTypeDef

    Item = dict[str, AttributeValueTypeDef]

    class _ConditionalWrite(TypedDict):
        Item: Item
        ConditionExpression: str
        ExpressionAttributeValues: NotRequired[Item]


ALL_MAILS = "correos"
"""The one partition of ``por_fecha``."""

MAX_PAGE = 200
"""Rows of one query; at less than 2 kB each they are far below the 1 MB that DynamoDB returns at once."""

CONFLICTS = 5
"""How often a step is decided again after a concurrent write. Each time the other writer made progress."""


class LedgerUnavailable(AwsUnavailable):
    """DynamoDB does not answer, or the row changes under every attempt."""


class RowChanged(Exception):
    """The row is not what it was thought to be: ``current`` is what it is, or nothing when it has expired."""

    def __init__(self, current: Mail | None) -> None:
        super().__init__()
        self.current = current


class Ledger(Protocol):
    """Raises `LedgerUnavailable` from every method."""

    def create(self, mail: Mail) -> None:
        """Write a new row.

        Raises:
            RowChanged: when there is one for the event and recipient already.
        """

    def save(self, mail: Mail) -> Mail:
        """Write the row if its ``revision`` is still the stored one, and return it with the next revision.

        Raises:
            RowChanged: when it is not.
        """

    def read(self, evento: str, digest: str) -> Mail | None:
        """Return the row as it is at this moment."""

    def of_event(self, evento: str) -> list[Mail]:
        """Return all rows of an event, newest first: as many as it has recipients."""

    def newest(self, *, estado: State | None, empleado: int | None, before: str | None, limit: int) -> list[Mail]:
        """Return at most ``limit`` rows, newest first, whose `sort_key` is before the given one.

        Rows of the last moment may be missing: the indexes follow the table.
        """


def sort_key(mail: Mail) -> str:
    """The place of a row in every list; no two have the same, and it never changes."""
    return f"{write_instant(mail.creado_en)}_{mail.id}"


def update(ledger: Ledger, mail: Mail, step: Callable[[Mail], Mail]) -> Mail:
    """Save the step that follows from the row, decided again after each concurrent write.

    Raises:
        StepRefused: when the step does not follow from the row as it is now.
        LedgerUnavailable: when DynamoDB does not answer, or after `CONFLICTS` conflicts.
    """
    for _ in range(CONFLICTS):
        try:
            return ledger.save(step(mail))
        except RowChanged as changed:
            if changed.current is None:
                break
            mail = changed.current
    raise LedgerUnavailable("the row changes under every attempt")


def table_definition() -> dict[str, Any]:
    """The arguments of `CreateTable`, less the name, and under ``TimeToLive`` those of `UpdateTimeToLive`."""
    definition: dict[str, Any] = json.loads(Path(__file__).with_name("ledger_table.json").read_text())
    return definition


class DynamoLedger:
    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, mail: Mail) -> None:
        self._put({"Item": to_item(mail), "ConditionExpression": "attribute_not_exists(evento)"})

    def save(self, mail: Mail) -> Mail:
        saved = replace(mail, revision=mail.revision + 1)
        self._put(
            {
                "Item": to_item(saved),
                "ConditionExpression": "revision = :read",
                "ExpressionAttributeValues": {":read": {"N": str(mail.revision)}},
            }
        )
        return saved

    def _put(self, conditional_write: _ConditionalWrite) -> None:
        with failing_as(LedgerUnavailable):
            try:
                self._client.put_item(
                    **conditional_write, TableName=self._table, ReturnValuesOnConditionCheckFailure="ALL_OLD"
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                item = cast("Item | None", error.response.get("Item"))
                raise RowChanged(from_item(item) if item else None) from None

    def read(self, evento: str, digest: str) -> Mail | None:
        with failing_as(LedgerUnavailable):
            answer = self._client.get_item(
                TableName=self._table, Key={"evento": {"S": evento}, "huella": {"S": digest}}, ConsistentRead=True
            )
        return from_item(answer["Item"]) if "Item" in answer else None

    def of_event(self, evento: str) -> list[Mail]:
        rows = self._query(
            {
                "TableName": self._table,
                "KeyConditionExpression": "evento = :key",
                "ExpressionAttributeValues": {":key": {"S": evento}},
                "ConsistentRead": True,
            }
        )
        return sorted(rows, key=sort_key, reverse=True)

    def newest(self, *, estado: State | None, empleado: int | None, before: str | None, limit: int) -> list[Mail]:
        if empleado is not None:
            # An employee has few mails: those in other states are read, and left out here.
            rows = self._newest_of("por_empleado", "empleado", {"N": str(empleado)}, before)
            return list(islice((row for row in rows if estado in {None, row.estado}), limit))
        if estado is not None:
            return list(islice(self._newest_of("por_estado", "estado", {"S": str(estado)}, before, limit), limit))
        return list(islice(self._newest_of("por_fecha", "lista", {"S": ALL_MAILS}, before, limit), limit))

    def _newest_of(
        self, index: str, key: str, value: AttributeValueTypeDef, before: str | None, page: int = MAX_PAGE
    ) -> Iterator[Mail]:
        condition = f"{key} = :key" + (" AND orden < :before" if before else "")
        values: Item = {":key": value} | ({":before": {"S": before}} if before else {})
        return self._query(
            {
                "TableName": self._table,
                "IndexName": index,
                "KeyConditionExpression": condition,
                "ExpressionAttributeValues": values,
                "ScanIndexForward": False,
                "Limit": page,
            }
        )

    def _query(self, query: QueryInputTypeDef) -> Iterator[Mail]:
        """The rows, fetched page by page as they are asked for."""
        while True:
            with failing_as(LedgerUnavailable):
                answer = self._client.query(**query)
            yield from map(from_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            query = {**query, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def to_item(mail: Mail) -> Item:
    texts = {
        "evento": mail.evento,
        "huella": mail.digest,
        "lista": ALL_MAILS,
        "orden": sort_key(mail),
        "destinatario": mail.destinatario or None,
        "tipo": mail.tipo,
        "asunto": mail.asunto or None,
        "estado": mail.estado,
        "creado_en": write_instant(mail.creado_en),
        "actualizado_en": write_instant(mail.actualizado_en),
        "plazo": write_instant(mail.lease_until) if mail.lease_until else None,
        "turno": mail.claim_id,
        "mensaje_id": mail.mensaje_id,
        "motivo": mail.motivo,
    }
    numbers = {
        "empleado": mail.empleado,
        "envios": mail.envios,
        "revision": mail.revision,
        "caduca_en": int(mail.caduca_en.timestamp()),
    }
    item: Item = {name: {"S": text} for name, text in texts.items() if text is not None}
    return item | {name: {"N": str(number)} for name, number in numbers.items() if number is not None}


def from_item(item: Item) -> Mail:
    texts = {name: value["S"] for name, value in item.items() if "S" in value}
    numbers = {name: int(value["N"]) for name, value in item.items() if "N" in value}
    return Mail(
        evento=texts["evento"],
        destinatario=texts.get("destinatario", ""),
        tipo=texts["tipo"],
        asunto=texts.get("asunto", ""),
        creado_en=read_instant(texts["creado_en"]),
        actualizado_en=read_instant(texts["actualizado_en"]),
        empleado=numbers.get("empleado"),
        estado=State(texts["estado"]),
        envios=numbers["envios"],
        lease_until=_optional_instant(texts.get("plazo")),
        claim_id=texts.get("turno"),
        mensaje_id=texts.get("mensaje_id"),
        motivo=texts.get("motivo"),
        revision=numbers["revision"],
        erased_digest=None if "destinatario" in texts else texts["huella"],
    )


def _optional_instant(text: str | None) -> datetime | None:
    return read_instant(text) if text else None
