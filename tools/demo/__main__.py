"""``python -m tools.demo``, which ``make demo`` calls."""

from __future__ import annotations

import uuid
from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from tools.command_line import NotReady, OneSentenceParser, run
from tools.demo.people import invent_people
from tools.target import add_target, open_directory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# As many as the directory takes in one request.
MOST_OPERATIONS = 500


def fill(client: httpx.Client, people: Sequence[Mapping[str, Any]]) -> int:
    """Add people to the directory in one batch, with one email about all of them; return how many are new.

    An address belongs to one employee, so no person is added twice.
    """
    batch, added = f"/lotes/{uuid.uuid4()}", 0
    try:
        for start in range(0, len(people), MOST_OPERATIONS):
            body = {"origen": "importacion", "crear": people[start : start + MOST_OPERATIONS]}
            answer = client.post(batch, json=body, headers={"Idempotency-Key": str(uuid.uuid4())}).raise_for_status()
            added += sum(each["estado"] == HTTPStatus.CREATED for each in answer.json()["resultados"])
        if added:
            client.post(f"{batch}/cierre", json={"aviso": True}).raise_for_status()
    except httpx.HTTPError as error:
        reason = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
        raise NotReady(f"Not all employees were added ({reason}). Run it again to continue.") from None
    return added


def main(argv: Sequence[str], environment: Mapping[str, str]) -> None:
    parser = OneSentenceParser("make demo", "Fills a running directory with 1,000 invented employees.")
    add_target(parser, environment)
    why = "its directory would be full of invented people"
    with closing(open_directory(parser.parse_args(argv), environment, why=why)) as client:
        people = invent_people()
        added = fill(client, people)
        print(f"{added:,} added, {len(people) - added:,} were there already. Look at them: {client.base_url}")


if __name__ == "__main__":
    run(main)
