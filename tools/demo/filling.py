"""Adds people to a directory through its API, many at once, and so that it may be done again."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chalice_devserver.program import Ending
    from tools.demo.people import Person

# As many as a person's browser would open, and a little more than a laptop's two cores can answer at once.
PARALLEL = 8
REQUEST_SECONDS = 30.0
# The pauses before an attempt is repeated. An address belongs to one employee, so a repeat adds nobody twice.
PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)
WORTH_REPEATING = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
EMAIL_TAKEN = "urn:crud-empleados:email-taken"


class NotFilled(Exception):
    """The directory refused an employee, or stopped answering. The message is one sentence for the user."""


class Outcome(Enum):
    """What became of a person."""

    ADDED = "added"
    THERE = "there"
    """An employee has the address already."""
    LEFT_OUT = "left out"
    """The end was asked for before."""


class Filler:
    """Adds people until all are there, the end is asked for, or the directory refuses one."""

    def __init__(
        self, client: httpx.Client, url: str, ending: Ending, *, pauses: Sequence[float] = PAUSES_SECONDS
    ) -> None:
        """``url`` is the directory's, without a slash at the end; ``pauses`` are in seconds."""
        self._client = client
        self._address = f"{url}/empleados"
        self._ending = ending
        self._pauses = pauses

    def fill(self, people: Iterable[Person]) -> Iterator[Outcome]:
        """What becomes of each, in their order, as soon as it is known.

        Raises:
            NotFilled: the directory stopped accepting employees.
        """
        with ThreadPoolExecutor(PARALLEL) as pool:
            try:
                yield from pool.map(self._add, people)
            except NotFilled:
                self._ending.ask(exit_code=1)
                raise

    def _add(self, person: Person) -> Outcome:
        for pause in (*self._pauses, None):
            if self._ending.asked:
                return Outcome.LEFT_OUT
            try:
                response = self._client.post(self._address, json=asdict(person), timeout=REQUEST_SECONDS)
            except httpx.HTTPError as error:
                trouble = f"the directory does not answer any more ({type(error).__name__})"
            else:
                if response.status_code == HTTPStatus.CREATED:
                    return Outcome.ADDED
                if _says_taken(response):
                    return Outcome.THERE
                trouble = f"the directory answered {response.status_code} to the employee {person.email}"
                if response.status_code not in WORTH_REPEATING:
                    break
            if pause is not None:
                time.sleep(pause)
        raise NotFilled(f"Not all employees are there: {trouble}. What is there stays; run it again to go on.")


def _says_taken(response: httpx.Response) -> bool:
    if response.status_code != HTTPStatus.CONFLICT:
        return False
    try:
        document = response.json()
    except ValueError:
        return False
    return isinstance(document, dict) and document.get("type") == EMAIL_TAKEN
