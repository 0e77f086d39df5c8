"""A Chalice project on disk, loaded as Lambda would load it: its app, its functions, their limits."""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import time
import traceback
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from chalice.config import Config
from chalice.local import LambdaContext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from chalice.app import Chalice

# What Chalice deploys a function with when .chalice/config.json does not say.
DEFAULT_TIMEOUT_SECONDS = 60
DEFAULT_MEMORY_MB = 128
# Emulators answer for this account, and so does whatever is built here without asking AWS.
LOCAL_ACCOUNT = "000000000000"
OLDEST_CHALICE = (1, 29)

logger = logging.getLogger(__name__)


class SetupError(Exception):
    """The project cannot be used as it is; the message is one sentence that says what to do."""


class InvocationFailed(Exception):
    """A function raised, exited, ran over its time, or returned what is no JSON or what AWS does not accept."""


@dataclass(frozen=True)
class Function:
    """One Lambda function: the handler that a decorator registered, and the limits that the stage sets."""

    name: str
    handler: Callable[[Any, LambdaContext], object]
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    memory_mb: int = DEFAULT_MEMORY_MB

    def invoke(self, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever JSON the handler returns
        """Run the handler once with a copy of ``event``, and return what Lambda would: its answer, gone through JSON.

        A thread cannot be ended from outside: a handler that runs over its time-out is left to finish, and counts as
        failed, whatever it then returns. The stack behind an `InvocationFailed` is in the log, as Lambda writes it.
        """
        context = LambdaContext(self.name, self.memory_mb, int(self.timeout_seconds * 1000))
        context.memory_limit_in_mb = str(self.memory_mb)  # type: ignore[assignment] # as Lambda, from its environment
        context.invoked_function_arn = f"arn:aws:lambda:{region()}:{LOCAL_ACCOUNT}:function:{self.name}"
        deadline = time.monotonic() + self.timeout_seconds
        try:
            answer = json.loads(json.dumps(self.handler(json.loads(json.dumps(event)), context)))
        except (Exception, SystemExit) as error:
            logger.exception("%s failed", self.name)
            raise InvocationFailed(f"{self.name} failed: {type(error).__name__}") from error
        if time.monotonic() > deadline:
            raise InvocationFailed(f"{self.name} ran over its time-out of {self.timeout_seconds:g} s")
        return answer


class Project:
    """A Chalice project and one of its stages, imported into this process (one project a process)."""

    def __init__(self, folder: Path, stage: str) -> None:
        """Import ``app.py`` of ``folder`` with the environment variables of ``stage``.

        They are defaults: a variable that the environment has already stays. (`chalice local` does it the other way
        round, so that nothing can be changed from outside.) `SetupError` says what cannot be loaded.
        """
        check_chalice(version("chalice"))
        self.folder = folder.resolve()
        self.stage = stage
        path = self.folder / ".chalice" / "config.json"
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SetupError(
                f"{path} cannot be read ({error}): name the folder of a Chalice project with --project-dir."
            ) from error
        parameters = {"project_dir": str(self.folder)}
        self._config = Config(chalice_stage=stage, config_from_disk=settings, default_params=parameters)
        for name, value in self._config.environment_variables.items():
            os.environ.setdefault(name, value)
        # As in the deployment package: the project first, what is vendored after the installed packages.
        sys.path.insert(0, str(self.folder))
        sys.path.append(str(self.folder / "vendor"))
        try:
            self.app: Chalice = importlib.import_module("app").app
        except Exception as error:
            place: Any = error if isinstance(error, SyntaxError) else traceback.extract_tb(error.__traceback__)[-1]
            reason = traceback.format_exception_only(error)[-1].strip()
            raise SetupError(
                f"{self.folder / 'app.py'} cannot be imported ({reason}; {place.filename}, line {place.lineno}): "
                "correct it, or install what it needs."
            ) from error

    def function(self, name: str, handler: Callable[[Any, LambdaContext], object]) -> Function:
        """The function that Chalice deploys under ``name``, with the limits of this stage."""
        limits = self._config.scope(self.stage, name)
        return Function(
            name=f"{self.app.app_name}-{self.stage}-{name}",
            handler=handler,
            timeout_seconds=limits.lambda_timeout or DEFAULT_TIMEOUT_SECONDS,
            memory_mb=limits.lambda_memory_size or DEFAULT_MEMORY_MB,
        )


def check_chalice(installed: str) -> None:
    """Refuse a version of Chalice older than the oldest that is tested."""
    if tuple(map(int, installed.split(".")[:2])) < OLDEST_CHALICE:
        raise SetupError(f"Chalice {installed} is not supported: install version 1.29 or newer.")


def region() -> str:
    """The AWS region that the environment names, as boto3 finds it."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
