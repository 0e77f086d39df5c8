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
from chalicelib.correos.event import DirectMail, read_instant, write_instant
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

    def __init__(self, current: KeyedRequest) -> None:
        super().__init__()
        self.current = current


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedRequest:
    key: str
    """The hash of who asks and of the key."""
    cuerpo: str
    """A digest of what is asked for."""
    mail: str
    """The mail that is made of it (`DirectMail.id`)."""
    pedido_en: datetime
    """The mail's moment (`DirectMail.ocurrido_en`)."""
    lease_until: datetime | None
    """Until when its first request holds it; nothing once that was answered."""
    caduca_en: datetime
    """To the second."""

    def done(self) -> KeyedRequest:
        """Answered: from now on it is only answered again."""
        return replace(self, lease_until=None)

    def released(self) -> KeyedRequest:
        """As good as never asked for, because nothing was done."""
        return replace(self, caduca_en=self.pedido_en.replace(microsecond=0))


class KeyStore(Protocol):
    """Raises `LedgerUnavailable` from every method."""

    def create(self, keyed: KeyedRequest) -> None:
        """Write the first request of a key.

        Raises:
            KeyTaken: when there is one that has not expired.
        """

    def change(self, read: KeyedRequest, changed: KeyedRequest) -> None:
        """Write what became of a request, if it is still held as it was read.

        Raises:
            KeyTaken: when it is not.
        """


def requested(actor: str, key: str | None, message: DirectMail) -> KeyedRequest | None:
    """The request for this mail under the caller's key, held until it is answered or its lease expires.

    Nothing when it has no key: each such request is one of its own.
    """
    if key is None:
        return None
    words = json.dumps([message.para, message.asunto, message.cuerpo])
    return KeyedRequest(
        key=_digest(json.dumps([actor, key])),
        cuerpo=_digest(words),
        mail=message.id,
        pedido_en=message.ocurrido_en,
        lease_until=message.ocurrido_en + LEASE,
        caduca_en=message.ocurrido_en.replace(microsecond=0) + KEPT,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class DynamoKeyStore:
    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, keyed: KeyedRequest) -> None:
        # DynamoDB removes what has expired within days, not at once.
        now: Item = {":now": {"N": _seconds(keyed.pedido_en)}}
        self._put(keyed, "attribute_not_exists(evento) OR caduca_en <= :now", now)

    def change(self, read: KeyedRequest, changed: KeyedRequest) -> None:
        held: Item = {":correo": {"S": read.mail}, ":plazo": {"S": _text(read.lease_until)}}
        self._put(changed, "correo = :correo AND plazo = :plazo", held)

    def _put(self, keyed: KeyedRequest, condition: str, values: Item) -> None:
        with failing_as(LedgerUnavailable):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_to_item(keyed),
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                item = cast("Item | None", error.response.get("Item"))
                if item is None:
                    raise LedgerUnavailable("the key has expired") from None
                current = _from_item(item)
                if current != keyed:  # else the answer to our own write was lost, and its repetition met it
                    raise KeyTaken(current) from None


def _to_item(keyed: KeyedRequest) -> Item:
    return {
        "evento": {"S": _PARTITION + keyed.key},
        "huella": {"S": _SORT_KEY},
        "cuerpo": {"S": keyed.cuerpo},
        "correo": {"S": keyed.mail},
        "pedido_en": {"S": write_instant(keyed.pedido_en)},
        "plazo": {"S": _text(keyed.lease_until)},
        "caduca_en": {"N": _seconds(keyed.caduca_en)},
    }


def _from_item(item: Item) -> KeyedRequest:
    texts = {name: value["S"] for name, value in item.items() if "S" in value}
    return KeyedRequest(
        key=texts["evento"].removeprefix(_PARTITION),
        cuerpo=texts["cuerpo"],
        mail=texts["correo"],
        pedido_en=read_instant(texts["pedido_en"]),
        lease_until=read_instant(texts["plazo"]) if texts["plazo"] else None,
        caduca_en=datetime.fromtimestamp(int(item["caduca_en"]["N"]), tz=read_instant(texts["pedido_en"]).tzinfo),
    )


def _text(moment: datetime | None) -> str:
    return write_instant(moment) if moment else ""


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))
