"""What SES says later about a mail."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.correos.ledger import LedgerUnavailable
from chalicelib.correos.mail import Mail, State
from chalicelib.correos.ses_feedback import Resultado, UnreadableResult, read_result, record_result
from tests.unit.email_app.fakes import FakeClock, FakeLedger

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROW = Mail(
    evento="0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11",
    destinatario="ana@example.com",
    tipo="creado",
    asunto="Alta: Ana Pérez",
    creado_en=NOW,
    actualizado_en=NOW,
    estado=State.SENT,
)
BOUNCE = {
    "feedbackId": "0100",
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "bouncedRecipients": [{"emailAddress": "ana@example.com", "diagnosticCode": "smtp; 550 user unknown"}],
    "timestamp": "2026-11-24T12:00:01.000Z",
}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def event(tipo: str, **detail: object) -> dict[str, Any]:
    """An event as SES publishes it: with tags of its own beside ours."""
    return {
        "eventType": tipo,
        "mail": {
            "timestamp": "2026-11-24T12:00:00.000Z",
            "source": "directorio@example.com",
            "messageId": "0100018f-ses",
            "destination": ["ana@example.com"],
            "tags": {
                "ses:configuration-set": ["correos"],
                "ses:source-ip": ["192.0.2.0"],
                "evento": [ROW.evento],
                "huella": [ROW.digest],
            },
        },
        ("failure" if tipo == "Rendering Failure" else tipo[0].lower() + tipo[1:]): detail,
    }


def after(*events: dict[str, Any], row: Mail = ROW) -> Mail:
    """The row after these events."""
    ledger = FakeLedger()
    ledger.create(row)
    for message in events:
        record_result(ledger, json.dumps(message), FakeClock())
    stored = ledger.read(row.evento, row.digest)
    assert stored is not None
    return stored


@pytest.mark.parametrize(
    ("message", "estado", "motivo"),
    [
        (event("Send"), State.SENT, None),
        (event("DeliveryDelay", delayType="MailboxFull"), State.SENT, None),
        (event("Delivery", smtpResponse="250 ok"), State.DELIVERED, None),
        (event("Bounce", **BOUNCE), State.BOUNCED, "Bounce.Permanent.General"),
        (event("Bounce"), State.BOUNCED, "Bounce"),
        (
            event("Bounce", bounceType="Transient", bounceSubType="MailboxFull"),
            State.BOUNCED,
            "Bounce.Transient.MailboxFull",
        ),
        (
            event("Bounce", bounceType="Permanent", bounceSubType="OnAccountSuppressionList"),
            State.FAILED,
            "Bounce.Permanent.OnAccountSuppressionList",
        ),
        (
            event("Bounce", bounceType="Permanent", bounceSubType="Suppressed"),
            State.FAILED,
            "Bounce.Permanent.Suppressed",
        ),
        (event("Complaint", complaintFeedbackType="abuse"), State.COMPLAINT, "Complaint.abuse"),
        (event("Complaint"), State.COMPLAINT, "Complaint"),
        (event("Complaint", complaintFeedbackType="not-spam"), State.DELIVERED, None),
        (event("Reject", reason="Bad content"), State.FAILED, "Reject"),
        (event("Rendering Failure", templateName="x"), State.FAILED, "Rendering Failure"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_event_brings_the_mail_to_its_state(message: dict[str, Any], estado: State, motivo: str | None) -> None:
    row = after(message, row=replace(ROW, estado=State.UNCERTAIN, lease_until=NOW))

    assert (row.estado, row.motivo, row.mensaje_id) == (estado, motivo, "0100018f-ses")


@pytest.mark.parametrize("order", list(permutations(["Send", "DeliveryDelay", "Delivery"])))
def test_a_delivered_mail_is_delivered_in_whatever_order_the_events_come(order: tuple[str, ...]) -> None:
    assert after(*map(event, order)).estado is State.DELIVERED


@pytest.mark.parametrize("order", list(permutations([event("Send"), event("Delivery"), event("Bounce", **BOUNCE)])))
def test_a_bounced_mail_is_bounced_in_whatever_order_the_events_come(order: tuple[dict[str, Any], ...]) -> None:
    assert after(*order).estado is State.BOUNCED


def test_an_event_that_comes_twice_changes_nothing_more() -> None:
    assert after(event("Delivery"), event("Delivery")).revision == 1


def test_an_out_of_office_answer_does_not_undo_a_delivery() -> None:
    """SES calls it a transient bounce."""
    row = after(event("Delivery"), event("Bounce", bounceType="Transient", bounceSubType="General"))

    assert row.estado is State.DELIVERED


def test_a_server_may_send_a_delivered_mail_back() -> None:
    assert after(event("Delivery"), event("Bounce", **BOUNCE)).estado is State.BOUNCED


def test_a_complaint_stays_a_complaint() -> None:
    assert after(event("Complaint"), event("Delivery"), event("Bounce", **BOUNCE)).estado is State.COMPLAINT


def test_an_event_without_an_id_of_ses_is_recorded_too() -> None:
    message = event("Delivery")
    del message["mail"]["messageId"]

    row = after(message)

    assert (row.estado, row.mensaje_id) == (State.DELIVERED, None)


def changed(path: str, value: object, original: dict[str, Any] | None = None) -> str:
    message = original or event("Delivery")
    *parents, last = path.split(".")
    target: Any = message
    for name in parents:
        target = target[name]
    target[last] = value
    return json.dumps(message)


UNREADABLE = [
    "",
    "hola",
    "null",
    "[]",
    "{}",
    "[" * 100_000,
    json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded"}),
    changed("eventType", "Open"),
    changed("eventType", "Click"),
    changed("eventType", None),
    changed("eventType", ["Delivery"]),
    changed("mail", None),
    changed("mail.tags", []),
    changed("mail.tags.evento", None),
    changed("mail.tags.evento", []),
    changed("mail.tags.evento", [1]),
    changed("mail.tags.evento", "0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11"),
    changed("mail.tags.evento", [ROW.evento, ROW.evento]),
    changed("mail.tags.evento", ["\ud800"]),
    changed("mail.tags.huella", ["ana@example.com"]),
]


@pytest.mark.parametrize("message", UNREADABLE, ids=lambda message: message[:40])
def test_what_is_no_event_of_our_mails_is_dropped(message: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UnreadableResult):
        read_result(message)

    ledger = FakeLedger()
    ledger.create(ROW)
    record_result(ledger, message, FakeClock())
    assert ledger.read(ROW.evento, ROW.digest) == ROW
    assert "Evento ignorado" in caplog.text
    assert "example.com" not in caplog.text


def test_an_event_of_an_unknown_mail_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    record_result(FakeLedger(), json.dumps(event("Delivery")), FakeClock())

    assert "Delivery de un correo desconocido" in caplog.text


def test_a_ledger_that_does_not_answer_fails_the_event_so_that_it_comes_again() -> None:
    ledger = FakeLedger()
    ledger.is_down = True

    with pytest.raises(LedgerUnavailable):
        record_result(ledger, json.dumps(event("Delivery")), FakeClock())


def test_codes_that_are_none_are_left_out() -> None:
    result = read_result(json.dumps(event("Bounce", bounceType="Permanent", bounceSubType="ana@example.com")))

    assert result.motivo == "Bounce.Permanent"


def test_the_log_names_the_mail_and_not_the_recipient(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    after(event("Bounce", **BOUNCE))

    assert f"[SES] Bounce: correo {ROW.id} - rebotado" in caplog.messages
    assert "example.com" not in caplog.text


@given(st.text() | ANY_JSON.map(json.dumps))
def test_anything_is_either_read_or_unreadable(message: str) -> None:
    with suppress(UnreadableResult):
        assert isinstance(read_result(message), Resultado)


@given(
    tipo=st.sampled_from(["Send", "Delivery", "Bounce", "Complaint", "Reject"]),
    path=st.sampled_from(["eventType", "mail", "mail.tags", "mail.tags.evento", "mail.messageId", "bounce"]),
    value=ANY_JSON,
)
def test_an_event_with_anything_in_a_member_is_either_read_or_unreadable(tipo: str, path: str, value: object) -> None:
    with suppress(UnreadableResult):
        assert isinstance(read_result(changed(path, value, event(tipo))), Resultado)
