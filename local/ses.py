"""A front for the emulator's SES that does what the emulator leaves out.

boto3 finds it by ``AWS_ENDPOINT_URL_SESV2``. All requests go on to the emulator. ministack 1.5 drops a mail's tags and
configuration set and publishes no events; `publish_events` does: ``Send``, then for each recipient ``Delivery`` or what
the addresses of SES's mailbox simulator stand for (``bounce@simulator.amazonses.com``, ``complaint@…``).

Events: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

import json
import logging
import uuid
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from chalice_devserver.http import HttpRequest, HttpResponse, LoopbackServer, forward
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
        self._one_by_one = ThreadPoolExecutor(1)  # SES's events come in the order of the mails
        super().__init__(0, max_request_bytes=MAX_REQUEST_BYTES)

    def stop(self) -> None:
        """See `LoopbackServer`; the mails that were taken are handed on first."""
        super().stop()
        self._one_by_one.shutdown()

    def answer(self, request: HttpRequest) -> HttpResponse:
        answer = forward(self._endpoint, request, EMULATOR_SECONDS)
        if (request.method, request.path) == SEND_EMAIL and answer.status == HTTPStatus.OK:
            mail = Mail(json.loads(answer.body)["MessageId"], json.loads(request.body))
            self._one_by_one.submit(self._hand_on, mail)
        return answer

    def _hand_on(self, mail: Mail) -> None:
        try:
            self._on_mail(mail)
        except Exception:
            logger.exception("the mail %s was sent, but is not in the inbox or has no events", mail.message_id)


def publish_events(mail: Mail, ses: SESV2Client, sns: SNSClient) -> None:
    """Publish all events of the life of ``mail``, each to the topics of its configuration set that want it."""
    wanted = ses.get_configuration_set_event_destinations(ConfigurationSetName=mail.request["ConfigurationSetName"])
    for event in events(mail):
        for destination in wanted["EventDestinations"]:
            if event["eventType"].upper() in destination["MatchingEventTypes"]:
                sns.publish(
                    TopicArn=destination["SnsDestination"]["TopicArn"],
                    Subject="Amazon SES Email Event Notification",
                    Message=json.dumps(event),
                )


def events(mail: Mail) -> Iterator[dict[str, Any]]:
    """What SES tells about ``mail``, in order: the members that its readers need."""
    sender = mail.request["FromEmailAddress"]
    about = {
        "timestamp": f"{mail.sent_at:%Y-%m-%dT%H:%M:%S.000Z}",
        "source": sender,
        "messageId": mail.message_id,
        "destination": mail.recipients,
        "commonHeaders": {"from": [sender], "to": mail.recipients, "subject": mail.subject},
        "tags": {"ses:configuration-set": [mail.request["ConfigurationSetName"]], **mail.tags},
    }
    yield {"eventType": "Send", "mail": about, "send": {}}
    for recipient in mail.recipients:
        for kind, detail in _fate(recipient):
            told = {"timestamp": about["timestamp"], "feedbackId": str(uuid.uuid4()), **detail}
            yield {"eventType": kind, "mail": about, kind.lower(): told}


def _fate(recipient: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What becomes of a mail to ``recipient``: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html."""
    local, _, domain = recipient.lower().rpartition("@")
    label = local.partition("+")[0] if domain == SIMULATOR else ""
    if label == "bounce":
        address = {"emailAddress": recipient, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
        yield "Bounce", {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [address]}
        return
    yield "Delivery", {"recipients": [recipient], "smtpResponse": "250 2.6.0 Message received"}
    if label == "complaint":
        yield "Complaint", {"complaintFeedbackType": "abuse", "complainedRecipients": [{"emailAddress": recipient}]}
