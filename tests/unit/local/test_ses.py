"""The front of the emulator's SES: mails go through, and SES's events come back."""

from __future__ import annotations

import threading
from contextlib import suppress

import httpx
import pytest

from local.emulator import CREDENTIALS, client_of
from local.inbox import Mail
from local.ses import SesFront, events
from tests.support.waiting import PATIENCE_SECONDS, wait_until

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


class Mails:
    """What the front hands on."""

    def __init__(self):
        self.seen: list[Mail] = []
        self.broken = False
        self.may_go_on = threading.Event()

    def __call__(self, mail):
        self.seen.append(mail)
        if self.broken:
            assert self.may_go_on.wait(PATIENCE_SECONDS)
            raise OSError("no space left on device")


@pytest.fixture
def mails():
    return Mails()


@pytest.fixture
def front(emulator, mails):
    ses = client_of("sesv2", emulator.endpoint)
    with suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity="verified.example")
    server = SesFront(emulator.endpoint, on_mail=mails)
    server.start()
    yield server
    server.stop()


def send(front, sender="no-reply@verified.example"):
    ses = client_of("sesv2", f"http://127.0.0.1:{front.port}")
    request = {**mail_to("ana@example.com").request, "FromEmailAddress": sender, "ConfigurationSetName": ""}
    return str(ses.send_email(**request)["MessageId"])


def test_what_the_emulator_takes_is_handed_on_and_other_requests_go_through(front, mails, emulator):
    ses = client_of("sesv2", f"http://127.0.0.1:{front.port}")
    with pytest.raises(ses.exceptions.MessageRejected):
        send(front, "no-reply@unverified.example")
    message_id = send(front)
    wait_until(lambda: mails.seen)
    [mail] = mails.seen
    assert (mail.message_id, mail.recipients, mail.tags) == (message_id, ["ana@example.com"], {"evento": ["e-1"]})
    key = (CREDENTIALS["AWS_ACCESS_KEY_ID"], "")
    answer = httpx.get(f"{emulator.endpoint}/_ministack/ses/messages?account=000000000000", auth=key, trust_env=False)
    assert message_id in [message["MessageId"] for message in answer.json()["messages"]["000000000000"]]


def test_a_mail_that_cannot_be_handed_on_is_reported_and_the_others_come_before_the_end(front, mails, caplog):
    mails.broken = True
    message_ids = [send(front), send(front)]
    stopper = threading.Thread(target=front.stop)
    stopper.start()
    mails.may_go_on.set()
    stopper.join(PATIENCE_SECONDS)
    assert [mail.message_id for mail in mails.seen] == message_ids
    assert f"the mail {message_ids[0]} was sent" in caplog.text
