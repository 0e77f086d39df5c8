"""A peer: one urllib3.PoolManager for the life of the process, as its documentation advises."""

from __future__ import annotations

import os
from typing import Any

import urllib3

pool = urllib3.PoolManager(ca_certs=os.environ.get("SSL_CERT_FILE"), timeout=25)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    response = pool.request(event["httpMethod"], os.environ["CRUD_API_URL"] + event["path"])
    return {
        "statusCode": response.status,
        "headers": {"Content-Type": response.headers["Content-Type"]},
        "body": response.data.decode(),
    }
