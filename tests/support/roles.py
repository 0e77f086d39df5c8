"""Every route with every role, by asking a running system: who is let in, and who is not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx

REFUSALS = {401, 403}
METHODS = ("get", "post", "put", "delete")
#: What nobody has: a request that is let in reads nothing and changes nothing.
NOBODYS_ID = "999999999"
INTRODUCTION = """\
# Who may do what

Every route and every role, as the running system answers: ✓ lets in, 401 and 403 are refusals. This table is written by
`WRITE_DOCS=1 pytest tests/stack/test_roles.py`; `make test` holds it against `make run`, at the page's address and at
the two APIs' own.

Roles are groups of the user pool, and for programs scopes (`directorio/lector` and so on); both have the same rights.
A role may do what the weaker ones may. Whoever has none is signed in, and may do nothing.
"""
FOOTER = """\

`lector` sees no salary, nor that one changed: answers have neither `salario` nor `version` nor `actualizado_en`, the
history leaves out changes of salary alone, the summary counts heads only, and no list is sorted by what is not shown
([ADR 17](adr/0017-what-a-reader-learns.md)). Imports are an admin's on the page; each of their rows is a
`POST /empleados`, which `rrhh` may send, too.
"""


@dataclass(frozen=True)
class Operation:
    """A method of a route."""

    method: str
    path: str

    def ask(self, client: httpx.Client, headers: Mapping[str, str]) -> str:
        """What the system says to somebody with these headers: ``✓``, or the status of the refusal."""
        place = re.sub(r"\{\w+\}", NOBODYS_ID, self.path)
        # A body that is let in and then found to be wrong.
        body: dict[str, str] | None = {} if self.method in {"POST", "PUT"} else None
        status = client.request(self.method, place, json=body, headers=dict(headers)).status_code
        return str(status) if status in REFUSALS else "✓"


def operations_of(client: httpx.Client) -> list[Operation]:
    """The operations that an API describes, in its order."""
    paths = client.get("/openapi.json").raise_for_status().json()["paths"]
    return [
        Operation(method.upper(), path)
        for path, operations in paths.items()
        for method in METHODS
        if method in operations
    ]


def row_of(operation: Operation, client: httpx.Client, callers: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What the system says to each caller."""
    return [operation.ask(client, headers) for headers in callers.values()]


def document(callers: Sequence[str], rows: Mapping[Operation, Sequence[str]]) -> str:
    """docs/roles.md."""
    lines = [["", *callers], ["---", *(":-:" for _ in callers)]]
    lines += [[f"`{operation.method} {operation.path}`", *answers] for operation, answers in rows.items()]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{INTRODUCTION}\n{table}\n{FOOTER}"
