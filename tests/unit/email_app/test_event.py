"""Reading the messages of the queue."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.correos.event import DIRECTO, Message, UnreadableMessage, read_message, write_instant, write_message
from contract.events import EVENT_TYPES, LOTE
from tests.unit.email_app.fakes import event_id, golden

WORDS = {"para": "ana@example.com", "asunto": "Hola", "cuerpo": "¿Qué tal?"}
DIRECT = Message(DIRECTO, event_id(1), datetime(2026, 11, 24, tzinfo=UTC), {"correo": WORDS})


@pytest.mark.parametrize("kind", [*EVENT_TYPES, LOTE])
def test_reads_the_golden_event_and_ignores_unknown_members(kind):
    data = golden(kind)
    ignored = {"version", "id", "tipo", "ocurrido_en", *(["cambios"] if kind == LOTE else [])}
    members = {name: value for name, value in data.items() if name not in ignored and value is not None}
    message = Message(kind, data["id"], datetime.fromisoformat(data["ocurrido_en"]), members)

    assert read_message(json.dumps(data | {"nuevo": {"x": 1}})) == message
    assert read_message(json.dumps(data, ensure_ascii=False).encode()) == message


@pytest.mark.parametrize(
    ("member", "values"),
    [
        ("version", [99, 0, "1", True, 1.0, None]),
        ("tipo", ["borrado", None, ["creado"]]),
        ("id", [7, "7", "0B6B0A4E-6F0C-4B60-9D0D-2F6A3F1F7A11", "{0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11}"]),
        ("ocurrido_en", ["2026-11-24T09:30:00", "2026-11-24T09:30:00+01:00", "2026-02-30T09:30:00Z", 0]),
        ("ocurrido_en", ["٢٠٢٦-11-24T09:30:00Z"]),
        ("actor", ["", None]),
        ("empleado", [None, []]),
        ("cambios", ["nombre", [1], None]),
        ("empleado.id", ["7", 0, -7, True, 2**63]),
        ("empleado.nombre", [None, "", "  ", "\ud800"]),
        ("empleado.email", ["ana", "ana@example.com\nBcc: x@example.com", "Ana <ana@example.com>"]),
        ("empleado.posicion", [1]),
        ("empleado.version", [0, None]),
        ("lote:lote", ["7"]),
        ("lote:aviso", [1]),
        ("lote:resumen", [{}]),
        ("lote:resumen.creados", [-1, True]),
        ("lote:ocurrido_en", ["ayer"]),
        ("directo:id", ["x"]),
        ("directo:ocurrido_en", ["ayer"]),
        ("directo:correo", [None]),
        ("directo:correo.para", ["a"]),
        ("directo:correo.asunto", [" "]),
    ],
)
def test_refuses_a_message_that_breaks_a_rule(member, values):
    kind, _, path = member.rpartition(":")
    for value in values:
        data = json.loads(write_message(DIRECT)) if kind == DIRECTO else golden(kind or "creado")
        parent, _, name = path.rpartition(".")
        (data[parent] if parent else data)[name] = value
        with pytest.raises(UnreadableMessage):
            read_message(json.dumps(data))


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


@given(st.datetimes(), st.datetimes())
def test_instants_sort_as_their_texts(one, other):
    texts = [write_instant(moment.replace(tzinfo=UTC)) for moment in (one, other)]

    assert (texts[0] < texts[1]) == (one < other)
