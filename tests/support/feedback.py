"""What SES tells about a mail, as Lambda hands it to email_app."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice_devserver.project import LOCAL_ACCOUNT
from chalice_devserver.pump.topic import lambda_record
from local.emulator import REGION
from local.resources import FEEDBACK_TOPIC

if TYPE_CHECKING:
    from collections.abc import Mapping


def feedback_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event of Lambda for one of SES's (`local.ses.events`), by way of its topic."""
    arn = f"arn:aws:sns:{REGION}:{LOCAL_ACCOUNT}:{FEEDBACK_TOPIC}"
    envelope = {
        "Type": "Notification",
        "MessageId": secrets.token_hex(16),
        "TopicArn": arn,
        "Message": json.dumps(event),
        "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "SignatureVersion": "1",
        "Signature": "",
        "SigningCertURL": "https://example.com/",
        "UnsubscribeURL": "https://example.com/",
    }
    return {"Records": [lambda_record(json.dumps(envelope), f"{arn}:0")]}
