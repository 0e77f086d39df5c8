"""``python -m tools.demo``, which ``make demo`` calls."""

from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from threading import Event
from typing import TYPE_CHECKING

import httpx
from rich.console import Console
from rich.progress import track

from tools.command_line import OneSentenceParser
from tools.demo.people import invent_people
from tools.target import TargetError, authorization, default_url, read_target, require_directory, require_entry

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from tools.demo.people import Person
    from tools.target import Target

EXIT_USAGE = 2
EXIT_INTERRUPTED = 128 + signal.SIGINT

# A little more than a laptop's two cores can answer at once.
PARALLEL = 8
REQUEST_SECONDS = 30.0
# The pauses before a request is repeated. An address belongs to one employee, so a repeat adds nobody twice.
PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)
TRANSIENT = {429, 500, 502, 503, 504}
EMAIL_TAKEN = "urn:crud-empleados:email-taken"


class NotFilled(Exception):
    """The directory refused an employee or stopped answering. The message is one sentence for the user."""


class Filler:
    """Adds people to the directory at ``url`` through its API, several at once.

    Attributes:
        added: for each person so far, whether they are new; False if an employee has the address already.
    """

    def __init__(self, client: httpx.Client, url: str, *, pauses: Sequence[float] = PAUSES_SECONDS) -> None:
        self.added: list[bool] = []
        self._client = client
        self._url = url
        self._pauses = pauses
        self._stopped = Event()

    def fill(self, people: Sequence[Person]) -> Generator[None, None, None]:
        """Yields after each person. When it ends early, requests under way are finished and no new ones are sent.

        Raises:
            NotFilled: the directory did not accept an employee.
        """
        with ThreadPoolExecutor(PARALLEL) as pool:
            try:
                yield from pool.map(self._add, people)
            finally:
                self._stopped.set()  # pool.map cancels what has not begun

    def _add(self, person: Person) -> None:
        for pause in (*self._pauses, None):
            if self._stopped.is_set():
                return
            trouble, is_transient = self._send(person)
            if not trouble:
                return
            if pause is None or not is_transient:
                self._stopped.set()
                raise NotFilled(f"Not all employees were added: {trouble}. Run it again to continue.")
            self._stopped.wait(pause)

    def _send(self, person: Person) -> tuple[str, bool]:
        """What went wrong, and whether it may be over soon."""
        try:
            response = self._client.post(f"{self._url}/empleados", json=person._asdict(), timeout=REQUEST_SECONDS)
        except httpx.HTTPError as error:
            return f"the directory does not answer any more ({type(error).__name__})", True
        is_taken = response.status_code == HTTPStatus.CONFLICT and EMAIL_TAKEN in response.text
        if response.status_code == HTTPStatus.CREATED or is_taken:
            self.added.append(not is_taken)
            return "", False
        trouble = f"the directory answered {response.status_code} to the employee {person.email}"
        return trouble, response.status_code in TRANSIENT


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Fill the directory; the result is the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        target = _read_arguments(argv, environment)
        with httpx.Client(trust_env=False, headers=authorization(target, environment)) as client:
            require_directory(client, target)
            require_entry(client, target)
            _fill(Filler(client, target.url), invent_people())
            print(f"Look at them: {target.url}/")
    except (TargetError, NotFilled) as error:
        print(f"make demo: {error}", file=sys.stderr)
        return EXIT_USAGE if isinstance(error, TargetError) else 1
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return 0


def _read_arguments(argv: Sequence[str], environment: Mapping[str, str]) -> Target:
    parser = OneSentenceParser("make demo", "Fills a running directory with 1,000 invented employees.")
    parser.add_argument("--url", help="where it is (default: `make run` on this machine)")
    parser.add_argument("--mine", action="store_true", help="the host of --url is mine")
    arguments = parser.parse_args(argv)
    target = read_target(default_url(environment) if arguments.url is None else arguments.url)
    target.require_own(mine=arguments.mine, why="its directory would be full of invented people")
    return target


def _fill(filler: Filler, people: Sequence[Person]) -> None:
    started = time.monotonic()
    console = Console(highlight=False)
    try:
        with closing(filler.fill(people)) as filling:
            for _ in track(filling, "employees", total=len(people), console=console):
                pass
    finally:
        added, missing = sum(filler.added), len(people) - len(filler.added)
        stopped = f"; stopped before the other {missing:,}" if missing else ""
        seconds = time.monotonic() - started
        console.print(f"{added:,} added, {len(filler.added) - added:,} were there already{stopped}; {seconds:.1f} s")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
