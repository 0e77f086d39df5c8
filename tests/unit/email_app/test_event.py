"""Reading the messages of the queue."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.correos.event import (
    DirectMail,
    Employee,
    Event,
    UnreadableMessage,
    read_instant,
    read_message,
    write_direct,
    write_instant,
)

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
DIRECTO = {
    "version": 1,
    "id": "0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11",
    "tipo": "directo",
    "ocurrido_en": "2026-11-24T09:30:00.000000Z",
    "correo": {"para": "ana@example.com", "asunto": "Hola", "cuerpo": "¿Qué tal?"},
}


@pytest.mark.parametrize("tipo", ["creado", "actualizado", "eliminado"])
def test_reads_the_golden_event(contract, tipo):
    data = contract(tipo)

    evento = read_message(json.dumps(data))

    assert evento == Event(
        id=data["id"],
        tipo=tipo,
        ocurrido_en=datetime.fromisoformat(data["ocurrido_en"]),
        actor="rrhh@example.com",
        empleado=Employee(**data["empleado"]),
        cambios=tuple(data["cambios"]),
    )


def test_lets_members_that_it_does_not_know_be(contract):
    data = contract(nuevo={"x": 1})

    assert read_message(json.dumps(data)) == read_message(json.dumps(contract()))


def test_reads_bytes_as_utf8(contract):
    text = json.dumps(contract(), ensure_ascii=False)

    assert read_message(text.encode()) == read_message(text)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 99},
        {"version": 0},
        {"version": "1"},
        {"version": True},
        {"version": 1.0},
        {"version": None},
        {"tipo": "borrado"},
        {"tipo": None},
        {"tipo": ["creado"]},
        {"id": 7},
        {"id": "7"},
        {"id": "0B6B0A4E-6F0C-4B60-9D0D-2F6A3F1F7A11"},
        {"id": "{0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11}"},
        {"ocurrido_en": "2026-11-24"},
        {"ocurrido_en": "2026-11-24T09:30:00"},
        {"ocurrido_en": "2026-11-24T09:30:00+01:00"},
        {"ocurrido_en": "2026-02-30T09:30:00Z"},
        {"ocurrido_en": "٢٠٢٦-11-24T09:30:00Z"},
        {"ocurrido_en": 0},
        {"actor": ""},
        {"actor": None},
        {"empleado": None},
        {"empleado": []},
        {"cambios": "nombre"},
        {"cambios": [1]},
        {"cambios": None},
    ],
    ids=str,
)
def test_refuses_an_event_that_breaks_a_rule(contract, change):
    with pytest.raises(UnreadableMessage):
        read_message(json.dumps(contract(**change)))


@pytest.mark.parametrize(
    "change",
    [
        {"id": "7"},
        {"id": 0},
        {"id": -7},
        {"id": True},
        {"id": 2**63},
        {"nombre": None},
        {"nombre": ""},
        {"nombre": "  "},
        {"nombre": "\ud800"},
        {"email": "ana"},
        {"email": "ana@example.com\nBcc: x@example.com"},
        {"email": "ana@example.com, x@example.com"},
        {"email": "Ana <ana@example.com>"},
        {"email": "ñ@example.com"},
        {"email": "a" * 250 + "@example.com"},
        {"posicion": 1},
        {"version": 0},
        {"version": None},
    ],
    ids=str,
)
def test_refuses_an_employee_that_breaks_a_rule(contract, change):
    data = contract()

    with pytest.raises(UnreadableMessage):
        read_message(json.dumps({**data, "empleado": {**data["empleado"], **change}}))


@pytest.mark.parametrize("member", ["version", "id", "tipo", "ocurrido_en", "actor", "empleado", "cambios"])
def test_refuses_an_event_without_a_member(contract, member):
    data = contract()
    del data[member]

    with pytest.raises(UnreadableMessage):
        read_message(json.dumps(data))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hola",
        "{",
        "null",
        "[]",
        "1",
        '"creado"',
        "{}",
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 5_000,
        b"\xff\xfe",
        "\ufeff{}",
        '{"version": NaN}',
        '{"version": 1e400}',
        "\ud800",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_refuses_what_is_no_json_object(body):
    with pytest.raises(UnreadableMessage):
        read_message(body)


def test_refuses_an_event_in_an_sns_envelope(contract):
    envelope = {
        "Type": "Notification",
        "MessageId": "dc1e94d9-56c5-5e96-808d-cc7f68faa162",
        "TopicArn": "arn:aws:sns:us-east-1:000000000000:crud-app-email-topic",
        "Message": json.dumps(contract()),
        "Timestamp": "2026-11-24T09:30:00.000Z",
    }

    with pytest.raises(UnreadableMessage):
        read_message(json.dumps(envelope))


def test_the_refusal_names_the_member_and_not_its_value(contract):
    with pytest.raises(UnreadableMessage) as refusal:
        read_message(json.dumps(contract(id="secreto")))

    assert str(refusal.value) == "id is not a UUID"


@given(st.binary() | st.text() | ANY_JSON.map(json.dumps))
def test_anything_is_either_read_or_unreadable(body):
    with suppress(UnreadableMessage):
        assert isinstance(read_message(body), Event | DirectMail)


@given(st.sampled_from(["version", "id", "tipo", "ocurrido_en", "actor", "empleado", "cambios"]), ANY_JSON)
def test_an_event_with_anything_in_a_member_is_either_read_or_unreadable(contract, member, value):
    with suppress(UnreadableMessage):
        assert isinstance(read_message(json.dumps(contract(**{member: value}))), Event | DirectMail)


@given(st.sampled_from(["para", "asunto", "cuerpo", "correo"]), ANY_JSON)
def test_a_direct_mail_with_anything_in_a_member_is_either_read_or_unreadable(member, value):
    mail = {**DIRECTO["correo"], member: value}

    with suppress(UnreadableMessage):
        assert isinstance(read_message(json.dumps({**DIRECTO, "correo": mail})), DirectMail)


@given(asunto=st.text().filter(str.strip), cuerpo=st.text().filter(str.strip), ocurrido_en=st.datetimes())
def test_a_direct_mail_is_read_as_it_was_written(asunto, cuerpo, ocurrido_en):
    mail = DirectMail(
        id=DIRECTO["id"],
        ocurrido_en=ocurrido_en.replace(tzinfo=UTC),
        para="ana@example.com",
        asunto=asunto,
        cuerpo=cuerpo,
    )

    assert read_message(write_direct(mail)) == mail


@pytest.mark.parametrize("change", [{"correo": None}, {"id": "x"}, {"ocurrido_en": "ayer"}], ids=str)
def test_refuses_a_direct_mail_that_breaks_a_rule(change):
    with pytest.raises(UnreadableMessage):
        read_message(json.dumps({**DIRECTO, **change}))


@given(st.datetimes(), st.datetimes())
def test_instants_sort_as_their_texts(one, other):
    texts = [write_instant(moment.replace(tzinfo=UTC)) for moment in (one, other)]

    assert (texts[0] < texts[1]) == (one < other)


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)), st.integers(-12, 12))  # noqa: DTZ001
def test_an_instant_is_written_in_utc(moment, hours):
    local = moment.replace(tzinfo=timezone(timedelta(hours=hours)))

    assert read_instant(write_instant(local)) == local
