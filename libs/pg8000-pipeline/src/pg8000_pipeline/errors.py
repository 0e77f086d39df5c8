"""What pg8000's exceptions carry.

Everything that a connection raises is one of two exceptions of pg8000, which SQLAlchemy knows:

- ``DatabaseError``: the server refused, and ``args[0]`` has the fields of its answer.
- ``InterfaceError``: the connection could not be opened, or was lost. The cause is its ``__cause__``.
"""

from __future__ import annotations


def server_fields(error: BaseException | None) -> dict[str, str]:
    """The fields of the server's ErrorResponse by their letters, or none if the server did not answer.

    https://www.postgresql.org/docs/current/protocol-error-fields.html
    """
    fields = error.args[0] if error is not None and error.args else None
    return fields if isinstance(fields, dict) else {}


def sqlstate(error: BaseException | None) -> str:
    """The server's five-character code, or "" if the server did not answer."""
    return server_fields(error).get("C", "")
