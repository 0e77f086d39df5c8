"""What happens to an event that could not be published at once."""

from __future__ import annotations

import json
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.e2e.system import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e


def test_the_sweep_publishes_what_a_failed_publish_left(system: DeployedSystem) -> None:
    with refusing_topic(system):
        system.create("Olga Pendiente")
        age_events(system)
        sweep(system)

        assert is_pending(system, "Olga Pendiente")
        assert system.mails_about("Olga Pendiente") == []

    sweep(system)

    assert not is_pending(system, "Olga Pendiente")
    wait_for("the mail", lambda: system.mails_about("Olga Pendiente"))
    assert len(system.mails_about("Olga Pendiente")) == 1


def test_the_schedule_runs_the_sweep(system: DeployedSystem) -> None:
    rules = system.aws.client("events")
    function = system.aws.client("lambda").get_function_configuration(
        FunctionName=system.outputs["functions"]["publicar_pendientes"]
    )

    (rule,) = rules.list_rule_names_by_target(TargetArn=function["FunctionArn"])["RuleNames"]

    description = rules.describe_rule(Name=rule)
    assert (description["ScheduleExpression"], description["State"]) == ("rate(1 minute)", "ENABLED")


def is_pending(system: DeployedSystem, nombre: str) -> bool:
    """Whether an event about this employee waits for its publication."""
    return nombre in system.query("SELECT payload FROM eventos WHERE publicado_en IS NULL")


def age_events(system: DeployedSystem) -> None:
    """Let a minute pass for what waits: the sweep leaves alone what a request may still be publishing."""
    system.query("UPDATE eventos SET ocurrido_en = ocurrido_en - interval '1 minute' WHERE publicado_en IS NULL")


def sweep(system: DeployedSystem) -> None:
    """Run the sweep now, instead of waiting for its minute."""
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-11-24T12:00:00Z",
        "region": system.outputs["region"],
        "resources": [],
        "detail": {},
    }
    answer = system.aws.client("lambda").invoke(
        FunctionName=system.outputs["functions"]["publicar_pendientes"], Payload=json.dumps(event)
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


@contextmanager
def refusing_topic(system: DeployedSystem) -> Iterator[None]:
    """The topic takes nothing, from nobody, for the length of a ``with`` block."""
    roles = [f"{system.outputs['name']}-{name}" for name in ("crud", "publicar-pendientes")]
    statement = {"Effect": "Deny", "Action": "sns:*", "Resource": system.outputs["topic_arn"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = system.aws.client("iam")
    for role in roles:
        iam.put_role_policy(RoleName=role, PolicyName="outage", PolicyDocument=document)
    try:
        yield
    finally:
        for role in roles:
            iam.delete_role_policy(RoleName=role, PolicyName="outage")
