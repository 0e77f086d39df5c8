"""What a person should look at: the sentences at the top of the status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.status.model import ABSENT, Function, LoadBalancer, Queue, Status, TargetGroup, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_CONCERN = "Nothing needs a look."
DEAD_LETTERS = "-dlq"


def concerns(status: Status) -> list[str]:
    """One sentence for each thing that is not as it should be, the most urgent first."""
    return [*_doors(status), *_functions(status), *_queues(status), *_alarms(status), *_unread(status)]


def _doors(status: Status) -> Iterator[str]:
    if isinstance(status.load_balancer, LoadBalancer) and status.load_balancer.state != "active":
        yield f"{status.load_balancer.name} is {status.load_balancer.state}."
    if not isinstance(status.target_group, TargetGroup) or isinstance(status.target_group.targets, Unread):
        return
    if not status.target_group.targets:
        yield f"{status.target_group.name} has no target."
    for target in status.target_group.targets:
        if target.health != "healthy":
            yield f"{target.name} is {target.health}{f' ({target.reason})' if target.reason else ''}."


def _functions(status: Status) -> Iterator[str]:
    for function in status.functions:
        if not isinstance(function, Function):
            continue
        if function.state != "Active":
            yield f"{function.name} is {function.state}."
        if function.reserved == 0:
            yield f"{function.name} is stopped: its reserved concurrency is 0."


def _queues(status: Status) -> Iterator[str]:
    for queue in status.queues:
        if isinstance(queue, Queue) and queue.name.endswith(DEAD_LETTERS) and queue.waiting:
            yield f"{queue.name} holds {queue.waiting:,} messages that could not be handled."


def _alarms(status: Status) -> Iterator[str]:
    if not isinstance(status.alarms, Unread):
        yield from (f"{alarm.name} is in alarm: {alarm.rule}." for alarm in status.alarms if alarm.state == "ALARM")


def _unread(status: Status) -> Iterator[str]:
    """What does not exist may be meant so (no load balancer, a laptop); what is closed to us may hide trouble."""
    closed = [part for part in status.parts if isinstance(part, Unread) and part.reason != ABSENT]
    if closed:
        yield f"{len(closed)} {'parts' if len(closed) > 1 else 'part'} could not be read, so there may be more."
