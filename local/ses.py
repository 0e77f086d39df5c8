"""A front for the emulator's SES that does what the emulator leaves out.

boto3 finds it by ``AWS_ENDPOINT_URL_SESV2``. All requests go on to the emulator. Each mail that it takes can be kept
and announced, and what SES would tell about it is published to the event destinations of its configuration set, with
the mail's tags: ``Send``, then ``Delivery`` for each recipient, or what the addresses of SES's mailbox simulator stand
for (``bounce@simulator.amazonses.com``, ``complaint@…``). ministack 1.5 drops a mail's tags and configuration set, and
publishes no such event.

Events: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from http import HTTPStatus
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from chalice_devserver.http import HttpRequest, HttpResponse, LoopbackServer, forward
from chalice_devserver.project import LOCAL_ACCOUNT
from local.inbox import Mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient

# SES's limit for a message is 40 MB, and a raw one comes in base64.
MAX_REQUEST_BYTES = 60 * 1024 * 1024
SEND_EMAIL = ("POST", "/v2/email/outbound-emails")
SIMULATOR = "simulator.amazonses.com"
EMULATOR_SECONDS = 30

logger = logging.getLogger(__name__)


class SesFront(LoopbackServer):
    """Passes requests on to the emulator at ``endpoint``, and hands each mail that it took to ``on_mail``, later."""

    def __init__(self, endpoint: str, *, on_mail: Callable[[Mail], None]) -> None:
        self._endpoint = endpoint
        self._on_mail = on_mail
        # SES's events come after its answer, never before; and in the order of the mails.
        self._mails: SimpleQueue[Mail | None] = SimpleQueue()
        self._worker = threading.Thread(target=self._hand_on, name="mails")
        super().__init__(0, max_request_bytes=MAX_REQUEST_BYTES)

    def start(self) -> None:
        """See `LoopbackServer`."""
        super().start()
        self._worker.start()

    def stop(self) -> None:
        """See `LoopbackServer`; the mails that were taken are handed on first."""
        super().stop()
        self._mails.put(None)
        self._worker.join()

    def answer(self, request: HttpRequest) -> HttpResponse:
        """What the emulator says."""
        answer = forward(self._endpoint, request, EMULATOR_SECONDS)
        if (request.method, request.path) == SEND_EMAIL and answer.status == HTTPStatus.OK:
            self._mails.put(Mail(json.loads(answer.body)["MessageId"], json.loads(request.body)))
        return answer

    def _hand_on(self) -> None:
        while mail := self._mails.get():
            try:
                self._on_mail(mail)
            except Exception:
                logger.exception("the mail %s was sent, but is not in the inbox or has no events", mail.message_id)


class EventPublisher:
    """Publishes SES's events about a mail to the SNS topics of its configuration set."""

    def __init__(self, ses: SESV2Client, sns: SNSClient) -> None:
        self._ses = ses
        self._sns = sns

    def publish(self, mail: Mail) -> None:
        """All events of the life of ``mail``, each to the destinations that want it."""
        if mail.configuration_set is None:
            return
        wanted = self._ses.get_configuration_set_event_destinations(ConfigurationSetName=mail.configuration_set)
        for event in events(mail):
            for destination in wanted["EventDestinations"]:
                if destination["Enabled"] and event["eventType"].upper() in destination["MatchingEventTypes"]:
                    self._sns.publish(
                        TopicArn=destination["SnsDestination"]["TopicArn"],
                        Subject="Amazon SES Email Event Notification",
                        Message=json.dumps(event),
                    )


def events(mail: Mail) -> Iterator[dict[str, Any]]:
    """What SES tells about ``mail``, in order."""
    about = _about(mail)
    yield {"eventType": "Send", "mail": about, "send": {}}
    for recipient in mail.recipients:
        for kind in _fate(recipient):
            yield {"eventType": kind, "mail": about, kind.lower(): _detail(kind, recipient, about["timestamp"])}


def _fate(recipient: str) -> tuple[str, ...]:
    """What becomes of a mail to ``recipient``: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html."""
    local, _, domain = recipient.lower().rpartition("@")
    if domain == SIMULATOR:
        label = local.partition("+")[0]
        if label in {"bounce", "suppressionlist"}:
            return ("Bounce",)
        if label == "complaint":
            return ("Delivery", "Complaint")
    return ("Delivery",)


def _about(mail: Mail) -> dict[str, Any]:
    timestamp = mail.sent_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    message = mail.message()
    return {
        "timestamp": timestamp,
        "source": mail.sender,
        "sourceArn": f"arn:aws:ses:us-east-1:{LOCAL_ACCOUNT}:identity/{mail.sender.rpartition('@')[2].rstrip('>')}",
        "sendingAccountId": LOCAL_ACCOUNT,
        "messageId": mail.message_id,
        "destination": mail.recipients,
        "headersTruncated": False,
        "headers": [{"name": name, "value": str(value)} for name, value in message.items()],
        "commonHeaders": {
            "from": [mail.sender],
            "to": mail.recipients,
            "messageId": mail.message_id,
            "subject": mail.subject,
        },
        "tags": {
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": [mail.configuration_set],
            "ses:source-ip": ["127.0.0.1"],
            "ses:from-domain": [mail.sender.rpartition("@")[2].rstrip(">")],
            "ses:caller-identity": ["root"],
            **mail.tags,
        },
    }


def _detail(kind: str, recipient: str, timestamp: str) -> dict[str, Any]:
    match kind:
        case "Delivery":
            return {
                "timestamp": timestamp,
                "processingTimeMillis": 1,
                "recipients": [recipient],
                "smtpResponse": "250 2.6.0 Message received",
                "reportingMTA": "a8-50.smtp-out.amazonses.com",
            }
        case "Bounce":
            return {
                "feedbackId": str(uuid.uuid4()),
                "bounceType": "Permanent",
                "bounceSubType": "Suppressed" if recipient.lower().startswith("suppressionlist") else "General",
                "bouncedRecipients": [
                    {
                        "emailAddress": recipient,
                        "action": "failed",
                        "status": "5.1.1",
                        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                    }
                ],
                "timestamp": timestamp,
                "reportingMTA": "dsn; a8-50.smtp-out.amazonses.com",
            }
        case _:
            return {
                "feedbackId": str(uuid.uuid4()),
                "complaintSubType": None,
                "complainedRecipients": [{"emailAddress": recipient}],
                "timestamp": timestamp,
                "userAgent": "Amazon SES Mailbox Simulator",
                "complaintFeedbackType": "abuse",
                "arrivalDate": timestamp,
            }
