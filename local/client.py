"""boto3's clients of the emulator, whatever AWS settings the person at the keyboard has."""

from __future__ import annotations

from typing import Any

import boto3

from local.emulator import CREDENTIALS, REGION


def client_of(service: Any, endpoint: str) -> Any:  # noqa: ANN401 - boto3 types its clients by literal names
    """A client of ``service`` (boto3's name for it) in the emulator at ``endpoint``."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
