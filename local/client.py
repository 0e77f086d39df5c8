"""boto3's clients of the emulator, whatever AWS settings the shell has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from local.emulator import CREDENTIALS, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping


def client_of(service: Any, endpoint: str, credentials: Mapping[str, str] = CREDENTIALS) -> Any:  # noqa: ANN401 - boto3 types its clients by literal names
    """A client of ``service`` in the emulator at ``endpoint``; ``credentials`` if another process started it."""
    key, secret = credentials["AWS_ACCESS_KEY_ID"], credentials["AWS_SECRET_ACCESS_KEY"]
    return boto3.client(
        service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id=key, aws_secret_access_key=secret
    )
