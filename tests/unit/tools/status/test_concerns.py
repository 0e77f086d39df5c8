from __future__ import annotations

from dataclasses import replace

from tests.unit.tools.status.sample import BUSY, CLOSED
from tools.status.concerns import concerns
from tools.status.model import LoadBalancer, Target, TargetGroup, Unread


def test_each_trouble_is_a_sentence_and_the_door_comes_first() -> None:
    assert concerns(BUSY) == [
        "crud-app-dev-bff is unhealthy (Health checks failed with these codes: [502]).",
        "crud-app-dev-crud is stopped: its reserved concurrency is 0.",
        "crud-app-dev-email is Pending.",
        "crud-app-dev-email-dlq holds 3 messages that could not be handled.",
        "crud-app-dev-dlq-not-empty is in alarm: ApproximateNumberOfMessagesVisible Maximum > 0 in 1 min.",
        "1 part could not be read, so there may be more.",
    ]


def test_what_is_closed_to_the_reader_is_no_good_news() -> None:
    assert concerns(CLOSED) == ["4 parts could not be read, so there may be more."]


def test_a_load_balancer_that_is_not_active_is_named() -> None:
    assert isinstance(BUSY.load_balancer, LoadBalancer)
    failed = replace(BUSY, load_balancer=replace(BUSY.load_balancer, state="failed"))
    assert concerns(failed)[0] == "crud-app-dev-alb is failed."


def test_a_target_group_without_targets_is_named() -> None:
    assert isinstance(BUSY.target_group, TargetGroup)
    empty = replace(BUSY, target_group=replace(BUSY.target_group, targets=()))
    assert concerns(empty)[0] == "crud-app-dev-bff has no target."


def test_a_target_without_a_reason_is_named_all_the_same() -> None:
    assert isinstance(BUSY.target_group, TargetGroup)
    group = replace(BUSY.target_group, targets=(Target("a", "healthy", ""), Target("b", "initial", "")))
    assert concerns(replace(BUSY, target_group=group))[0] == "b is initial."


def test_targets_that_are_closed_count_as_closed() -> None:
    assert isinstance(BUSY.target_group, TargetGroup)
    group = replace(BUSY.target_group, targets=Unread("targets", "access denied (DescribeTargetHealth)"))
    assert not [sentence for sentence in concerns(replace(BUSY, target_group=group)) if "bff" in sentence]


def test_a_deployment_in_order_gives_no_sentence() -> None:
    functions = BUSY.functions[:1]
    quiet = replace(
        BUSY,
        target_group=Unread("bff", "does not exist"),
        functions=functions,
        apis=(),
        queues=BUSY.queues[:1],
        alarms=(),
    )
    assert concerns(quiet) == []
