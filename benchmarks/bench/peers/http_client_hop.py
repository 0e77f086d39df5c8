"""A peer: the standard library's http.client with one connection kept open."""

from __future__ import annotations

import http.client
import os
import ssl
from typing import Any
from urllib.parse import urlsplit

upstream = urlsplit(os.environ["CRUD_API_URL"])
connection = http.client.HTTPSConnection(upstream.netloc, timeout=25, context=ssl.create_default_context())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    connection.request(event["httpMethod"], event["path"], headers={"Accept": "application/json"})
    response = connection.getresponse()
    return {
        "statusCode": response.status,
        "headers": {"Content-Type": response.headers["Content-Type"]},
        "body": response.read().decode(),
    }
