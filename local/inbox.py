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
        return str(self.message()["From"] or "")

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
        """The mail as it would arrive, from a request with the content ``Simple`` or ``Raw``."""
        content = self.request["Content"]
        if "Raw" in content:
            return message_from_bytes(base64.b64decode(content["Raw"]["Data"]), policy=policy.default)
        simple = content["Simple"]
        message = EmailMessage()
        message["Message-ID"] = f"<{self.message_id}>"
        message["Date"] = format_datetime(self.sent_at)
        message["From"] = self.request["FromEmailAddress"]
        message["To"] = ", ".join(self.request["Destination"].get("ToAddresses", []))
        message["Subject"] = simple["Subject"]["Data"]
        for header in simple.get("Headers", []):
            message[header["Name"]] = header["Value"]
        message.set_content(simple["Body"].get("Text", {}).get("Data", ""))
        if "Html" in simple["Body"]:
            message.add_alternative(simple["Body"]["Html"]["Data"], subtype="html")
        return message


def keep(mail: Mail, folder: Path) -> Path:
    """Write ``mail`` as an ``.eml`` file, and return it. The file appears whole or not at all.

    The names of the files sort by time and say for whom the mails are.
    """
    recipients = re.sub(r"[^\w.@+,-]", "_", ",".join(mail.recipients))[:80]
    name = f"{mail.sent_at:%Y-%m-%dT%H-%M-%S} {recipients} {mail.message_id[:8]}.eml"
    part = folder / f".{name}.part"
    part.write_bytes(mail.message().as_bytes())
    return part.rename(folder / name)
