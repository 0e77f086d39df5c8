"""Requests that are to be done once, however often they come: clients' keys for them, in the ledger's table.

The items have none of the attributes that the table's indexes sort by, so that no list of mails holds them. The key is
the hash of who asks and of the `Idempotency-Key`: one's key is not another's. Neither a word of the mail nor its
address is kept, only a digest: who repeats a request sends it all again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, cast

from chalicelib.correos.aws import failing_as
from chalicelib.correos.event import CorreoDirecto, read_instant, write_instant
from chalicelib.correos.ledger import LedgerUnavailable
from chalicelib.correos.mail import LEASE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]

KEPT = timedelta(hours=24)
"""How long a key is remembered; a client that repeats itself later asks anew."""

_PARTITION = "clave:"
"""What every key of these items begins with: no event's id does."""
_SORT_KEY = "clave"


class KeyTaken(Exception):
    """The key is not what it was thought to be: ``current`` is what it is."""

    def __init__(self, current: Peticion) -> None:
        super().__init__()
        self.current = current


@dataclass(frozen=True, slots=True, kw_only=True)
class Peticion:
    clave: str
    """The hash of who asks and of the key."""
    cuerpo: str
    """A digest of what is asked for."""
    correo: str
    """The mail that is made of it (`CorreoDirecto.id`)."""
    pedido_en: datetime
    """The mail's moment (`CorreoDirecto.ocurrido_en`)."""
    plazo: datetime | None
    """Until when its first request holds it; nothing once that was answered."""
    caduca_en: datetime
    """To the second."""

    def done(self) -> Peticion:
        """Answered: from now on it is only answered again."""
        return replace(self, plazo=None)

    def released(self) -> Peticion:
        """As good as never asked for, because nothing was done."""
        return replace(self, caduca_en=self.pedido_en.replace(microsecond=0))


class Peticiones(Protocol):
    """Raises `LedgerUnavailable` from every method."""

    def create(self, peticion: Peticion) -> None:
        """Write the first request of a key.

        Raises:
            KeyTaken: when there is one that has not expired.
        """

    def change(self, read: Peticion, changed: Peticion) -> None:
        """Write what became of a request, if it is still held as it was read.

        Raises:
            KeyTaken: when it is not.
        """


def requested(actor: str, clave: str | None, message: CorreoDirecto) -> Peticion | None:
    """The request for this mail by the key of whoever asks, held until it is answered or its lease is over.

    Nothing when it has no key: each such request is one of its own.
    """
    if clave is None:
        return None
    words = json.dumps([message.para, message.asunto, message.cuerpo])
    return Peticion(
        clave=_digest(json.dumps([actor, clave])),
        cuerpo=_digest(words),
        correo=message.id,
        pedido_en=message.ocurrido_en,
        plazo=message.ocurrido_en + LEASE,
        caduca_en=message.ocurrido_en.replace(microsecond=0) + KEPT,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class DynamoPeticiones:
    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, peticion: Peticion) -> None:
        # DynamoDB removes what has expired within days, not at once.
        now: Item = {":now": {"N": _seconds(peticion.pedido_en)}}
        self._put(peticion, "attribute_not_exists(evento) OR caduca_en <= :now", now)

    def change(self, read: Peticion, changed: Peticion) -> None:
        held: Item = {":correo": {"S": read.correo}, ":plazo": {"S": _text(read.plazo)}}
        self._put(changed, "correo = :correo AND plazo = :plazo", held)

    def _put(self, peticion: Peticion, condition: str, values: Item) -> None:
        with failing_as(LedgerUnavailable):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_to_item(peticion),
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                item = cast("Item | None", error.response.get("Item"))
                if item is None:
                    raise LedgerUnavailable("the key has expired") from None
                current = _from_item(item)
                if current != peticion:  # else the answer to our own write was lost, and its repetition met it
                    raise KeyTaken(current) from None


def _to_item(peticion: Peticion) -> Item:
    return {
        "evento": {"S": _PARTITION + peticion.clave},
        "huella": {"S": _SORT_KEY},
        "cuerpo": {"S": peticion.cuerpo},
        "correo": {"S": peticion.correo},
        "pedido_en": {"S": write_instant(peticion.pedido_en)},
        "plazo": {"S": _text(peticion.plazo)},
        "caduca_en": {"N": _seconds(peticion.caduca_en)},
    }


def _from_item(item: Item) -> Peticion:
    texts = {name: value["S"] for name, value in item.items() if "S" in value}
    return Peticion(
        clave=texts["evento"].removeprefix(_PARTITION),
        cuerpo=texts["cuerpo"],
        correo=texts["correo"],
        pedido_en=read_instant(texts["pedido_en"]),
        plazo=read_instant(texts["plazo"]) if texts["plazo"] else None,
        caduca_en=datetime.fromtimestamp(int(item["caduca_en"]["N"]), tz=read_instant(texts["pedido_en"]).tzinfo),
    )


def _text(moment: datetime | None) -> str:
    return write_instant(moment) if moment else ""


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))
