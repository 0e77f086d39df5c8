"""Input from outside is read or refused, never a crash."""

from __future__ import annotations

import base64
import copy
import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_frontdoor import InvalidInput
from chalicelib.correos.direct_mail import check_request
from chalicelib.correos.event import UnreadableMessage, read_message, write_message
from chalicelib.correos.mail_query import check_query
from chalicelib.correos.ses_feedback import read_result
from chalicelib.web.tokens import read_claims, read_packed

ID = "0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11"
INSTANT = "2026-11-24T12:00:00.000000Z"
DIRECT = {
    "version": 1,
    "id": ID,
    "tipo": "directo",
    "ocurrido_en": INSTANT,
    "correo": {"para": "ana@example.com", "asunto": "Hola", "cuerpo": "Adiós"},
}
CONTRACTS = [json.loads(file.read_text("utf-8")) for file in (Path(__file__).parents[1] / "contracts").glob("*.json")]
TAGS = {"evento": [ID], "huella": ["0" * 32]}
SES_EVENTS = [
    {"eventType": kind, "mail": {"messageId": "01", "tags": TAGS, "destination": ["ana@example.com"]}, **rest}
    for kind, rest in (("Send", {}), ("Bounce", {"bounce": {"bounceType": "Permanent", "bounceSubType": "General"}}))
]
#: What readers stumble over.
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 10**400, 0.1, 1e308, float("nan"), "", " ", "\x00", "\n", "\u2028", "\ud800",
    "\U0001f600", "a" * 300, "2026-02-30", [], {}, [[]], {"": ""}, [None],
)  # fmt: skip
VALUES = st.sampled_from(ODD) | st.text() | st.integers() | st.lists(st.text(), max_size=3)


@st.composite
def changed(draw, seeds):
    """One of the documents with up to three values exchanged, wrapped or removed, as JSON."""
    root = [copy.deepcopy(draw(st.sampled_from(seeds)))]
    for _ in range(draw(st.integers(0, 3))):
        holder, key = draw(st.sampled_from(list(places(root))))
        action = draw(st.sampled_from(["exchange", "exchange", "wrap", "remove"]))
        if action == "remove" and holder is not root:
            del holder[key]
        else:
            holder[key] = [holder[key]] if action == "wrap" else copy.deepcopy(draw(VALUES))
    return json.dumps(root[0], ensure_ascii=draw(st.booleans()))


def places(value):
    """Every object or array that holds something, with each of its keys."""
    for key, child in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(child, dict | list):
            yield from places(child)


@given(changed([*CONTRACTS, DIRECT]) | st.binary())
def test_a_message_of_the_queue_is_unreadable_or_can_be_written_into_a_mail(body):
    with suppress(UnreadableMessage):
        message = read_message(body)
        assert read_message(write_message(message)) == message


def test_half_a_character_makes_a_message_of_the_queue_unreadable():
    for document, half in product([*CONTRACTS, DIRECT], ("\ud800", "\udfff")):
        for holder, key in places(root := [copy.deepcopy(document)]):
            value = holder[key]
            holder[key] = f"{value}{half}"
            with pytest.raises(UnreadableMessage):
                read_message(json.dumps(root[0]))
            holder[key] = value


@given(changed(SES_EVENTS) | st.text())
def test_an_event_of_ses_is_read_or_unreadable(text):
    result = read_result(text)
    assert result is None or result.event_id == ID


def is_unicode(value):
    """Half a character is refused by the front door, before a field is looked at."""
    return re.search("[\ud800-\udfff]", json.dumps(value, ensure_ascii=False)) is None


@given(changed([{"to": "ana@example.com", "subject": "Hola", "body": "Hola"}]).map(json.loads).filter(is_unicode))
def test_a_direct_mail_that_is_taken_can_be_queued_and_read(body):
    with suppress(InvalidInput):
        message = check_request(body, id=ID, now=datetime(2026, 11, 24, tzinfo=UTC), is_demo=False)
        assert read_message(write_message(message)) == message


QUERY = {"estado": "enviado", "empleado": "7", "limite": "5", "evento": ID, "cursor": f"{INSTANT}_{ID}_{'0' * 32}"}
PACKED = changed([{"sub": "7"}]).map(
    lambda claims: base64.urlsafe_b64encode(claims.encode("utf-8", "replace")).decode()
)


@given(st.dictionaries(st.sampled_from([*QUERY, "otro"]), st.lists(st.sampled_from([*QUERY.values()]) | st.text())))
def test_any_query_for_mails_is_read_or_refused(query):
    with suppress(InvalidInput):
        check_query(query)


@given(st.text() | PACKED | PACKED.map(lambda claims: f"e30.{claims.rstrip('=')}.c2ln"))
def test_any_token_is_read_or_unreadable(text):
    for read in (read_claims, read_packed):
        assert isinstance(read(text), dict)
