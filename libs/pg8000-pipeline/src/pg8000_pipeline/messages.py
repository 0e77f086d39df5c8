"""The messages of PostgreSQL's protocol that are sent, as bytes.

https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pg8000.core import BIND, CLOSE, DESCRIBE, EXECUTE_MSG, NULL_BYTE, PARSE, PORTAL, STATEMENT, H_pack, i_pack

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The length of a message counts itself, but not the code before it.
LENGTH_BYTES = 4
NO_TYPES = H_pack(0)
ALL_TEXT = H_pack(0)  # parameters and columns in the text format
DESCRIBE_PORTAL = DESCRIBE + i_pack(6) + PORTAL + NULL_BYTE
UNNAMED = b""


def message(code: bytes, data: bytes) -> bytes:
    """One message with its length."""
    whole: bytes = code + i_pack(len(data) + LENGTH_BYTES) + data
    return whole


def parse(name: bytes, statement: bytes, oids: Sequence[int | None] = ()) -> bytes:
    """Parse: the server infers the type of a parameter whose oid is missing, None or -1."""
    types = NO_TYPES
    if oids:
        types = H_pack(len(oids)) + b"".join(i_pack(0 if oid in {None, -1} else oid) for oid in oids)
    return message(PARSE, name + NULL_BYTE + statement + NULL_BYTE + types)


def close_statement(name: bytes) -> bytes:
    """Close a prepared statement. It is no error if there is none of this name."""
    return message(CLOSE, STATEMENT + name + NULL_BYTE)


def describe_statement(name: bytes) -> bytes:
    """Describe a prepared statement: its parameters and its columns."""
    return message(DESCRIBE, STATEMENT + name + NULL_BYTE)


def bind_start(name: bytes) -> bytes:
    """How the body of a Bind to the unnamed portal begins, whatever the parameters."""
    return b"".join((NULL_BYTE, name, NULL_BYTE, ALL_TEXT))


def run(start: bytes, parameters: Sequence[str | None], encoding: str = "utf8", *, describe: bool = True) -> bytes:
    """Bind, Describe and Execute of the unnamed portal."""
    parts = [start, H_pack(len(parameters))]
    for parameter in parameters:
        if parameter is None:
            parts.append(i_pack(-1))
        else:
            value = parameter.encode(encoding)
            parts += (i_pack(len(value)), value)
    parts.append(ALL_TEXT)
    return b"".join((message(BIND, b"".join(parts)), DESCRIBE_PORTAL if describe else b"", EXECUTE_MSG))


class Prefix(NamedTuple):
    """Statements without parameters and rows that go ahead of another one in the same flush."""

    flow: bytes  # by the extended protocol
    text: str  # by the simple protocol
    statements: int

    @classmethod
    def of(cls, *statements: str) -> Prefix:
        """Empty statements count as none."""
        given = [statement for statement in statements if statement]
        start = bind_start(UNNAMED)
        flow = b"".join(parse(UNNAMED, each.encode()) + run(start, (), describe=False) for each in given)
        return cls(flow, "".join(f"{each};" for each in given), len(given))


NO_PREFIX = Prefix(b"", "", 0)
