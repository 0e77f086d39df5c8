"""An account in which a deployment would work."""

from types import SimpleNamespace

import pytest

from local.emulator import REGION

SENDER = "directorio@mail.example.com"
RECIPIENT = "rrhh@example.org"


def plan_of(database_url, *changes, sender=SENDER):
    """What `terraform show -json` says of a plan."""
    values = {"database_url": database_url, "email_from": sender, "aws_region": REGION, "notify_to": [RECIPIENT]}
    return {"variables": {name: {"value": value} for name, value in values.items()}, "resource_changes": list(changes)}


class Account:
    """What AWS says of an account in which SES has verified the sender: each service is this object."""

    region_name = REGION
    exceptions = SimpleNamespace(NotFoundException=LookupError)

    def client(self, _):
        return self

    def get_caller_identity(self):
        return {"Account": "000000000000"}

    def get_account_settings(self):
        return {"AccountLimit": {"ConcurrentExecutions": 10}}

    def get_account(self):
        return {"SendQuota": {"MaxSendRate": 14}, "ProductionAccessEnabled": True}

    def get_email_identity(self, **identity):
        if identity != {"EmailIdentity": SENDER}:
            raise LookupError
        return {"VerifiedForSendingStatus": True}

    def get_paginator(self, operation):
        sending = {"FunctionName": "crud-app-dev-email", "Environment": {"Variables": {"EMAIL_FROM": SENDER}}}
        found = [sending, {"FunctionName": "other"}] if operation == "list_functions" else []
        return SimpleNamespace(paginate=lambda **_: SimpleNamespace(search=lambda _: found))


@pytest.fixture
def session():
    return Account()
