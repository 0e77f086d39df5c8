"""An account in which a deployment would work."""

from contextlib import suppress

import boto3
import pytest

from local.emulator import REGION

SENDER = "directorio@mail.example.com"
RECIPIENT = "rrhh@example.org"


def plan_of(database_url, *changes, sender=SENDER):
    """What `terraform show -json` says of a plan."""
    values = {"database_url": database_url, "email_from": sender, "aws_region": REGION, "notify_to": [RECIPIENT]}
    return {"variables": {name: {"value": value} for name, value in values.items()}, "resource_changes": list(changes)}


class Functions:
    """Lambda, which the emulator of the unit tests leaves out."""

    def get_account_settings(self):
        return {"AccountLimit": {"ConcurrentExecutions": 10}}

    def get_paginator(self, _):
        return self

    def paginate(self):
        return self

    def search(self, _):
        environment = {"Environment": {"Variables": {"EMAIL_FROM": SENDER}}}
        return [{"FunctionName": "crud-app-dev-email"} | environment, {"FunctionName": "other"}]


class EmulatorSession:
    """The emulator's account."""

    region_name = REGION

    def __init__(self):
        self._session = boto3.session.Session(region_name=REGION)

    def client(self, service, **where):
        return Functions() if service == "lambda" else self._session.client(service, **where)  # type: ignore[call-overload]


@pytest.fixture
def session(emulator, monkeypatch):
    """An account in which SES has verified the sender."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    session = EmulatorSession()
    ses = session.client("sesv2")
    with suppress(ses.exceptions.AlreadyExistsException):  # made by an earlier test of this worker
        ses.create_email_identity(EmailIdentity=SENDER)
    return session
