"""What SES reports about an email, in any order. The events have the members of AWS's own samples:
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html.
"""

import json
import logging
from contextlib import suppress
from dataclasses import replace
from itertools import combinations, permutations

import pytest

from chalicelib.correos.aws import AwsUnavailable
from chalicelib.correos.mail import MAY_FOLLOW, UNSENT, State, StepRefused
from chalicelib.correos.ses_feedback import STATES, read_result, record_result
from tests.unit.email_app.fakes import NOW, SES_SAMPLES, FakeClock, FakeLedger, mail, ses_event

ROW = mail(state=State.SENT)
MESSAGE_ID = SES_SAMPLES["Send"]["mail"]["messageId"]


def event(kind, **detail):
    return json.loads(ses_event(kind, ROW, **detail))


def bounce(kind, sub_type):
    return event("Bounce", bounceType=kind, bounceSubType=sub_type)


# Weakest first; of two results in the same state, the later reason in the alphabet is kept.
RESULTS = [
    (event("Send"), State.SENT, None),
    (event("DeliveryDelay"), State.SENT, None),
    (bounce("Permanent", "OnAccountSuppressionList"), State.FAILED, "Bounce.Permanent.OnAccountSuppressionList"),
    (bounce("Permanent", "Suppressed"), State.FAILED, "Bounce.Permanent.Suppressed"),
    (
        event("Complaint", complaintSubType="OnAccountSuppressionList", complaintFeedbackType=None),
        State.FAILED,
        "Complaint.OnAccountSuppressionList",
    ),
    (event("Reject"), State.FAILED, "Reject"),
    (event("Rendering Failure"), State.FAILED, "Rendering Failure"),
    (bounce("Transient", "General"), State.BOUNCED, "Bounce.Transient.General"),
    (bounce("Transient", "MailboxFull"), State.BOUNCED, "Bounce.Transient.MailboxFull"),
    (bounce("Undetermined", "Undetermined"), State.BOUNCED, "Bounce.Undetermined.Undetermined"),
    (event("Delivery"), State.DELIVERED, None),
    (event("Open"), State.DELIVERED, None),
    (event("Click"), State.DELIVERED, None),
    (event("Subscription"), State.DELIVERED, None),
    (event("Complaint", complaintFeedbackType="not-spam"), State.DELIVERED, None),
    (event("Bounce"), State.BOUNCED, "Bounce.Permanent.General"),
    (bounce("Permanent", "NoEmail"), State.BOUNCED, "Bounce.Permanent.NoEmail"),
    (event("Complaint", complaintFeedbackType=None), State.COMPLAINT, "Complaint"),
    (event("Complaint"), State.COMPLAINT, "Complaint.abuse"),
]


def after(*events, row=ROW):
    """The row after these events."""
    ledger = FakeLedger()
    ledger.create(row)
    for message in events:
        record_result(ledger, json.dumps(message), FakeClock())
    return ledger.all()[0]


def test_every_kind_of_event_has_a_sample_and_a_state():
    assert SES_SAMPLES.keys() == STATES.keys()
    assert len(STATES) == 10


def test_what_ses_has_reported_is_never_sent_again():
    for stage in MAY_FOLLOW.keys() - UNSENT:
        assert UNSENT.isdisjoint(MAY_FOLLOW[stage]), stage
    assert {stage for stage in MAY_FOLLOW if State.SENDING in MAY_FOLLOW[stage]} == {State.PENDING, State.UNCERTAIN}


@pytest.mark.parametrize(
    ("message", "state", "reason"), RESULTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_event_brings_the_email_to_its_state(message, state, reason):
    for before in UNSENT:
        row = after(message, row=replace(ROW, state=before, lease_until=NOW))

        assert (row.state, row.reason, row.message_id, row.lease_until) == (state, reason, MESSAGE_ID, None)


def told(row, result):
    with suppress(StepRefused):
        return row.reported(result.state, NOW, message_id=result.message_id, reason=result.reason)
    return row


def test_any_order_and_repetition_of_events_leads_to_the_same_state():
    """All orders of any three results, once and twice: the strongest one is kept."""
    results = [read_result(json.dumps(message)) for message, _, _ in RESULTS]
    for chosen in combinations(range(len(RESULTS)), 3):
        _, state, reason = RESULTS[max(chosen)]
        for order in permutations(chosen):
            row = ROW
            for number in (*order, *order):
                row = told(row, results[number])
            assert (row.state, row.reason, row.message_id) == (state, reason, MESSAGE_ID), order


def test_of_two_copies_the_same_id_is_kept_in_any_order_and_none_is_needed():
    first, second, without = event("Delivery"), event("Delivery"), event("Delivery")
    second["mail"]["messageId"] = "~second"
    del without["mail"]["messageId"]

    assert after(first, second).message_id == after(second, first).message_id == "~second"
    assert (after(without).state, after(without).message_id) == (State.DELIVERED, None)


def test_each_result_is_counted_once_and_the_log_names_no_recipient(caplog):
    caplog.set_level(logging.INFO)

    after(bounce("Transient", "General"), event("Bounce"), event("Bounce"), event("Delivery"))

    assert caplog.messages == [f"[SES] Bounce: correo {ROW.id} - rebotado"] * 2
    counted = [record.resultado for record in caplog.records if hasattr(record, "resultado")]
    assert counted == ["rebotado"], "infra/metrics.tf makes a metric of it"
    assert "example.com" not in caplog.text


def test_codes_that_are_none_are_left_out():
    assert read_result(json.dumps(bounce("Permanent", "ana@example.com"))).reason == "Bounce.Permanent"


def tagged(**tags):
    own = {"evento": [ROW.event_id], "huella": [ROW.digest]}
    return json.dumps({"eventType": "Delivery", "mail": {"tags": own | tags}})


UNREADABLE = [
    *("", "hola", "null", "[]", "{}", "[" * 100_000),
    json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded"}),
    json.dumps(SES_SAMPLES["Delivery"]),  # without our tags
    *(json.dumps(event("Delivery") | {"eventType": kind}) for kind in ("RenderingFailure", None, ["Delivery"])),
    json.dumps({"eventType": "Delivery", "mail": None}),
    json.dumps({"eventType": "Delivery", "mail": {"tags": []}}),
    *(tagged(evento=value) for value in (None, [], [1], ROW.event_id, [ROW.event_id] * 2, ["\ud800"])),
    tagged(huella=["ana@example.com"]),
]


@pytest.mark.parametrize("message", UNREADABLE, ids=lambda message: message[:40])
def test_what_is_no_event_of_our_emails_is_dropped(message, caplog):
    ledger = FakeLedger()
    ledger.create(ROW)

    record_result(ledger, message, FakeClock())

    assert ledger.all() == [ROW]
    assert caplog.messages == ["[SES] Evento ignorado: no es de un correo nuestro"]


def test_an_event_of_an_unknown_email_is_dropped(caplog):
    record_result(FakeLedger(), json.dumps(event("Delivery")), FakeClock())

    assert "Delivery de un correo desconocido" in caplog.text


def test_a_ledger_that_does_not_answer_fails_the_event_so_that_it_comes_again():
    ledger = FakeLedger()
    ledger.is_down = True

    with pytest.raises(AwsUnavailable):
        record_result(ledger, json.dumps(event("Delivery")), FakeClock())
