"""The pump with a real queue, a real topic and the clock."""

from __future__ import annotations

import json
import logging
import sys
import threading
import uuid
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from chalice_devserver.program import Ending
from chalice_devserver.project import Function
from chalice_devserver.pump.__main__ import run_sources, sources
from chalice_devserver.pump.queue import QueueReader
from chalice_devserver.pump.schedule import ScheduleSource
from chalice_devserver.pump.source import NotThere, RealAccount, check_endpoint, read_on
from chalice_devserver.pump.topic import TopicSource, queue_name
from tests.support.waiting import PATIENCE_SECONDS, wait_until

if TYPE_CHECKING:
    from chalice_devserver.pump.source import Source


class Aws:
    """A queue with a dead letter queue, and a topic, of one test."""

    def __init__(self):
        self.sqs, self.sns = boto3.client("sqs"), boto3.client("sns")
        self.name = f"test-{uuid.uuid4()}"
        self.topic_arn = self.sns.create_topic(Name=self.name)["TopicArn"]
        self.dead = self.sqs.create_queue(QueueName=f"{self.name}-dlq")["QueueUrl"]
        dead_arn = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])["Attributes"]
        redrive = {"deadLetterTargetArn": dead_arn["QueueArn"], "maxReceiveCount": 2}
        self.queue = self.sqs.create_queue(
            QueueName=self.name, Attributes={"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(redrive)}
        )["QueueUrl"]

    def send(self, *bodies):
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.queue, MessageBody=body)

    def depth(self, queue, names=("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")):
        """Messages that wait or are being handled."""
        attributes = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(names))["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def has_subscription(self):
        return bool(self.sns.list_subscriptions_by_topic(TopicArn=self.topic_arn)["Subscriptions"])


@pytest.fixture
def aws(emulator, monkeypatch):
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    return Aws()


@contextmanager
def running(driven, *, ending=None, concurrency=1):
    ending = ending or Ending()
    thread = threading.Thread(target=run_sources, args=(driven, ending), kwargs={"concurrency": concurrency})
    thread.start()
    try:
        yield thread
    finally:
        ending.ask()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


QUEUE_APP = """
    from chalice import Chalice
    app = Chalice(app_name="tiny")
    BATCHES = []
    BROKEN = {"bad"}

    @app.on_sqs_message(queue="%s", batch_size=10)
    def consume(event):
        records = event.to_dict()["Records"]
        BATCHES.append(records)
        if any(record["body"] == "explode" for record in records):
            raise ValueError("boom")
        failed = [record["messageId"] for record in records if record["body"] in BROKEN]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
"""


@pytest.mark.parametrize(
    ("deployed_by", "deliveries"),
    [
        ("chalice-terraform", {"one": 1, "bad": 2, "two": 1}),
        ("chalice-terraform", {"one": 2, "explode": 2}),
        ("chalice", {"one": 1, "bad": 1}),
    ],
    ids=["one is reported", "the handler raises", "reports are ignored"],
)
def test_what_fails_comes_back_and_ends_in_the_dead_letter_queue(aws, load_project, caplog, deployed_by, deliveries):
    project = load_project(QUEUE_APP % aws.name)
    if deployed_by == "chalice-terraform":
        (project.folder / ".chalice" / "terraform.toml").touch()
    dead = [body for body, times in deliveries.items() if times == 2]
    aws.send(*deliveries)
    with running(sources(project)):
        wait_until(lambda: aws.depth(aws.dead) == len(dead))
        wait_until(lambda: aws.depth(aws.queue) == 0)
    assert Counter(record["body"] for batch in sys.modules["app"].BATCHES for record in batch) == deliveries
    letters = aws.sqs.receive_message(QueueUrl=aws.dead, MaxNumberOfMessages=10).get("Messages", [])
    assert sorted(letter["Body"] for letter in letters) == sorted(dead)
    assert ("the batch is deleted" in caplog.text) == (deployed_by == "chalice")


def test_a_batch_is_waited_for_as_long_as_its_window(aws, load_project):
    app = QUEUE_APP.replace("batch_size=10", "batch_size=2, maximum_batching_window_in_seconds=300")
    aws.sqs.set_queue_attributes(QueueUrl=aws.queue, Attributes={"VisibilityTimeout": "600"})
    project = load_project(app % aws.name)
    with running(sources(project)):
        aws.send("first")
        wait_until(lambda: aws.depth(aws.queue, ["ApproximateNumberOfMessagesNotVisible"]))
        aws.send("second")
        wait_until(lambda: sys.modules["app"].BATCHES)
    assert list(map(len, sys.modules["app"].BATCHES)) == [2]


BLOCKING_APP = """
    import threading
    from chalice import Chalice
    app = Chalice(app_name="tiny")
    RUNNING, GO_ON = threading.Semaphore(0), threading.Event()

    @app.on_sqs_message(queue="%s")
    def consume(event):
        RUNNING.release()
        GO_ON.wait()
"""


def test_a_pump_that_is_stopped_ends_its_batches_first(aws, load_project):
    project = load_project(BLOCKING_APP % aws.name)
    aws.sqs.set_queue_attributes(QueueUrl=aws.queue, Attributes={"VisibilityTimeout": "600"})
    aws.send("one", "two")
    ending = Ending()
    with running(sources(project), ending=ending, concurrency=2) as thread:
        for _ in range(2):  # at once
            assert sys.modules["app"].RUNNING.acquire(timeout=PATIENCE_SECONDS)
        ending.ask()
        assert thread.is_alive()
        sys.modules["app"].GO_ON.set()
    assert aws.depth(aws.queue) == 0


def test_a_queue_that_is_missing_is_named_and_a_message_that_cannot_be_deleted_is_reported(aws, caplog):
    with pytest.raises(NotThere, match=f"there is no queue {aws.name}-late at http"):
        QueueReader(aws.sqs, f"arn:aws:sqs:us-east-1:000000000000:{aws.name}-late")
    aws.send("one")
    reader = QueueReader(aws.sqs, aws.name)
    [message] = reader.receive(1, 0, threading.Event())
    reader.delete([message])
    reader.delete([message])
    assert f"message {message['MessageId']} is done but could not be deleted" in caplog.text


# ---- topics


TOPIC_APP = """
    from chalice import Chalice
    app = Chalice(app_name="tiny")
    EVENTS = []

    @app.on_sns_message(topic="%s")
    def listen(event):
        EVENTS.append(event.to_dict())
"""


def test_a_handler_gets_the_messages_of_its_topic_one_by_one_and_later_those_it_missed(aws, load_project):
    project = load_project(TOPIC_APP % aws.name)
    events = sys.modules["app"].EVENTS
    attributes: Any = {"tipo": {"DataType": "String", "StringValue": "creado"}}
    with running(sources(project)):
        wait_until(aws.has_subscription)
        aws.sns.publish(TopicArn=aws.topic_arn, Message="uno", Subject="asunto", MessageAttributes=attributes)
        aws.sns.publish(TopicArn=aws.topic_arn, Message="dos")
        wait_until(lambda: len(events) == 2)
    aws.sns.publish(TopicArn=aws.topic_arn, Message="while the pump is down")
    with running(sources(project)):
        wait_until(lambda: len(events) == 3)
    assert len(aws.sns.list_subscriptions_by_topic(TopicArn=aws.topic_arn)["Subscriptions"]) == 1
    first, second, third = (event["Records"][0] for event in events)
    assert third["Sns"]["Message"] == "while the pump is down"
    assert first["EventSubscriptionArn"].startswith(f"{aws.topic_arn}:")
    assert (first["Sns"]["Message"], first["Sns"]["Subject"]) == ("uno", "asunto")
    assert first["Sns"]["MessageAttributes"] == {"tipo": {"Type": "String", "Value": "creado"}}
    assert (second["Sns"]["Message"], second["Sns"]["Subject"]) == ("dos", None)


@pytest.mark.parametrize("kind", ["topic", "schedule"])
def test_an_event_that_fails_is_tried_three_times_and_dropped(aws, caplog, kind):
    calls: list[Any] = []

    def fail(event, _):
        calls.append(event)
        raise ValueError("boom")

    function, times = Function("fail", fail), iter([datetime.now(UTC)])
    driven: dict[str, Source] = {
        "topic": TopicSource("a", aws.sqs, function, sns=aws.sns, topic=aws.topic_arn, retry_delays=(0, 1)),
        "schedule": ScheduleSource("a", function, lambda _: next(times, None), retry_delays=(0, 1)),
    }
    with running([driven[kind]]):
        if kind == "topic":
            wait_until(aws.has_subscription)
            aws.sns.publish(TopicArn=aws.topic_arn, Message="uno")
        wait_until(lambda: "dropped after 3 attempts" in caplog.text)
    assert calls == [calls[0]] * 3
    assert "again in 0 s" in caplog.text
    assert "again in 1 s" in caplog.text


# ---- buckets and rules


def test_each_function_and_source_has_a_queue_of_its_own():
    bucket = "arn:aws:s3:::my.bucket"
    assert queue_name("tiny-local-shrink", bucket) == "tiny-local-shrink-my-bucket"
    names = {queue_name(f"app-{stage}-{'x' * 60}", bucket + "y" * 20 + end) for stage in "ab" for end in "cd"}
    assert len(names) == 4
    assert max(map(len, names)) == 80


ASYNC_APP = """
    from chalice import Chalice
    app = Chalice(app_name="tiny")
    SEEN = []

    @app.on_s3_event(bucket="%s", suffix=".jpg")
    def shrink(event):
        SEEN.append((event.bucket, event.key))

    @app.on_cw_event({"source": ["%s"]})
    def notice(event):
        SEEN.append((event.source, event.detail["n"]))
"""


def test_handlers_get_the_events_of_their_bucket_and_of_their_pattern(aws, load_project, caplog):
    s3, events = boto3.client("s3"), boto3.client("events")
    project = load_project(ASYNC_APP % (aws.name, aws.name))
    seen = sys.modules["app"].SEEN
    with running(sources(project)):
        wait_until(lambda: f"there is no bucket {aws.name} at http" in caplog.text)
        s3.create_bucket(Bucket=aws.name)
        wait_until(lambda: "QueueConfigurations" in s3.get_bucket_notification_configuration(Bucket=aws.name))
        for key in ("a cat.jpg", "notes.txt"):
            s3.put_object(Bucket=aws.name, Key=key)
        wait_until(lambda: events.list_rules(NamePrefix="tiny-local-notice")["Rules"])
        wait_until(lambda: events.list_targets_by_rule(Rule="tiny-local-notice-event")["Targets"])
        for source in ("other", aws.name):
            events.put_events(Entries=[{"Source": source, "DetailType": "x", "Detail": '{"n": 7}'}])
        wait_until(lambda: len(seen) == 2)
    assert set(seen) == {(aws.name, "a cat.jpg"), (aws.name, 7)}


# ---- schedules


def test_a_schedule_fires_once_at_each_of_its_times():
    events: list[dict[str, Any]] = []
    times = [datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (9, 10)]
    left = iter(times)
    function = Function("tiny-local-sweep", lambda event, _: events.append(event))
    with running([ScheduleSource("sweep", function, lambda _: next(left, None))]):
        wait_until(lambda: len(events) == 2)
    assert [datetime.fromisoformat(event["time"]) for event in events] == times
    assert events[0]["id"] != events[1]["id"]


# ---- the pump itself


def test_a_handler_that_the_pump_cannot_drive_is_a_warning_and_the_others_run(load_project, caplog):
    app = """
        from chalice import Chalice, Cron, Rate
        app = Chalice(app_name="tiny")
        app.on_kinesis_record(stream="clicks", name="shrink")(print)
        app.schedule("cron(0 12 * * ?)", name="noon")(print)
        app.schedule("rate(1 minute)", name="as_text")(print)
        app.schedule(Rate(5, unit=Rate.MINUTES), name="as_rate")(print)
        app.schedule(Cron(0, 9, "?", "*", "MON-FRI", "*"), name="as_cron")(print)
    """
    names = [source.name for source in sources(load_project(app))]
    assert names == [f"schedule → tiny-local-{name}" for name in ("as_text", "as_rate", "as_cron")]
    assert "shrink is not driven: the pump knows no KinesisEventConfig" in caplog.text
    assert "noon is not driven: cron(0 12 * * ?)" in caplog.text


@pytest.mark.parametrize("app", [QUEUE_APP, TOPIC_APP], ids=["queue", "topic"])
def test_a_real_account_is_read_only_when_that_is_asked_for(load_project, monkeypatch, app):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    project = load_project(app % "orders")
    with pytest.raises(RealAccount, match="set AWS_ENDPOINT_URL to an emulator, or pass --real-account"):
        list(sources(project))
    assert len(list(sources(project, real_account=True))) == 1


def test_only_hosts_of_aws_are_real_accounts():
    for url in ("https://sqs.eu-west-1.amazonaws.com", "https://SQS.cn-north-1.amazonaws.com.cn", "https://a.api.aws/"):
        with pytest.raises(RealAccount):
            check_endpoint(url)
    for url in ("http://127.0.0.1:4566", "http://localstack:4566", "https://amazonaws.com.example:443"):
        check_endpoint(url)


def test_a_source_that_breaks_ends_the_pump(caplog):
    class Broken:
        name = "broken"

        def run(self, _):
            raise ZeroDivisionError

    source: Source = Broken()
    assert run_sources([source], Ending()) == 1
    assert "broken broke" in caplog.text


def test_while_aws_does_not_answer_the_log_has_the_beginning_and_the_end(caplog):
    caplog.set_level(logging.INFO)
    outcomes = iter([NotThere("no"), NotThere("no"), None, NotThere("no"), NotThere("no")])
    waits: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout=None):
            waits.append(timeout)
            return False

    def step(_):
        if error := next(outcomes):
            raise error

    with pytest.raises(StopIteration):
        read_on(object, step, of="topic t", stop=Stop())
    assert waits == [0.25, 0.5, 0.25, 0.5], "it waits longer and longer"
    assert [record.message for record in caplog.records] == [
        "topic t cannot be read, trying again: no",
        "topic t can be read",
        "topic t cannot be read, trying again: no",
    ]
