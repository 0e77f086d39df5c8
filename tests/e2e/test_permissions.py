"""What each function's role may do, tried on every resource of the others.

Each call would do nothing if it were allowed: it asks for what is not there, or lacks what it needs. AWS asks whether
a call is allowed before it looks at that.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.e2e.probe import running_probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

NOBODY: frozenset[str] = frozenset()
LEDGER_USERS = frozenset({"email", "enviar_correos", "registrar_resultado"})


class Attempt(NamedTuple):
    """A call, and the functions whose work it is."""

    name: str
    allowed: frozenset[str]
    service: str
    operation: str
    parameters: Mapping[str, Any]


def attempts(outputs: Mapping[str, Any], function: str) -> Iterator[Attempt]:
    """Everything that is worth trying with the role of ``function``."""
    queue, dlq, table = outputs["queue_url"], outputs["dlq_url"], outputs["ledger_table"]
    key = {"evento": {"S": "none"}, "huella": {"S": "none"}}
    nothing = {"MaxNumberOfMessages": 11}
    too_long = {"Message": "x" * (256 * 1024 + 1)}
    mail = {"FromEmailAddress": "x@example.com", "Destination": {}, "Content": {}}

    def is_work_of(*functions: str) -> frozenset[str]:
        return frozenset(functions)

    publishers = is_work_of("crud", "publicar_pendientes")
    yield Attempt("publish an event", publishers, "sns", "publish", {"TopicArn": outputs["topic_arn"], **too_long})
    for name in ("feedback_topic_arn", "alarm_topic_arn"):
        yield Attempt(f"publish to {name}", NOBODY, "sns", "publish", {"TopicArn": outputs[name], **too_long})

    yield Attempt("queue a mail", is_work_of("email"), "sqs", "send_message", {"QueueUrl": queue, "MessageBody": ""})
    yield Attempt(
        "read the queue", is_work_of("enviar_correos"), "sqs", "receive_message", {"QueueUrl": queue, **nothing}
    )
    yield Attempt("read the DLQ", is_work_of("email"), "sqs", "receive_message", {"QueueUrl": dlq, **nothing})
    yield Attempt("fill the DLQ", NOBODY, "sqs", "send_message", {"QueueUrl": dlq, "MessageBody": ""})
    kept = {"QueueUrl": outputs["feedback_dlq_url"], "MessageBody": ""}
    yield Attempt("keep a report", is_work_of("registrar_resultado"), "sqs", "send_message", kept)
    yield Attempt("empty the queue", NOBODY, "sqs", "purge_queue", {"QueueUrl": f"{queue}-none"})

    yield Attempt("read the ledger", LEDGER_USERS, "dynamodb", "get_item", {"TableName": table, "Key": key})
    yield Attempt("forget a mail", NOBODY, "dynamodb", "delete_item", {"TableName": table, "Key": key})
    yield Attempt("read the whole ledger", NOBODY, "dynamodb", "scan", {"TableName": table, "Limit": 1})

    yield Attempt("send a mail", is_work_of("enviar_correos"), "sesv2", "send_email", mail)

    for name in outputs["functions"].values():
        yield Attempt(f"call {name}", NOBODY, "lambda", "invoke", {"FunctionName": name})
        yield Attempt(f"read {name}", NOBODY, "lambda", "get_function_configuration", {"FunctionName": name})
    for key, group in outputs["log_groups"].items():
        stream = {"logGroupName": group, "logStreamName": "none"}
        lines = {**stream, "logEvents": [{"timestamp": 0, "message": "none"}]}
        # Not its own: the emulator compares a stream with the name of its group, where AWS has the stream's own.
        if key != function:
            yield Attempt(f"log as {key}", NOBODY, "logs", "put_log_events", lines)
        yield Attempt(f"read the log of {key}", NOBODY, "logs", "get_log_events", stream)

    parameter = {"Name": f"/{outputs['name']}/database-url"}
    yield Attempt("read the database's address", publishers, "ssm", "get_parameter", parameter)
    yield Attempt("read another parameter", NOBODY, "ssm", "get_parameter", {"Name": "/other/database-url"})
    yield Attempt("read all parameters", NOBODY, "ssm", "get_parameters_by_path", {"Path": f"/{outputs['name']}"})
    yield Attempt("change the database's address", NOBODY, "ssm", "put_parameter", {**parameter, "Value": "none"})

    nobody = {"UserPoolId": outputs["sign_in"]["user_pool_id"], "Username": "none"}
    yield Attempt(
        "give somebody a role", NOBODY, "cognito-idp", "admin_add_user_to_group", {**nobody, "GroupName": "admin"}
    )
    yield Attempt("look somebody up", NOBODY, "cognito-idp", "admin_get_user", nobody)

    yield Attempt("give itself rights", NOBODY, "iam", "list_roles", {})
    yield Attempt("read its own state", NOBODY, "s3", "list_buckets", {})


@pytest.mark.parametrize(
    "function", ["bff", "crud", "publicar_pendientes", "email", "enviar_correos", "registrar_resultado"]
)
def test_a_role_can_do_its_work_and_nothing_else(system: DeployedSystem, function: str) -> None:
    role = system.aws.client("lambda").get_function_configuration(FunctionName=system.outputs["functions"][function])
    with running_probe(system.aws, role["Role"]) as probe:
        tried = {
            attempt.name: not probe.is_refused(attempt.service, attempt.operation, **attempt.parameters)
            for attempt in attempts(system.outputs, function)
        }

    assert tried == {attempt.name: function in attempt.allowed for attempt in attempts(system.outputs, function)}


def test_nobody_but_lambda_gets_the_role_of_a_function(system: DeployedSystem) -> None:
    name = system.outputs["functions"]["email"]
    role = system.aws.client("lambda").get_function_configuration(FunctionName=name)["Role"]

    with signed_in_user(system) as sts, pytest.raises(sts.exceptions.ClientError) as refusal:
        sts.assume_role(RoleArn=role, RoleSessionName="somebody")

    assert refusal.value.response["Error"]["Code"] == "AccessDenied"


@contextmanager
def signed_in_user(system: DeployedSystem) -> Iterator[Any]:
    """The STS client of a user who may assume any role that lets her."""
    users, name = system.aws.client("iam"), "somebody"
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    users.create_user(UserName=name)
    users.put_user_policy(
        UserName=name, PolicyName="any", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    )
    key = users.create_access_key(UserName=name)["AccessKey"]
    try:
        yield system.aws.signed_in(key["AccessKeyId"], key["SecretAccessKey"]).client("sts")
    finally:
        users.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        users.delete_user_policy(UserName=name, PolicyName="any")
        users.delete_user(UserName=name)


def test_only_the_topic_may_send_to_the_queue(system: DeployedSystem) -> None:
    """What the queue's own policy says; the roles are tried above."""
    attributes = system.aws.client("sqs").get_queue_attributes(
        QueueUrl=system.outputs["queue_url"], AttributeNames=["Policy"]
    )["Attributes"]

    (statement,) = json.loads(attributes["Policy"])["Statement"]

    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": system.outputs["topic_arn"]}}
