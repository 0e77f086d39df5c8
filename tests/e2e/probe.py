"""A function that tries one call of AWS with the rights of the role that it is given.

Only Lambda may assume a function's role, so that this is how one finds out what somebody could do who has taken over a
function.
"""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.system import Aws

HANDLER = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    client = boto3.client(event["service"])
    try:
        getattr(client, event["operation"])(**event["parameters"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"
"""
# Each service has its own word for it.
REFUSALS = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException")


class Probe:
    """The function, with one role."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws = aws
        self._name = name

    def is_refused(self, service: str, operation: str, **parameters: Any) -> bool:
        """Whether AWS refuses the call for want of a permission. Any other error came after that question."""
        answer = self._aws.client("lambda").invoke(
            FunctionName=self._name,
            Payload=json.dumps({"service": service, "operation": operation, "parameters": parameters}),
        )
        outcome = json.load(answer["Payload"])
        assert isinstance(outcome, str), outcome
        return outcome in REFUSALS


@contextmanager
def running_probe(aws: Aws, role_arn: str) -> Iterator[Probe]:
    """A probe with this role, for the length of a ``with`` block."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("probe.py", HANDLER)
    name = f"probe-{role_arn.rpartition('/')[2]}"
    functions = aws.client("lambda")
    functions.create_function(
        FunctionName=name,
        Role=role_arn,
        Runtime="python3.11",
        Handler="probe.handler",
        Timeout=30,
        Code={"ZipFile": archive.getvalue()},
    )
    try:
        yield Probe(aws, name)
    finally:
        functions.delete_function(FunctionName=name)
        aws.client("logs").delete_log_group(logGroupName=f"/aws/lambda/{name}")
