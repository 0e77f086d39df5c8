"""Mail in the emulator: each one that SES takes is in the inbox, and SES's events are published."""

from __future__ import annotations

import json
from email import message_from_bytes, policy

import pytest

from local import resources
from local.emulator import Emulator, client_of
from local.mail import Mail, events

SIMPLE = {"Simple": {"Subject": {"Data": "hola"}, "Body": {"Text": {"Data": "texto"}}}}
SIMULATOR = "simulator.amazonses.com"


def request_to(*recipients, configuration_set="set"):
    return {
        "FromEmailAddress": "Directorio <no-reply@example.com>",
        "Destination": {"ToAddresses": list(recipients)},
        "Content": SIMPLE,
        "EmailTags": [{"Name": "evento", "Value": "e-1"}],
        "ConfigurationSetName": configuration_set,
    }


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
    send, delivery, *fates = list(events(Mail("message-1", request_to("eva@example.com", recipient))))
    assert [send["eventType"], delivery["eventType"], *told] == ["Send", "Delivery", *(f["eventType"] for f in fates)]
    for fate in fates:
        detail = fate[fate["eventType"].lower()]
        assert told[fate["eventType"]].items() <= detail.items()
        assert recipient in str(detail)
    assert send["mail"]["tags"] == {"evento": ["e-1"], "ses:configuration-set": ["set"]}


def test_a_mail_that_was_taken_is_in_the_inbox_and_its_events_reach_the_topic_in_order(tmp_path):
    with Emulator(tmp_path / "log", state=tmp_path / "aws") as emulator:
        ses, sns, sqs = (client_of(service, emulator.endpoint) for service in ("sesv2", "sns", "sqs"))
        resources.create_resources(lambda service: client_of(service, emulator.endpoint))
        topic = sns.create_topic(Name=resources.FEEDBACK_TOPIC)["TopicArn"]
        queue = sqs.create_queue(QueueName="feedback")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        request = request_to("ana@example.com", configuration_set=resources.CONFIGURATION_SET)

        with pytest.raises(ses.exceptions.MessageRejected):
            ses.send_email(**request | {"FromEmailAddress": "no-reply@unverified.example"})
        message_id = ses.send_email(**request)["MessageId"]

        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        told = [json.loads(json.loads(message["Body"])["Message"]) for message in messages]
        assert [event["eventType"] for event in told] == ["Send", "Delivery"]
        assert {event["mail"]["messageId"] for event in told} == {message_id}
        (file,) = (tmp_path / "inbox").iterdir()
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert (mail["To"], mail["Message-ID"]) == ("ana@example.com", f"<{message_id}>")
        assert "✉ ana@example.com — hola" in (tmp_path / "log").read_text("utf-8")
