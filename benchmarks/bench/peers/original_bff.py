"""The original's bff_app, after its description: urllib, and a new connection for each request.

It answers to an ALB, whose target group has the plain form of headers, as the original's had.
"""

from __future__ import annotations

import os
import urllib.request
from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    request = urllib.request.Request(
        os.environ["CRUD_API_URL"] + event["path"],
        data=event["body"].encode() if event.get("body") else None,
        headers={"Content-Type": "application/json"},
        method=event["httpMethod"],
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return {
            "statusCode": response.status,
            "statusDescription": f"{response.status} OK",
            "isBase64Encoded": False,
            "headers": {"Content-Type": "application/json"},
            "body": response.read().decode(),
        }
