"""A peer: one httpx.Client for the life of the process, as its documentation advises."""

from __future__ import annotations

import os
import ssl
from typing import Any

import httpx

client = httpx.Client(base_url=os.environ["CRUD_API_URL"], timeout=25, verify=ssl.create_default_context())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    response = client.request(event["httpMethod"], event["path"])
    return {
        "statusCode": response.status_code,
        "headers": {"Content-Type": response.headers["Content-Type"]},
        "body": response.text,
    }
