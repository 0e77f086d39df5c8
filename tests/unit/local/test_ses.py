"""The front of the emulator's SES: mails go through, and SES's events come back."""

from __future__ import annotations

import json
import threading
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from local.emulator import CREDENTIALS
from local.inbox import Mail
from local.ses import EventPublisher, SesFront, events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.emulator import Emulator

PATIENCE = 20.0
SIMPLE = {"Simple": {"Subject": {"Data": "hola"}, "Body": {"Text": {"Data": "texto"}}}}


def mail_to(*recipients: str) -> Mail:
    request = {
        "FromEmailAddress": "Directorio <no-reply@example.com>",
        "Destination": {"ToAddresses": list(recipients)},
        "Content": SIMPLE,
        "EmailTags": [{"Name": "evento", "Value": "e-1"}],
        "ConfigurationSetName": "set",
    }
    return Mail("message-1", request)


@pytest.mark.parametrize(
    ("recipient", "kinds"),
    [
        ("ana@example.com", ["Send", "Delivery"]),
        ("success@simulator.amazonses.com", ["Send", "Delivery"]),
        ("bounce@simulator.amazonses.com", ["Send", "Bounce"]),
        ("Bounce+label@Simulator.AmazonSES.com", ["Send", "Bounce"]),
        ("suppressionlist@simulator.amazonses.com", ["Send", "Bounce"]),
        ("complaint@simulator.amazonses.com", ["Send", "Delivery", "Complaint"]),
        ("bounce@example.com", ["Send", "Delivery"]),
    ],
)
def test_an_address_decides_what_becomes_of_its_mail(recipient: str, kinds: list[str]) -> None:
    assert [event["eventType"] for event in events(mail_to(recipient))] == kinds


def test_every_event_says_which_mail_it_is_about() -> None:
    for event in events(mail_to("complaint@simulator.amazonses.com")):
        mail = event["mail"]
        assert mail["messageId"] == "message-1"
        assert mail["source"] == "Directorio <no-reply@example.com>"
        assert mail["sourceArn"].endswith(":identity/example.com")
        assert mail["destination"] == ["complaint@simulator.amazonses.com"]
        assert mail["tags"]["evento"] == ["e-1"]
        assert mail["tags"]["ses:configuration-set"] == ["set"]
        assert mail["commonHeaders"]["subject"] == "hola"
        assert {"name": "Subject", "value": "hola"} in mail["headers"]
        assert mail["timestamp"].endswith("Z")


def test_each_recipient_has_an_outcome_of_its_own() -> None:
    send, delivery, bounce = events(mail_to("ana@example.com", "bounce@simulator.amazonses.com"))
    assert send["send"] == {}
    assert delivery["delivery"]["recipients"] == ["ana@example.com"]
    assert bounce["bounce"]["bouncedRecipients"][0]["emailAddress"] == "bounce@simulator.amazonses.com"
    assert (bounce["bounce"]["bounceType"], bounce["bounce"]["bounceSubType"]) == ("Permanent", "General")


def test_a_suppressed_address_is_another_bounce() -> None:
    _, bounce = events(mail_to("suppressionlist@simulator.amazonses.com"))
    assert bounce["bounce"]["bounceSubType"] == "Suppressed"


def test_a_complaint_names_who_complains() -> None:
    *_, complaint = events(mail_to("complaint@simulator.amazonses.com"))
    assert complaint["complaint"]["complainedRecipients"] == [{"emailAddress": "complaint@simulator.amazonses.com"}]


# ---- with the emulator


class Mails:
    """What the front hands on."""

    def __init__(self) -> None:
        self.seen: list[Mail] = []
        self.broken = False

    def __call__(self, mail: Mail) -> None:
        self.seen.append(mail)
        if self.broken:
            raise OSError("no space left on device")

    def wait_for(self, number: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while len(self.seen) < number:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.fixture
def mails() -> Mails:
    return Mails()


@pytest.fixture
def _verified_sender(emulator: Emulator) -> None:
    ses = client("sesv2", emulator.endpoint)
    with suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity="verified.example")


@pytest.fixture
def front(emulator: Emulator, mails: Mails, _verified_sender: None) -> Iterator[SesFront]:
    server = SesFront(emulator.endpoint, on_mail=mails)
    server.start()
    yield server
    server.stop()


def client(service: Any, endpoint: str) -> Any:
    return boto3.client(service, endpoint_url=endpoint)


def send(front: SesFront, **more: Any) -> str:
    ses = client("sesv2", f"http://127.0.0.1:{front.port}")
    answer: str = ses.send_email(
        FromEmailAddress="no-reply@verified.example",
        Destination={"ToAddresses": ["ana@example.com"]},
        Content=SIMPLE,
        EmailTags=[{"Name": "evento", "Value": "e-1"}],
        **more,
    )["MessageId"]
    return answer


def test_a_mail_reaches_the_emulator_and_is_handed_on(front: SesFront, mails: Mails, emulator: Emulator) -> None:
    message_id = send(front)
    mails.wait_for(1)
    assert mails.seen[0].message_id == message_id
    assert mails.seen[0].recipients == ["ana@example.com"]
    assert mails.seen[0].tags == {"evento": ["e-1"]}
    key = (CREDENTIALS["AWS_ACCESS_KEY_ID"], "")
    answer = httpx.get(f"{emulator.endpoint}/_ministack/ses/messages?account=000000000000", auth=key, trust_env=False)
    sent = answer.json()["messages"]["000000000000"]
    assert message_id in [message["MessageId"] for message in sent]


def test_what_is_refused_is_handed_on_to_nobody(front: SesFront, mails: Mails) -> None:
    ses = client("sesv2", f"http://127.0.0.1:{front.port}")
    with pytest.raises(ses.exceptions.MessageRejected):
        ses.send_email(
            FromEmailAddress="no-reply@unverified.example",
            Destination={"ToAddresses": ["ana@example.com"]},
            Content=SIMPLE,
        )
    send(front)
    mails.wait_for(1)
    assert mails.seen[0].sender == "no-reply@verified.example"


def test_any_other_request_goes_through(front: SesFront, emulator: Emulator) -> None:
    name = f"set-{uuid.uuid4()}"
    client("sesv2", f"http://127.0.0.1:{front.port}").create_configuration_set(ConfigurationSetName=name)
    assert name in client("sesv2", emulator.endpoint).list_configuration_sets()["ConfigurationSets"]
    sets = client("sesv2", f"http://127.0.0.1:{front.port}").list_configuration_sets(PageSize=10)
    assert "ConfigurationSets" in sets


def test_a_mail_that_cannot_be_handed_on_is_reported_and_the_next_one_comes(
    front: SesFront, mails: Mails, caplog: pytest.LogCaptureFixture
) -> None:
    mails.broken = True
    message_id = send(front)
    mails.wait_for(1)
    mails.broken = False
    send(front)
    mails.wait_for(2)
    assert f"the mail {message_id} was sent" in caplog.text


@pytest.mark.usefixtures("_verified_sender")
def test_mails_that_were_taken_are_handed_on_before_the_end(emulator: Emulator) -> None:
    go_on, seen = threading.Event(), []

    def slow(mail: Mail) -> None:
        assert go_on.wait(PATIENCE)
        seen.append(mail)

    server = SesFront(emulator.endpoint, on_mail=slow)
    server.start()
    send(server)
    send(server)
    stopper = threading.Thread(target=server.stop)
    stopper.start()
    go_on.set()
    stopper.join(PATIENCE)
    assert len(seen) == 2


@pytest.fixture
def feedback(emulator: Emulator) -> dict[str, str]:
    """A configuration set whose events come to a queue."""
    name = f"feedback-{uuid.uuid4()}"
    sns, sqs = client("sns", emulator.endpoint), client("sqs", emulator.endpoint)
    ses = client("sesv2", emulator.endpoint)
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
    return {"set": name, "queue": queue}


def received(emulator: Emulator, queue: str) -> list[str]:
    messages = client("sqs", emulator.endpoint).receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [json.loads(message["Body"])["eventType"] for message in messages.get("Messages", [])]


def test_the_events_that_a_destination_wants_are_published(emulator: Emulator, feedback: dict[str, str]) -> None:
    publisher = EventPublisher(client("sesv2", emulator.endpoint), client("sns", emulator.endpoint))
    mail = mail_to("ana@example.com", "bounce@simulator.amazonses.com")
    publisher.publish(Mail(mail.message_id, {**mail.request, "ConfigurationSetName": feedback["set"]}))
    assert received(emulator, feedback["queue"]) == ["Send", "Bounce"]


def test_a_mail_without_configuration_set_has_no_events(emulator: Emulator, feedback: dict[str, str]) -> None:
    publisher = EventPublisher(client("sesv2", emulator.endpoint), client("sns", emulator.endpoint))
    mail = mail_to("ana@example.com")
    publisher.publish(Mail(mail.message_id, {**mail.request, "ConfigurationSetName": None}))
    assert received(emulator, feedback["queue"]) == []
