"""What can go wrong, as facts. ``problems.py`` says what a client is told.

::

    CrudError
    ├── MalformedPrecondition   400: an If-Match that is no list of entity tags
    ├── EmpleadoNotFound        404
    ├── EmailTaken              409: another employee has it
    ├── StaleVersion            412: the row changed since it was read
    ├── Unavailable             503: the database cannot answer now; nothing was changed, it may be repeated
    │   └── OutcomeUnknown      503: the connection was lost after a write was sent; repeat only after looking
    ├── StatementRefused        becomes EmailTaken, or it is a defect: 500
    └── PublishFailed           never reaches a client: the event stays in the outbox, and the sweep publishes it
"""

from __future__ import annotations


class CrudError(Exception):
    """The base of all errors that this app foresees."""


class MalformedPrecondition(CrudError):
    """The client made its request depend on something that cannot be read: doing it all the same would be unsafe."""


class EmpleadoNotFound(CrudError):
    """There is no such employee (or, for a history, there never was)."""


class EmailTaken(CrudError):
    """Another employee has this e-mail address."""


class StaleVersion(CrudError):
    """The row is there, but not in the version that the client wants to change."""


class Unavailable(CrudError):
    """The database did not do it, and may do it later. ``args[0]`` is the SQLSTATE, or "" without one."""


class OutcomeUnknown(Unavailable):
    """The connection was lost after a write was sent: it may have been done. It is never repeated by itself."""


class StatementRefused(CrudError):
    """The database refused a statement for what it says.

    Args:
        sqlstate: the server's code.
        constraint: the name of the constraint that was violated, or "".
    """

    def __init__(self, sqlstate: str, constraint: str) -> None:
        super().__init__(sqlstate, constraint)
        self.constraint = constraint


class PublishFailed(CrudError):
    """The topic did not take an event; ``args[0]`` is a code without content, such as ``AuthorizationError``."""
