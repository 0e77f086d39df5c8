"""A peer: one requests.Session for the life of the process, as its documentation advises."""

from __future__ import annotations

import os
from typing import Any

import requests

session = requests.Session()
session.verify = os.environ.get("SSL_CERT_FILE") or True


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    response = session.request(event["httpMethod"], os.environ["CRUD_API_URL"] + event["path"], timeout=25)
    return {
        "statusCode": response.status_code,
        "headers": {"Content-Type": response.headers["Content-Type"]},
        "body": response.text,
    }
