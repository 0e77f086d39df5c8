"""The front of the emulator's SES: mails go through, and SES's events come back."""

from __future__ import annotations

from contextlib import suppress

import pytest

from local.emulator import client_of
from local.inbox import Mail
from local.ses import SesFront, events
from tests.support.waiting import wait_until

SIMPLE = {"Simple": {"Subject": {"Data": "hola"}, "Body": {"Text": {"Data": "texto"}}}}
SIMULATOR = "simulator.amazonses.com"


def mail_to(*recipients, configuration_set="set"):
    request = {
        "FromEmailAddress": "Directorio <no-reply@example.com>",
        "Destination": {"ToAddresses": list(recipients)},
        "Content": SIMPLE,
        "EmailTags": [{"Name": "evento", "Value": "e-1"}],
        "ConfigurationSetName": configuration_set,
    }
    return Mail("message-1", request)


@pytest.mark.parametrize(
    ("recipient", "told"),
    [
        ("ana@example.com", {"Delivery": {"recipients": ["ana@example.com"]}}),
        ("Bounce+label@Simulator.AmazonSES.com", {"Bounce": {"bounceType": "Permanent", "bounceSubType": "General"}}),
        (f"complaint@{SIMULATOR}", {"Delivery": {}, "Complaint": {"complaintFeedbackType": "abuse"}}),
        ("bounce@example.com", {"Delivery": {}}),
    ],
)
def test_an_address_decides_what_becomes_of_its_mail(recipient, told):
    send, delivery, *fates = list(events(mail_to("eva@example.com", recipient)))
    assert [send["eventType"], delivery["eventType"], *told] == ["Send", "Delivery", *(f["eventType"] for f in fates)]
    for fate in fates:
        detail = fate[fate["eventType"].lower()]
        assert told[fate["eventType"]].items() <= detail.items()
        assert recipient in str(detail)
    assert send["mail"]["tags"] == {"evento": ["e-1"], "ses:configuration-set": ["set"]}


def test_mails_that_were_taken_are_handed_on_in_order_before_the_end_and_trouble_is_reported(emulator, caplog):
    seen: list[Mail] = []

    def take(mail):
        wait_until(lambda: not front._thread.is_alive())  # noqa: SLF001 - the server has ended
        seen.append(mail)
        raise OSError("no space left on device")

    front = SesFront(emulator.endpoint, on_mail=take)
    front.start()
    ses = client_of("sesv2", f"http://127.0.0.1:{front.port}")
    with suppress(ses.exceptions.AlreadyExistsException):  # other requests go through
        ses.create_email_identity(EmailIdentity="verified.example")
    request = {**mail_to("ana@example.com").request, "ConfigurationSetName": ""}
    with pytest.raises(ses.exceptions.MessageRejected):
        ses.send_email(**request | {"FromEmailAddress": "no-reply@unverified.example"})
    request["FromEmailAddress"] = "no-reply@verified.example"
    message_ids = [ses.send_email(**request)["MessageId"] for _ in range(2)]
    front.stop()

    assert [(mail.message_id, mail.tags) for mail in seen] == [(each, {"evento": ["e-1"]}) for each in message_ids]
    assert f"the mail {message_ids[0]} was sent" in caplog.text
