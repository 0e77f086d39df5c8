"""The front of the emulator's SES: mails go through, and SES's events come back."""

from __future__ import annotations

import json
import threading
import uuid
from contextlib import suppress

import httpx
import pytest

from local.emulator import CREDENTIALS, client_of
from local.inbox import Mail
from local.ses import SesFront, events, publish_events
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
        (f"success@{SIMULATOR}", {"Delivery": {}}),
        (f"bounce@{SIMULATOR}", {"Bounce": {"bounceType": "Permanent", "bounceSubType": "General"}}),
        ("Bounce+label@Simulator.AmazonSES.com", {"Bounce": {"bounceSubType": "General"}}),
        (f"complaint@{SIMULATOR}", {"Delivery": {}, "Complaint": {"complaintFeedbackType": "abuse"}}),
        ("bounce@example.com", {"Delivery": {}}),
    ],
)
def test_an_address_decides_what_becomes_of_its_mail(recipient, told):
    send, *fates = events(mail_to(recipient))
    assert (send["eventType"], send["send"]) == ("Send", {})
    assert [fate["eventType"] for fate in fates] == list(told)
    for fate in fates:
        detail = fate[fate["eventType"].lower()]
        assert told[fate["eventType"]].items() <= detail.items()
        assert recipient in str(detail)


def test_every_event_says_which_mail_it_is_about_and_each_recipient_has_its_own():
    told = list(events(mail_to("ana@example.com", f"bounce@{SIMULATOR}")))
    assert [event["eventType"] for event in told] == ["Send", "Delivery", "Bounce"]
    for event in told:
        mail = event["mail"]
        assert mail["messageId"] == "message-1"
        assert mail["source"] == "Directorio <no-reply@example.com>"
        assert mail["destination"] == ["ana@example.com", f"bounce@{SIMULATOR}"]
        assert mail["tags"] == {"evento": ["e-1"], "ses:configuration-set": ["set"]}
        assert mail["commonHeaders"]["subject"] == "hola"
        assert mail["timestamp"].endswith("Z")


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
    name = f"set-{uuid.uuid4()}"
    ses.create_configuration_set(ConfigurationSetName=name)
    assert name in ses.list_configuration_sets(PageSize=1000)["ConfigurationSets"]
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


def test_the_events_that_a_destination_wants_are_published(emulator):
    name = f"feedback-{uuid.uuid4()}"
    sns, sqs, ses = (client_of(service, emulator.endpoint) for service in ("sns", "sqs", "sesv2"))
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    ses.create_configuration_set(ConfigurationSetName=name)
    for destination, enabled in (("wanted", True), ("off", False)):
        ses.create_configuration_set_event_destination(
            ConfigurationSetName=name,
            EventDestinationName=destination,
            EventDestination={
                "Enabled": enabled,
                "MatchingEventTypes": ["SEND", "BOUNCE"],
                "SnsDestination": {"TopicArn": topic},
            },
        )

    publish_events(mail_to("ana@example.com", f"bounce@{SIMULATOR}", configuration_set=name), ses, sns)

    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(message["Body"])["eventType"] for message in messages] == ["Send", "Bounce"]
