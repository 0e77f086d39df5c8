"""The mails of the local stack: as files, in a browser, where they can do nothing, and as the events of SES."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email import message_from_bytes, policy
from urllib.parse import quote

import httpx
import pytest

from local import resources
from local.emulator import Emulator, client_of
from local.inbox import InboxPage, forget
from local.mail import Mail, events, keep

SCRIPT = "<script>alert('x')</script>"


def request_to(*recipients, subject="Bienvenida, señora Pérez", configuration_set="set", **body):
    """What an app asks of SES."""
    simple = {
        "Subject": {"Data": subject},
        "Body": {kind: {"Data": text} for kind, text in body.items()},
        "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
    }
    return {
        "FromEmailAddress": "Directorio <no-reply@example.com>",
        "Destination": {"ToAddresses": list(recipients)},
        "Content": {"Simple": simple},
        "EmailTags": [{"Name": "evento", "Value": "e-1"}],
        "ConfigurationSetName": configuration_set,
    }


@pytest.fixture
def receive(tmp_path):
    """Puts a mail into the folder."""

    def put(subject="Bienvenida, señora Pérez", identifier="0123456789abcdef", to="ana@example.com", **body):
        sent_at = datetime(2026, 11, 24, 9, 30, 0, tzinfo=UTC)
        return keep(Mail(identifier, request_to(to, subject=subject, **body), sent_at).message(), tmp_path)

    return put


def test_a_mail_is_a_file_that_a_mail_program_opens(receive):
    file = receive(Text="¡Hola!\n", Html="<p>¡Hola!</p>\n")
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert file.name == "2026-11-24T09-30-00 ana@example.com 01234567.eml"
    assert {name: str(value) for name, value in message.items() if name not in {"MIME-Version", "Content-Type"}} == {
        "From": "Directorio <no-reply@example.com>",
        "To": "ana@example.com",
        "Subject": "Bienvenida, señora Pérez",
        "Date": "Tue, 24 Nov 2026 09:30:00 +0000",
        "Message-ID": "<0123456789abcdef>",
        "Auto-Submitted": "auto-generated",
    }
    parts = [message.get_body((kind,)) for kind in ("plain", "html")]
    assert [part and part.get_content() for part in parts] == ["¡Hola!\n", "<p>¡Hola!</p>\n"]


def test_an_address_cannot_lead_out_of_the_folder(receive, tmp_path):
    assert receive(to="../../../etc/x@example.com", Text="x").parent == tmp_path


def test_a_forgotten_persons_mails_are_gone_and_no_others(receive, tmp_path):
    other = receive("Alta: Luz", "1", to="rrhh@example.com", Text="Correo: luz@example.org")
    receive("Alta: Ana", "2", to="rrhh@example.com", Html="<p>Correo: ANA@example.com</p>")
    receive("Bienvenida", "3", Text="Hola")

    assert forget(["ana@example.com"], tmp_path) == 2
    assert list(tmp_path.iterdir()) == [other]


# ---- the page


@pytest.fixture
def browser(tmp_path):
    page = InboxPage(tmp_path)
    page.start()
    with httpx.Client(base_url=page.url, trust_env=False, timeout=60) as client:
        yield client
    page.stop()


def test_the_list_has_the_newest_mail_first_and_looks_for_more(receive, browser):
    assert "No mails yet." in browser.get("").text
    for identifier, subject in (("a", "Primero"), ("b", "Segundo")):  # sent in the same second
        receive(subject, identifier, Text="1")

    answer = browser.get("")

    assert answer.text.index("Segundo") < answer.text.index("Primero")
    assert answer.headers["refresh"] == "5"


def test_a_mail_is_shown_as_text_and_its_html_in_a_sandbox(receive, browser):
    file = receive(SCRIPT, Text=SCRIPT, Html=f"<p style='color:red'>¡Hola!</p>{SCRIPT}")
    for path in ("", quote(file.name)):
        answer = browser.get(path)
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
        assert "script-src" not in answer.headers["content-security-policy"]
    assert "<iframe sandbox title='HTML' srcdoc='&lt;p style=&#x27;color:red&#x27;&gt;¡Hola!" in answer.text


def test_nothing_else_is_there_and_nothing_without_the_secret_address(receive, tmp_path, browser):
    name = quote(receive(Text="solo").name)
    (tmp_path / ".hidden.eml").write_text("x")
    for path in ("nothing.eml", "..%2F..%2Fetc%2Fpasswd", ".hidden.eml", f"{name}/", "/", f"/{name}", f"/x/{name}"):
        address = f"http://127.0.0.1:{browser.base_url.port}{path}" if path.startswith("/") else path
        assert browser.get(address).status_code == 404, path
    assert browser.get("", headers={"Host": "evil.example"}).status_code == 403


# ---- SES's events


@pytest.mark.parametrize(
    ("recipient", "told"),
    [
        ("ana@example.com", {"Delivery": {"recipients": ["ana@example.com"]}}),
        ("Bounce+label@Simulator.AmazonSES.com", {"Bounce": {"bounceType": "Permanent", "bounceSubType": "General"}}),
        ("complaint@simulator.amazonses.com", {"Delivery": {}, "Complaint": {"complaintFeedbackType": "abuse"}}),
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
        request = request_to("ana@example.com", configuration_set=resources.CONFIGURATION_SET, Text="texto")

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
        assert f"✉ ana@example.com — {mail['Subject']}" in (tmp_path / "log").read_text("utf-8")
