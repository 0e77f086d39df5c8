"""Mail in the emulator, whose program installs `Delivery`: an inbox of files, and SES's events.

ministack 1.5 takes mails, but drops their tags and configuration set, and publishes no events. This does:
``Send``, then for each recipient ``Delivery`` or what the addresses of SES's mailbox simulator stand for
(``bounce@simulator.amazonses.com``, ``complaint@…``).

Events: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

import json
import re
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SEND_EMAIL = ("POST", "/v2/email/outbound-emails")
SIMULATOR = "simulator.amazonses.com"
COGNITO_SENDER = "no-reply@verificationemail.com"
SUBJECT = "Amazon SES Email Event Notification"
# Without an attribute ministack leaves out a member that the event of a function always has.
ATTRIBUTES = {"from": {"DataType": "String", "StringValue": "ses"}}


@dataclass(frozen=True)
class Mail:
    """A mail that SES took: the request of SendEmail, as email_app makes it, and the id that the answer gave."""

    message_id: str
    request: Mapping[str, Any]
    sent_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def recipients(self) -> list[str]:
        return list(self.request["Destination"]["ToAddresses"])

    @property
    def tags(self) -> dict[str, list[str]]:
        """The message tags, in the form of SES's events."""
        return {tag["Name"]: [tag["Value"]] for tag in self.request.get("EmailTags", [])}

    def message(self) -> EmailMessage:
        simple = self.request["Content"]["Simple"]
        headers = {
            "Message-ID": f"<{self.message_id}>",
            "Date": self.sent_at,
            "From": self.request["FromEmailAddress"],
            "To": ", ".join(self.recipients),
            "Subject": simple["Subject"]["Data"],
            **{header["Name"]: header["Value"] for header in simple.get("Headers", [])},
        }
        body = simple["Body"]
        return _message(headers, body.get("Text", {}).get("Data", ""), body.get("Html", {}).get("Data"))


def _message(headers: Mapping[str, Any], text: str, html: str | None) -> EmailMessage:
    message = EmailMessage()
    for name, value in headers.items():
        message[name] = value
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def keep(message: EmailMessage, folder: Path) -> Path:
    """Write an ``.eml`` file, whole or not at all, and return it. Files sort by the time of their mails."""
    recipients = re.sub(r"[^\w.@+,-]", "_", message["To"])[:80]
    name = f"{message['Date'].datetime:%Y-%m-%dT%H-%M-%S} {recipients} {message['Message-ID'][1:9]}.eml"
    part = folder / f".{name}.part"
    part.write_bytes(message.as_bytes())
    return part.rename(folder / name)


class Delivery:
    """Puts the mails of SES, and Cognito's invitations, into a folder, and publishes SES's events."""

    def __init__(self, ses: Any, sns: Any, inbox: Path | None) -> None:  # noqa: ANN401 - ministack's modules
        self._ses, self._sns, self._inbox = ses, sns, inbox
        self._handle_request = ses.handle_request

    def install(self, cognito: Any) -> None:  # noqa: ANN401 - ministack's module
        self._ses.handle_request = self.handle_request
        if self._inbox:
            self._inbox.mkdir(exist_ok=True)
            cognito._deliver_cognito_email = self.invite  # noqa: SLF001

    async def handle_request(self, method: str, path: str, headers: object, body: bytes, query: object) -> Any:  # noqa: ANN401 - ministack's answer
        answer = await self._handle_request(method, path, headers, body, query)
        if (method, path) == SEND_EMAIL and answer[0] == HTTPStatus.OK:
            mail = Mail(json.loads(answer[2])["MessageId"], json.loads(body))
            self._put(mail.message())
            self._publish_events(mail)
        return answer

    def invite(self, _pool: object, to: str, subject: str, body: str, **_: object) -> None:
        headers = {"Message-ID": f"<{secrets.token_hex(8)}>", "Date": datetime.now(UTC), "From": COGNITO_SENDER}
        self._put(_message({**headers, "To": to, "Subject": subject}, body.replace("<br>", "\n"), body))

    def _put(self, message: EmailMessage) -> None:
        if self._inbox:
            keep(message, self._inbox)
            print(f"✉ {message['To']} — {message['Subject']}", flush=True)

    def _publish_events(self, mail: Mail) -> None:
        name = mail.request.get("ConfigurationSetName")
        _, _, stored = self._ses._event_destinations_request("GET", name, None, {})  # noqa: SLF001
        destinations = json.loads(stored).get("EventDestinations", [])
        for event in events(mail):
            for destination in destinations:
                if event["eventType"].upper() in destination["MatchingEventTypes"]:
                    topic = destination["SnsDestination"]["TopicArn"]
                    self._sns.publish_internal(topic, event, SUBJECT, message_attributes=ATTRIBUTES)


def events(mail: Mail) -> Iterator[dict[str, Any]]:
    """What SES tells about ``mail``, in order: the members that its readers need."""
    sender, subject = mail.request["FromEmailAddress"], mail.request["Content"]["Simple"]["Subject"]["Data"]
    about = {
        "timestamp": f"{mail.sent_at:%Y-%m-%dT%H:%M:%S.000Z}",
        "source": sender,
        "messageId": mail.message_id,
        "destination": mail.recipients,
        "commonHeaders": {"from": [sender], "to": mail.recipients, "subject": subject},
        "tags": {"ses:configuration-set": [mail.request.get("ConfigurationSetName")], **mail.tags},
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
