"""The mails that the local stack has sent, kept as files that a mail program opens."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Mail:
    """One mail that SES took: what the request of SendEmail said, and the id that the answer gave."""

    message_id: str
    request: Mapping[str, Any]
    sent_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def sender(self) -> str:
        """The address that SES sends from, with its name."""
        return str(self.request.get("FromEmailAddress") or self.message()["From"] or "")

    @property
    def recipients(self) -> list[str]:
        """All of them, in the order To, Cc, Bcc."""
        destination = self.request.get("Destination", {})
        return [address for kind in ("To", "Cc", "Bcc") for address in destination.get(f"{kind}Addresses", [])]

    @property
    def subject(self) -> str:
        """As a person reads it."""
        return str(self.message()["Subject"] or "")

    @property
    def tags(self) -> dict[str, list[str]]:
        """The message tags, in the form of SES's events."""
        return {tag["Name"]: [tag["Value"]] for tag in self.request.get("EmailTags", [])}

    @property
    def configuration_set(self) -> str | None:
        """Its name."""
        return self.request.get("ConfigurationSetName")

    def message(self) -> EmailMessage:
        """The mail as it would arrive; one from a template of SES has no text here, because SES holds it."""
        content = self.request.get("Content", {})
        if raw := content.get("Raw"):
            return message_from_bytes(base64.b64decode(raw["Data"]), policy=policy.default)
        simple = content.get("Simple", {})
        body = simple.get("Body", {})
        message = EmailMessage()
        message["Message-ID"] = f"<{self.message_id}>"
        message["Date"] = format_datetime(self.sent_at)
        message["From"] = self.request.get("FromEmailAddress")
        message["To"] = ", ".join(self.request.get("Destination", {}).get("ToAddresses", []))
        message["Subject"] = simple.get("Subject", {}).get("Data")
        for header in simple.get("Headers", []):
            message[header["Name"]] = header["Value"]
        message.set_content(body.get("Text", {}).get("Data", ""))
        if "Html" in body:
            message.add_alternative(body["Html"]["Data"], subtype="html")
        return message


class Inbox:
    """A folder with one ``.eml`` file a mail; their names sort by time and say for whom they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, mail: Mail) -> Path:
        """Write ``mail``, and return its file. The file appears whole or not at all."""
        recipient = re.sub(r"[^\w.@+,-]", "_", ",".join(mail.recipients))[:80]
        name = f"{mail.sent_at:%Y-%m-%dT%H-%M-%S} {recipient} {mail.message_id[:8]}.eml"
        part = self.folder / f".{name}.part"
        part.write_bytes(mail.message().as_bytes())
        return part.rename(self.folder / name)
