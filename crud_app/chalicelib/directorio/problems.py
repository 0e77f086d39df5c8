"""What clients get for each error: the one place where errors become HTTP."""

from __future__ import annotations

from chalice_frontdoor import Problem, ProblemTable
from chalicelib.directorio.errors import (
    EmailTaken,
    EmpleadoNotFound,
    MalformedPrecondition,
    OutcomeUnknown,
    StaleVersion,
    Unavailable,
)
from contract.problems import SHARED_PROBLEMS

#: Seconds until a repetition may succeed. A lock, a restart or a full pool takes less, a failover more.
RETRY_AFTER = "5"

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
    EmailTaken: Problem(
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
    ),
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
        headers={"Retry-After": RETRY_AFTER},
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
