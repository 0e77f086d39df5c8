"""The directory before and after a load: what can be asked for, the rows that the load needs, and that none is left."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.load.work import OWN_DOMAIN, OWN_POSITION, PAGE_SIZE, Excerpt, OwnRow, own_employee, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ROWS = 200  # that the API gives at once
SECONDS = 30.0
# Where names have none that can be searched for.
ANY_WORD = ("ana",)
GONE = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND}


class DirectoryTrouble(Exception):
    """The directory cannot be measured. The message is a sentence for the person at the keyboard.

    DirectoryTrouble
    ├── DirectoryEmpty    there is nothing to ask for
    ├── DirectoryRefused  a request around the load got the wrong answer, or none
    └── RowsLeft          rows of the load test are still there
    """


class DirectoryEmpty(DirectoryTrouble):
    """There is nothing to ask for."""


class DirectoryRefused(DirectoryTrouble):
    """A request around the load got the wrong answer, or none."""


class RowsLeft(DirectoryTrouble):
    """Rows of the load test are still there."""


class Directory:
    """The API, as far as it is asked before and after a load."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        """``url`` has no slash at the end."""
        self._client = client
        self._url = url

    def excerpt(self) -> Excerpt:
        """What the requests of a load can ask for: of the first rows and of the last.

        Raises:
            DirectoryEmpty: there are none.
            DirectoryRefused: see there.
        """
        rows = {row["id"]: row for order in ("id", "-id") for row in self._rows(orden=order)}
        theirs = [row for row in rows.values() if not _is_own(row)]
        if not theirs:
            raise DirectoryEmpty(f"The directory at {self._url} is empty: fill it with `make demo`.")
        return Excerpt(
            ids=tuple(row["id"] for row in theirs),
            words=tuple(sorted(set(words_of(row["nombre"] for row in theirs)))) or ANY_WORD,
            positions=tuple(sorted({row["posicion"] for row in theirs})),
            second_page=self._second_page_query(),
        )

    def create_own_rows(self, run: str, number: int) -> tuple[OwnRow, ...]:
        """Rows for a load to change and to remove.

        Raises:
            DirectoryRefused: see there.
        """
        answers = (
            self._send("POST", "/empleados", HTTPStatus.CREATED, json=own_employee(run, index))
            for index in range(number)
        )
        return tuple(OwnRow(answer.json()["id"], answer.headers["ETag"]) for answer in answers)

    def remove_own_rows(self) -> Iterator[int]:
        """Remove all rows of load tests, those of runs that could not do it included; the id of each that is gone.

        Raises:
            RowsLeft: see there.
        """
        try:
            while rows := [row for row in self._rows(q=OWN_DOMAIN, posicion=OWN_POSITION) if _is_own(row)]:
                for row in rows:
                    self._send("DELETE", f"/empleados/{row['id']}", *GONE)
                    yield row["id"]
        except DirectoryRefused as refusal:
            raise RowsLeft(
                f"{refusal} Employees of {OWN_DOMAIN} are left: the next load test with PROFILE=mix removes them."
            ) from None

    def _rows(self, **query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._list(limite=str(MOST_ROWS), **query).json()
        return rows

    def _second_page_query(self) -> str:
        """That of the link to the next page, as the API gives it; of the first page if that is the only one."""
        first_page = self._list(orden="nombre", limite=str(PAGE_SIZE))
        link = first_page.links.get("next", {"url": str(first_page.url)})
        return httpx.URL(link["url"]).query.decode()

    def _list(self, **query: str) -> httpx.Response:
        return self._send("GET", "/empleados", HTTPStatus.OK, params=query)

    def _send(self, method: str, path: str, *expected: HTTPStatus, **content: Any) -> httpx.Response:
        try:
            response = self._client.request(method, f"{self._url}{path}", timeout=SECONDS, **content)
        except httpx.HTTPError as error:
            raise DirectoryRefused(
                f"The directory at {self._url} does not answer any more ({type(error).__name__})."
            ) from None
        if response.status_code not in expected:
            raise DirectoryRefused(f"The directory at {self._url} answered {response.status_code} to {method} {path}.")
        return response


def _is_own(row: dict[str, Any]) -> bool:
    """Whether a load test has made it, or somebody who wanted it to be removed."""
    return str(row["email"]).endswith(f"@{OWN_DOMAIN}")
