"""``python -m tools.forget``, which ``make forget`` calls."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from typing import TYPE_CHECKING

from tools.command_line import OneSentenceParser, shortened, whole_number
from tools.forget import place as places
from tools.forget.history import forget_old_events
from tools.forget.person import forget_person
from tools.forget.stores import StoreFailed
from tools.names import ENVIRONMENT, ENVIRONMENT_RULE, PROJECT, PROJECT_RULE
from tools.names import deployed as names_of
from tools.preflight import NotReady, open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

EXIT_INTERRUPTED = 128 + signal.SIGINT
MOST_ID = 10**18 - 1
MOST_MONTHS = 1_200

EXAMPLES = """\
examples:
  make forget ID=7                         an employee, gone or not, of the environment dev
  make forget EMAIL=… ENVIRONMENT=production   somebody by an address that he or she has or had
  make forget MONTHS=36 YES=1              the persons in all events that are older; for a schedule
  make forget ID=7 LAPTOP=1                in what `make run` has running here
It shows what is kept, what will be done, and what is out of reach, and asks.
"""


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Forget; the result is the exit code. 1: it was not done, or not to the end; 2: bad arguments."""
    arguments = _parse(argv, environment)
    try:
        place = _place(arguments, environment)
        print(place.title)
        if arguments.months is not None:
            forget_old_events(place, environment, arguments.months)
        else:
            forget_person(place, environment, row_id=arguments.id, email=arguments.email)
    except (NotReady, StoreFailed) as problem:
        print(f"make forget: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("make forget: stopped; the same command goes on with what is left.", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def _place(arguments: argparse.Namespace, environment: Mapping[str, str]) -> places.Place:
    if arguments.laptop:
        return places.laptop(environment)
    names = names_of(arguments.project, arguments.environment)
    return places.deployed(environment, names, open_session(environment))


def _parse(argv: Sequence[str], environment: Mapping[str, str]) -> argparse.Namespace:
    parser = OneSentenceParser(
        "make forget", "Takes a person out of what is kept, or all persons out of the old history.", epilog=EXAMPLES
    )
    parser.add_argument("--id", type=whole_number("ID", 1, MOST_ID), help="the number of an employee")
    parser.add_argument("--email", type=_email, help="an address of the person")
    parser.add_argument("--months", type=whole_number("MONTHS", 1, MOST_MONTHS), help="how old events may grow")
    parser.add_argument("--laptop", action="store_true", help="where `make run` keeps its data")
    parser.add_argument(
        "--environment",
        type=_name("ENVIRONMENT", ENVIRONMENT_RULE),
        default=environment.get("TF_VAR_environment", ENVIRONMENT),
    )
    parser.add_argument(
        "--project", type=_name("PROJECT", PROJECT_RULE), default=environment.get("TF_VAR_project_name", PROJECT)
    )
    arguments = parser.parse_args(argv)
    if sum(value is not None for value in (arguments.id, arguments.email, arguments.months)) != 1:
        parser.error("Say one of ID=…, EMAIL=… and MONTHS=…")
    return arguments


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise argparse.ArgumentTypeError("EMAIL must be an e-mail address")
    return text


def _name(variable: str, pattern: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise argparse.ArgumentTypeError(f"{variable} must match {pattern}, not {shortened(text)}")
        return text

    return parse


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
