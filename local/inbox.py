"""The mails that the local stack has sent, kept as files that a mail program opens."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Mail:
    """A mail that SES took: the request of SendEmail, as email_app makes it, and the id that the answer gave."""

    message_id: str
    request: Mapping[str, Any]
    sent_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def recipients(self) -> list[str]:
        """Their addresses."""
        return list(self.request["Destination"]["ToAddresses"])

    @property
    def subject(self) -> str:
        """As a person reads it."""
        return str(self.request["Content"]["Simple"]["Subject"]["Data"])

    @property
    def tags(self) -> dict[str, list[str]]:
        """The message tags, in the form of SES's events."""
        return {tag["Name"]: [tag["Value"]] for tag in self.request.get("EmailTags", [])}

    def message(self) -> EmailMessage:
        """The mail as it would arrive."""
        simple = self.request["Content"]["Simple"]
        message = EmailMessage()
        message["Message-ID"] = f"<{self.message_id}>"
        message["Date"] = format_datetime(self.sent_at)
        message["From"] = self.request["FromEmailAddress"]
        message["To"] = ", ".join(self.recipients)
        message["Subject"] = self.subject
        for header in simple.get("Headers", []):
            message[header["Name"]] = header["Value"]
        message.set_content(simple["Body"].get("Text", {}).get("Data", ""))
        if "Html" in simple["Body"]:
            message.add_alternative(simple["Body"]["Html"]["Data"], subtype="html")
        return message


def keep(mail: Mail, folder: Path) -> Path:
    """Write ``mail`` as an ``.eml`` file, whole or not at all, and return it. Files sort by the time of their mails."""
    recipients = re.sub(r"[^\w.@+,-]", "_", ",".join(mail.recipients))[:80]
    name = f"{mail.sent_at:%Y-%m-%dT%H-%M-%S} {recipients} {mail.message_id[:8]}.eml"
    part = folder / f".{name}.part"
    part.write_bytes(mail.message().as_bytes())
    return part.rename(folder / name)
