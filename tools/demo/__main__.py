"""``python -m tools.demo``, which ``make demo`` calls."""

from __future__ import annotations

import os
import signal
import sys
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from tools.command_line import OneSentenceParser
from tools.demo.people import invent_people
from tools.target import TargetError, authorization, default_url, read_target, require_entry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.demo.people import Person

EXIT_USAGE = 2
EXIT_INTERRUPTED = 128 + signal.SIGINT
# As many as the directory takes in one request.
MOST_OPERATIONS = 500
REQUEST_SECONDS = 30.0


def fill(client: httpx.Client, url: str, people: Sequence[Person]) -> int:
    """Add people to the directory at ``url`` in one batch, with one email about all of them; return how many are new.

    An address belongs to one employee, so no person is added twice.

    Raises:
        httpx.HTTPError: the directory refused them, or stopped answering.
    """
    batch, added = f"{url}/lotes/{uuid.uuid4()}", 0
    for start in range(0, len(people), MOST_OPERATIONS):
        part = [person._asdict() for person in people[start : start + MOST_OPERATIONS]]
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answer = client.post(batch, json={"origen": "importacion", "crear": part}, headers=key, timeout=REQUEST_SECONDS)
        added += sum(each["estado"] == HTTPStatus.CREATED for each in answer.raise_for_status().json()["resultados"])
    if added:
        client.post(f"{batch}/cierre", json={"aviso": True}, timeout=REQUEST_SECONDS).raise_for_status()
    return added


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    parser = OneSentenceParser("make demo", "Fills a running directory with 1,000 invented employees.")
    parser.add_argument("--url", help="where it is (default: `make run` on this machine)")
    parser.add_argument("--mine", action="store_true", help="the host of --url is mine")
    arguments = parser.parse_args(argv)
    try:
        target = read_target(default_url(environment) if arguments.url is None else arguments.url)
        target.require_own(mine=arguments.mine, why="its directory would be full of invented people")
        with httpx.Client(trust_env=False, headers=authorization(target, environment)) as client:
            require_entry(client, target)
            people = invent_people()
            added = fill(client, target.url, people)
    except TargetError as error:
        print(f"make demo: {error}", file=sys.stderr)
        return EXIT_USAGE
    except httpx.HTTPError as error:
        answer = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
        print(f"make demo: Not all employees were added ({answer}). Run it again to continue.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    print(f"{added:,} added, {len(people) - added:,} were there already. Look at them: {target.url}/")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
