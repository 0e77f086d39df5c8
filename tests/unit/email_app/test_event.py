"""Reading the messages of the queue."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.correos.event import (
    BatchEvent,
    DirectMail,
    Employee,
    Event,
    UnreadableMessage,
    read_message,
    write_direct,
    write_instant,
)
from contract.events import EVENT_TYPES
from tests.unit.email_app.fakes import golden

DIRECTO = {
    "version": 1,
    "id": "0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11",
    "tipo": "directo",
    "ocurrido_en": "2026-11-24T09:30:00.000000Z",
    "correo": {"para": "ana@example.com", "asunto": "Hola", "cuerpo": "¿Qué tal?"},
}


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_reads_the_golden_event(kind):
    data = golden(kind)

    assert read_message(json.dumps(data)) == Event(
        id=data["id"],
        type=kind,
        occurred_at=datetime.fromisoformat(data["ocurrido_en"]),
        actor="rrhh@example.com",
        employee=Employee(**data["empleado"]),
        changes=tuple(data["cambios"]),
    )


def test_reads_the_golden_event_of_a_batch_and_knows_what_belongs_to_one():
    data = golden("lote")

    assert read_message(json.dumps(data)) == BatchEvent(
        id=data["id"],
        occurred_at=datetime.fromisoformat(data["ocurrido_en"]),
        actor="rrhh@example.com",
        batch=data["lote"],
        origin="importacion",
        counts=data["resumen"],
        is_announced=True,
    )
    for change in ({"lote": "7"}, {"aviso": 1}, {"resumen": data["resumen"] | {"creados": -1}}, {"resumen": {}}):
        with pytest.raises(UnreadableMessage):
            read_message(json.dumps(data | change))
    of_batch = [read_message(json.dumps(golden(lote=lote))).is_of_batch for lote in (data["lote"], None)]
    assert of_batch == [True, False]


def test_ignores_unknown_members_and_reads_bytes_as_utf8():
    text = json.dumps(golden(), ensure_ascii=False)

    assert read_message(json.dumps(golden(nuevo={"x": 1}))) == read_message(text.encode()) == read_message(text)


@pytest.mark.parametrize(
    ("member", "values"),
    [
        ("version", [99, 0, "1", True, 1.0, None]),
        ("tipo", ["borrado", None, ["creado"]]),
        ("id", [7, "7", "0B6B0A4E-6F0C-4B60-9D0D-2F6A3F1F7A11", "{0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11}"]),
        ("ocurrido_en", ["2026-11-24", "2026-11-24T09:30:00", "2026-11-24T09:30:00+01:00", "2026-02-30T09:30:00Z", 0]),
        ("ocurrido_en", ["٢٠٢٦-11-24T09:30:00Z"]),
        ("actor", ["", None]),
        ("empleado", [None, []]),
        ("cambios", ["nombre", [1], None]),
        ("empleado.id", ["7", 0, -7, True, 2**63]),
        ("empleado.nombre", [None, "", "  ", "\ud800"]),
        ("empleado.email", ["ana", "ana@example.com\nBcc: x@example.com", "a@example.com, x@example.com"]),
        ("empleado.email", ["Ana <ana@example.com>", "ñ@example.com", "a" * 250 + "@example.com"]),
        ("empleado.posicion", [1]),
        ("empleado.version", [0, None]),
    ],
)
def test_refuses_an_event_that_breaks_a_rule(member, values):
    for value in values:
        data = golden()
        parent, _, name = member.rpartition(".")
        (data[parent] if parent else data)[name] = value
        with pytest.raises(UnreadableMessage):
            read_message(json.dumps(data))


def test_refuses_a_direct_email_that_breaks_a_rule():
    for change in (
        {"correo": None},
        {"id": "x"},
        {"ocurrido_en": "ayer"},
        {"correo": {**DIRECTO["correo"], "para": "a"}},
    ):
        with pytest.raises(UnreadableMessage):
            read_message(json.dumps({**DIRECTO, **change}))


@pytest.mark.parametrize(
    "body",
    [
        *("", "hola", "{", "null", "[]", "1", '"creado"', "{}", "[" * 100_000, '{"a":' * 100_000, "9" * 5_000),
        *(b"\xff\xfe", "\ufeff{}", '{"version": NaN}', '{"version": 1e400}', "\ud800"),
        json.dumps({"Type": "Notification", "Message": json.dumps(golden())}),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_refuses_what_is_no_message(body):
    with pytest.raises(UnreadableMessage):
        read_message(body)


def test_the_refusal_names_the_member_and_not_its_value():
    with pytest.raises(UnreadableMessage, match=r"^id is not a UUID$"):
        read_message(json.dumps(golden(id="secreto")))


VISIBLE = st.text().filter(str.strip)


@given(VISIBLE, VISIBLE, st.datetimes())
def test_a_direct_email_is_read_as_it_was_written(subject, body, moment):
    occurred_at = moment.replace(tzinfo=UTC)
    mail = DirectMail(id=DIRECTO["id"], occurred_at=occurred_at, to="ana@example.com", subject=subject, body=body)

    assert read_message(write_direct(mail)) == mail


@given(st.datetimes(), st.datetimes())
def test_instants_sort_as_their_texts(one, other):
    texts = [write_instant(moment.replace(tzinfo=UTC)) for moment in (one, other)]

    assert (texts[0] < texts[1]) == (one < other)
