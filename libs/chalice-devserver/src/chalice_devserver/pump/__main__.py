"""The command line of the pump: see the package's docstring."""

from __future__ import annotations

import argparse
import logging
import sys
import threading
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from chalice.app import (
    CloudWatchEventConfig,
    S3EventConfig,
    ScheduledEventConfig,
    ScheduleExpression,
    SNSEventConfig,
    SQSEventConfig,
)

from chalice_devserver.program import run_program

from .queue import QueueSource
from .schedule import ExpressionError, ScheduleSource, parse_schedule
from .source import CLIENT_CONFIG, Source, check_endpoint
from .topic import BucketSource, RuleSource, TopicSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chalice_devserver.program import Ending
    from chalice_devserver.project import Function, Project

logger = logging.getLogger("chalice_devserver")


def sources(project: Project, *, real_account: bool = False, partial_batches: bool | None = None) -> Iterator[Source]:
    """One source for each handler that the project's decorators registered, and a warning for each it cannot drive.

    ``partial_batches`` says whether the deployment lets handlers of queues report single failed messages. By default it
    does if it is made with chalice-terraform, which sets that up; Chalice does not. Without ``real_account`` queues and
    topics of AWS itself raise `RealAccount`.
    """

    @cache
    def client(service: str) -> Any:  # noqa: ANN401 - boto3 types its clients by literal names
        made = boto3.client(service, config=CLIENT_CONFIG)  # type: ignore[call-overload]
        if not real_account:
            check_endpoint(made.meta.endpoint_url)
        return made

    if partial_batches is None:
        partial_batches = (project.folder / ".chalice" / "terraform.toml").is_file()
    for registered in project.app.event_sources:
        function = project.function(registered.name, project.app.handler_map[registered.name])
        match registered:
            case SQSEventConfig():
                queue = registered.queue or registered.queue_arn or ""  # one of them is there: Chalice sees to it
                yield QueueSource(
                    f"queue {queue} → {function.name}",
                    client("sqs"),
                    function,
                    queue,
                    batch_size=registered.batch_size,
                    window_seconds=registered.maximum_batching_window_in_seconds,
                    partial_batches=partial_batches,
                )
            case SNSEventConfig():
                name = f"topic {registered.topic} → {function.name}"
                yield TopicSource(name, client("sqs"), function, sns=client("sns"), topic=registered.topic)
            case S3EventConfig():
                name = f"bucket {registered.bucket} → {function.name}"
                yield BucketSource(name, client("sqs"), function, s3=client("s3"), wanted=registered)
            case CloudWatchEventConfig():
                name, pattern = f"rule → {function.name}", registered.event_pattern
                yield RuleSource(name, client("sqs"), function, events=client("events"), pattern=pattern)
            case ScheduledEventConfig():
                yield from _schedule(registered, function)
            case _:
                logger.warning("%s is not driven: the pump knows no %s", registered.name, type(registered).__name__)


def _schedule(registered: ScheduledEventConfig, function: Function) -> Iterator[ScheduleSource]:
    expression = registered.schedule_expression
    text = expression.to_string() if isinstance(expression, ScheduleExpression) else expression
    try:
        next_after = parse_schedule(text, created=datetime.now(timezone.utc))
        yield ScheduleSource(f"schedule → {function.name}", function, next_after)
    except ExpressionError as error:
        logger.warning("%s is not driven: %s", registered.name, error)


def run_sources(driven: Iterable[Source], ending: Ending, *, concurrency: int = 1) -> int:
    """Run sources, each in threads of its own, until the ending or until one of them breaks; returns the exit code.

    ``concurrency`` is the number of threads of each queue and topic; a schedule has one.
    """
    stop = threading.Event()

    def run_source(source: Source) -> None:
        try:
            source.run(stop)
        except Exception:
            logger.exception("%s broke: this is a bug of the pump", source.name)
            ending.ask(exit_code=1)

    started = [source for source in driven for _ in range(1 if isinstance(source, ScheduleSource) else concurrency)]
    threads = [threading.Thread(target=run_source, args=(source,), name=source.name) for source in started]
    logger.info("drives %s", "; ".join(sorted({source.name for source in started})))
    for thread in threads:
        thread.start()
    exit_code = ending.wait()
    stop.set()
    for thread in threads:
        thread.join()
    return exit_code


def main(arguments: Sequence[str]) -> int:
    """Run the pump of one project until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m chalice_devserver.pump", description="Drive a project's handlers.")
    parser.add_argument("--concurrency", type=int, default=1, help="threads for each queue and topic (default: 1)")
    parser.add_argument("--real-account", action="store_true", help="allow queues and topics of AWS itself")
    parser.add_argument(
        "--partial-batches",
        action=argparse.BooleanOptionalAction,
        help="handlers may report single failed messages (default: if there is a .chalice/terraform.toml)",
    )

    def make(options: argparse.Namespace, project: Project) -> Callable[[Ending], int]:
        driven = list(sources(project, real_account=options.real_account, partial_batches=options.partial_batches))
        return lambda ending: run_sources(driven, ending, concurrency=options.concurrency)

    return run_program(parser, arguments, make)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
