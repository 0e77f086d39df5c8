"""What can go wrong, as facts, and what clients are told: the one place where errors become HTTP.

::

    CrudError
    ├── MalformedPrecondition   400: an If-Match that is no list of entity tags
    ├── EmpleadoNotFound        404
    ├── LoteNotFound            404
    ├── EmailTaken              409: another employee has it
    ├── StaleVersion            412: the row changed since it was read
    ├── Unavailable             503: the database cannot answer now; nothing was changed, it may be repeated
    │   └── OutcomeUnknown      503: the connection was lost after a write was sent; repeat only after looking
    ├── StatementRefused        becomes EmailTaken, or it is a defect: 500
    └── PublishFailed           never reaches a client: the event stays in the outbox, and the sweep publishes it
"""

from __future__ import annotations

from chalice_frontdoor import Problem, ProblemTable
from contract.api import SHARED_PROBLEMS


class CrudError(Exception):
    """The base of all errors that this app foresees."""


class MalformedPrecondition(CrudError):
    """The client made its request depend on something that cannot be read: doing it all the same would be unsafe."""


class EmpleadoNotFound(CrudError):
    """There is no such employee (or, for a history, there never was)."""


class LoteNotFound(CrudError):
    """There is no such batch."""


class EmailTaken(CrudError):
    """Another employee has this e-mail address; ``args[0]`` is that employee's id and name, or None if unknown."""


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


def email_taken(error: EmailTaken) -> Problem:
    """409, with the employee who has the address: only Human Resources changes addresses."""
    holder = {"empleado": error.args[0]} if error.args[0] else {}
    return Problem(
        409,
        title={"es": "El correo ya está en uso", "en": "The e-mail address is taken"},
        type="urn:crud-empleados:email-taken",
        errores=[
            {
                "campo": "email",
                "regla": "unico",
                "mensaje": {"es": "Ya lo tiene otro empleado.", "en": "Another employee has it."},
            }
        ],
        **holder,
    )


PROBLEMS: ProblemTable = {
    **SHARED_PROBLEMS,
    MalformedPrecondition: Problem(
        400,
        detail={
            "es": 'If-Match debe ser * o una lista de etiquetas como "1".',
            "en": 'If-Match must be * or a list of entity tags such as "1".',
        },
    ),
    EmpleadoNotFound: Problem(404, detail={"es": "No existe ese empleado.", "en": "There is no such employee."}),
    LoteNotFound: Problem(404, detail={"es": "No existe ese lote.", "en": "There is no such batch."}),
    EmailTaken: email_taken,
    StaleVersion: Problem(
        412,
        title={"es": "El empleado ha cambiado", "en": "The employee has changed"},
        detail={
            "es": "Otra persona lo modificó después de que usted lo leyera. Léalo de nuevo antes de cambiarlo.",
            "en": "Someone else changed it after you read it. Read it again before you change it.",
        },
        type="urn:crud-empleados:stale-version",
    ),
    Unavailable: Problem(
        503,
        detail={
            "es": "La base de datos no responde. No se ha cambiado nada: puede repetir la petición.",
            "en": "The database does not answer. Nothing was changed: you may repeat the request.",
        },
        headers={"Retry-After": "5"},  # seconds: a lock, a restart or a full pool takes less, a failover more
    ),
    # No Retry-After: a client that repeats by itself when it sees one must not repeat this.
    OutcomeUnknown: Problem(
        503,
        title={"es": "No se sabe si se hizo", "en": "The outcome is unknown"},
        detail={
            "es": "La conexión con la base de datos se perdió a mitad del cambio. Compruebe antes si se hizo.",
            "en": "The connection to the database was lost during the change. Check whether it was made first.",
        },
        type="urn:crud-empleados:outcome-unknown",
    ),
}
