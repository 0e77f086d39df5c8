"""The command line of the pump: see the package's docstring."""

from __future__ import annotations

import argparse
import logging
import sys
import threading
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
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

from chalice_devserver.logs import log_to_stdout
from chalice_devserver.program import run_program
from chalice_devserver.project import Project

from .queue import QueueSource
from .schedule import ExpressionError, ScheduleSource, parse_schedule
from .source import CLIENT_CONFIG, RealAccount, Source, check_endpoint
from .topic import BucketSource, RuleSource, TopicSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chalice_devserver.program import Ending

logger = logging.getLogger("chalice_devserver")


def sources(project: Project, *, real_account: bool = False, partial_batches: bool = True) -> Iterator[Source]:
    """One source for each handler that the project's decorators registered, and a warning for each it cannot drive.

    ``partial_batches`` says whether the deployment lets handlers of queues report single failed messages.

    Raises:
        RealAccount: a queue or topic is in one, and ``real_account`` does not allow that.
    """

    @cache
    def client(service: str) -> Any:  # noqa: ANN401 - boto3 types its clients by literal names
        made = boto3.client(service, config=CLIENT_CONFIG)  # type: ignore[call-overload]
        if not real_account:
            check_endpoint(made.meta.endpoint_url)
        return made

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
                expression = registered.schedule_expression
                text = expression.to_string() if isinstance(expression, ScheduleExpression) else expression
                try:
                    next_after = parse_schedule(text, created=datetime.now(timezone.utc))
                    yield ScheduleSource(f"schedule → {function.name}", function, next_after)
                except ExpressionError as error:
                    logger.warning("%s is not driven: %s", registered.name, error)
            case _:
                logger.warning("%s is not driven: the pump knows no %s", registered.name, type(registered).__name__)


def has_partial_batches(project: Project) -> bool:
    """Whether the project is deployed with chalice-terraform, which sets them up; Chalice does not."""
    return (project.folder / ".chalice" / "terraform.toml").is_file()


class Pump:
    """Runs sources, each in threads of its own, until it is stopped or one of them breaks."""

    def __init__(self, sources: Iterable[Source], *, concurrency: int = 1) -> None:
        """``concurrency`` is the number of threads of each queue and topic; a schedule has one."""
        self._sources = [
            source for source in sources for _ in range(1 if isinstance(source, ScheduleSource) else concurrency)
        ]

    def run(self, ending: Ending) -> int:
        stop = threading.Event()

        def run_source(source: Source) -> None:
            try:
                source.run(stop)
            except Exception:
                logger.exception("%s broke: this is a bug of the pump", source.name)
                ending.ask(exit_code=1)

        threads = [threading.Thread(target=run_source, args=(source,), name=source.name) for source in self._sources]
        logger.info("drives %s", "; ".join(sorted({source.name for source in self._sources})))
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
    parser.add_argument("--project-dir", type=Path, required=True, help="the folder with app.py")
    parser.add_argument("--stage", default="local", help="the stage of .chalice/config.json (default: local)")
    parser.add_argument("--concurrency", type=int, default=1, help="threads for each queue and topic (default: 1)")
    parser.add_argument("--real-account", action="store_true", help="allow queues and topics of AWS itself")
    parser.add_argument(
        "--partial-batches",
        action=argparse.BooleanOptionalAction,
        help="handlers may report single failed messages (default: if there is a .chalice/terraform.toml)",
    )
    parser.add_argument("--reload", action="store_true", help="start anew when the project's code changes")
    options = parser.parse_args(arguments)
    log_to_stdout()

    def make() -> Pump:
        project = Project(options.project_dir, options.stage)
        try:
            partial_batches = options.partial_batches
            if partial_batches is None:
                partial_batches = has_partial_batches(project)
            driven = sources(project, real_account=options.real_account, partial_batches=partial_batches)
            return Pump(driven, concurrency=options.concurrency)
        except RealAccount as refusal:
            parser.error(str(refusal))

    return run_program(make, reload=options.project_dir if options.reload else None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
