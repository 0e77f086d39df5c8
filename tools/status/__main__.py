"""``python -m tools.status``, which ``make status`` calls."""

from __future__ import annotations

import argparse
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from tools.status.access import Access, NoAccessError, find_account, open_access, open_laptop
from tools.status.markdown import document
from tools.status.names import ENVIRONMENT, ENVIRONMENT_RULE, PROJECT, PROJECT_RULE, Names, deployed, on_laptop
from tools.status.read import Reader
from tools.status.terminal import print_status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tools.status.model import Status

# Terraform reads these, so both speak of the same environment.
TERRAFORM_PROJECT = "TF_VAR_project_name"
TERRAFORM_ENVIRONMENT = "TF_VAR_environment"

EXAMPLES = """\
examples:
  make status                                  the environment dev, in the region and account of your AWS profile
  make status ENVIRONMENT=production REPORT=status.md
  make status LAPTOP=1                         what `make run` has running here
It only reads. What you may not read, or what does not exist, is shown as such.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the status and write the report. 1: nothing could be read, or nothing of that name exists; 2: bad flag."""
    arguments = _parse(argv)
    names = on_laptop() if arguments.laptop else deployed(arguments.project, arguments.environment)
    try:
        access = open_laptop() if arguments.laptop else open_access()
        status = read_status(access, names, datetime.now(UTC))
    except NoAccessError as error:
        return _fail(str(error))
    if not status.exists:
        place = status.endpoint or f"{status.region} of account {status.account}"
        return _fail(f"Nothing is called {names.prefix}-… in {place}: are PROJECT, ENVIRONMENT and the region right?")
    print_status(Console(highlight=False), status)
    return _write(arguments.report, document(status)) if arguments.report else 0


def read_status(access: Access, names: Names, now: datetime) -> Status:
    """The status of the deployment of that name, up to the last full minute before ``now``.

    Raises:
        NoAccessError: see there.
    """
    account, endpoint = find_account(access)
    return Reader(access, names, now.replace(second=0, microsecond=0)).read(account, endpoint)


def _write(path: Path, text: str) -> int:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        return _fail(f"REPORT cannot be written: {error.strerror}: {path}")
    print(f"The report is in {path}.")
    return 0


def _fail(sentence: str) -> int:
    print(f"make status: {sentence}", file=sys.stderr)
    return 1


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.status",
        description="How a deployment is at this moment, and what it did in the last hour.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--environment",
        type=_name("ENVIRONMENT", ENVIRONMENT_RULE, "2 to 12 lower-case letters or digits, such as dev"),
        default=os.environ.get(TERRAFORM_ENVIRONMENT, ENVIRONMENT),
        help=f"which environment (default: {TERRAFORM_ENVIRONMENT}, or {ENVIRONMENT})",
    )
    parser.add_argument(
        "--project",
        type=_name("PROJECT", PROJECT_RULE, f"2 to 14 lower-case letters, digits or hyphens, such as {PROJECT}"),
        default=os.environ.get(TERRAFORM_PROJECT, PROJECT),
        help=f"the first part of every name (default: {TERRAFORM_PROJECT}, or {PROJECT})",
    )
    parser.add_argument("--laptop", action="store_true", help="look at what `make run` has running on this machine")
    parser.add_argument("--report", type=Path, metavar="FILE", help="also write a Markdown document with charts")
    return parser.parse_args(argv)


def _name(variable: str, pattern: str, rule: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise argparse.ArgumentTypeError(f"{variable} must have {rule}, not {text!r}")
        return text

    return parse


if __name__ == "__main__":
    sys.exit(main())
