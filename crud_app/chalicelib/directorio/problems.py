"""What clients are told of each error: the one place where errors become HTTP."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from chalice_frontdoor import Problem
from chalice_frontdoor.idempotency import key_in_flight, key_reused
from chalicelib.directorio.errors import (
    EmailTaken,
    EmpleadoNotFound,
    InvalidInput,
    KeyInFlight,
    KeyReused,
    MalformedPrecondition,
    OutcomeUnknown,
    StaleVersion,
    Unavailable,
)
from chalicelib.directorio.settings import SettingError

if TYPE_CHECKING:
    from chalice_frontdoor import FrontDoor

#: Seconds until a repeat is worth while: a failover takes longer, a lock, a restart or a full pool does not.
RETRY_AFTER = "5"

logger = logging.getLogger(__name__)


def register(app: FrontDoor) -> None:
    """Teach ``app`` what each error becomes."""
    app.problem_for(InvalidInput)(_invalid_input)
    app.problem_for(MalformedPrecondition)(_malformed_precondition)
    app.problem_for(EmpleadoNotFound)(_empleado_not_found)
    app.problem_for(EmailTaken)(_email_taken)
    app.problem_for(KeyInFlight)(_key_in_flight)
    app.problem_for(KeyReused)(_key_reused)
    app.problem_for(StaleVersion)(_stale_version)
    app.problem_for(OutcomeUnknown)(_outcome_unknown)
    app.problem_for(Unavailable)(_unavailable)
    app.problem_for(SettingError)(_misconfigured)


def _invalid_input(error: InvalidInput) -> Problem:
    return Problem(
        422,
        title={"es": "Hay datos que no son válidos", "en": "Some of the input is not valid"},
        type="urn:crud-empleados:invalid-input",
        errores=[{"campo": each.campo, "regla": each.regla, "mensaje": each.mensaje} for each in error.violations],
    )


def _malformed_precondition(_: MalformedPrecondition) -> Problem:
    return Problem(
        400,
        detail={
            "es": 'If-Match debe ser * o una lista de etiquetas como "1".',
            "en": 'If-Match must be * or a list of entity tags such as "1".',
        },
    )


def _empleado_not_found(_: EmpleadoNotFound) -> Problem:
    return Problem(404, detail={"es": "No existe ese empleado.", "en": "There is no such employee."})


def _email_taken(_: EmailTaken) -> Problem:
    mensaje = {"es": "Ya lo tiene otro empleado.", "en": "Another employee has it."}
    return Problem(
        409,
        title={"es": "El correo ya está en uso", "en": "The e-mail address is taken"},
        type="urn:crud-empleados:email-taken",
        errores=[{"campo": "email", "regla": "unico", "mensaje": mensaje}],
    )


def _key_in_flight(_: KeyInFlight) -> Problem:
    return key_in_flight()


def _key_reused(_: KeyReused) -> Problem:
    return key_reused()


def _stale_version(_: StaleVersion) -> Problem:
    return Problem(
        412,
        title={"es": "El empleado ha cambiado", "en": "The employee has changed"},
        detail={
            "es": "Otra persona lo modificó después de que usted lo leyera. Léalo de nuevo antes de cambiarlo.",
            "en": "Somebody else changed it after you had read it. Read it again before you change it.",
        },
        type="urn:crud-empleados:stale-version",
    )


def _unavailable(_: Unavailable) -> Problem:
    return Problem(
        503,
        detail={
            "es": "La base de datos no responde. No se ha cambiado nada: puede repetir la petición.",
            "en": "The database does not answer. Nothing was changed: you may repeat the request.",
        },
        headers={"Retry-After": RETRY_AFTER},
    )


def _outcome_unknown(_: OutcomeUnknown) -> Problem:
    """No Retry-After: what repeats by itself when it sees one must not repeat this."""
    return Problem(
        503,
        title={"es": "No se sabe si se hizo", "en": "Nobody knows whether it was done"},
        detail={
            "es": "La conexión con la base de datos se perdió a mitad del cambio. Compruebe antes si se hizo.",
            "en": "The connection to the database broke in the middle of the change. Look whether it was done first.",
        },
        type="urn:crud-empleados:outcome-unknown",
    )


def _misconfigured(error: SettingError) -> Problem:
    logger.error("The environment is wrong: %s", error)
    return Problem(500)
