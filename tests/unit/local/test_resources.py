"""The AWS resources of the local stack, on the real emulator."""

from __future__ import annotations

import json

import pytest

from chalice_devserver.project import LOCAL_ACCOUNT
from local import resources
from local.emulator import REGION, Emulator, client_of
from local.settings import ROOT


class Aws:
    def __init__(self, emulator):
        self.client = lambda service: client_of(service, emulator.endpoint)
        self.sns, self.sqs, self.dynamodb = map(self.client, ("sns", "sqs", "dynamodb"))
        resources.create_resources(self.client)

    def attributes(self, queue):
        return self.sqs.get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=["All"])["Attributes"]

    def url(self, queue):
        return self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]

    def publish(self, text):
        attributes = {"tipo": {"DataType": "String", "StringValue": "creado"}}
        self.sns.publish(TopicArn=topic_arn(resources.TOPIC), Message=text, MessageAttributes=attributes)


def topic_arn(name):
    return f"arn:aws:sns:{REGION}:{LOCAL_ACCOUNT}:{name}"


def test_all_of_it_survives_a_restart_with_what_is_in_it_but_a_table_of_an_older_version(tmp_path):
    """The emulator keeps its state; what is made a second time is the same, once."""
    with Emulator(tmp_path / "log", state=tmp_path / "state") as emulator:
        aws = Aws(emulator)
        aws.publish("primero")
        item = {name["AttributeName"]: {"S": "x"} for name in resources.LEDGER_DEFINITION["KeySchema"]}
        aws.dynamodb.put_item(TableName=resources.LEDGER_TABLE, Item=item)
    with Emulator(tmp_path / "log", state=tmp_path / "state") as emulator:
        aws = Aws(emulator)
        assert aws.dynamodb.scan(TableName=resources.LEDGER_TABLE)["Items"] == [item]
        aws.publish("segundo")
        received = aws.sqs.receive_message(
            QueueUrl=aws.url(resources.QUEUE), MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )["Messages"]
        # Raw, without SNS's envelope; once, so that there are not two subscriptions.
        assert [message["Body"] for message in received] == ["primero", "segundo"]
        assert received[0]["MessageAttributes"]["tipo"]["StringValue"] == "creado"
        dead = aws.attributes(resources.DEAD_LETTER_QUEUE)
        rules = json.loads(aws.attributes(resources.QUEUE)["RedrivePolicy"])
        assert rules == {"deadLetterTargetArn": dead["QueueArn"], "maxReceiveCount": 5}
        assert dead["MessageRetentionPeriod"] == "1209600"
        described = aws.dynamodb.describe_time_to_live(TableName=resources.LEDGER_TABLE)["TimeToLiveDescription"]
        assert described["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}
        newer = resources.LEDGER_DEFINITION | {"GlobalSecondaryIndexes": []}
        with pytest.raises(resources.LedgerTableOutdated, match="make clean"):
            resources.create_resources(aws.client, newer)


def test_the_apps_own_settings_name_the_same_resources():
    """`chalice local` alone reads these; `make run` makes what they name."""
    email, crud = (
        json.loads((ROOT / app / ".chalice" / "config.json").read_text(encoding="utf-8"))["stages"]["local"][
            "environment_variables"
        ]
        for app in ("email_app", "crud_app")
    )
    assert email["DEFAULT_LEDGER_TABLE"] == resources.LEDGER_TABLE
    assert email["DEFAULT_SES_CONFIGURATION_SET"] == resources.CONFIGURATION_SET
    assert email["DEFAULT_EMAIL_QUEUE_URL"].rpartition("/")[2] == resources.QUEUE
    assert email["DEFAULT_EMAIL_DLQ_URL"].rpartition("/")[2] == resources.DEAD_LETTER_QUEUE
    assert email["DEFAULT_EMAIL_FROM"].rstrip(">").endswith(f"@{resources.SENDER_DOMAIN}")
    assert crud["DEFAULT_SNS_TOPIC_ARN"] == topic_arn(resources.TOPIC)
