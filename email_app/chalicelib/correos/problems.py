"""What a client reads when a request cannot be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_frontdoor import Problem

if TYPE_CHECKING:
    from chalicelib.correos.direct_mail import MailOutcomeUnknown
    from chalicelib.correos.field_errors import InvalidFields

RETRY_SECONDS = 5


def invalid_fields(error: InvalidFields) -> Problem:
    """422, with everything that is wrong."""
    return Problem(
        422,
        detail={"es": "Hay datos que no cumplen las reglas.", "en": "Some of the data breaks the rules."},
        errores=[field.as_dict() for field in error.errors],
    )


def correo_not_found() -> Problem:
    """404."""
    return Problem(
        404,
        detail={"es": "No existe ese correo, o ya ha caducado.", "en": "There is no such e-mail, or it has expired."},
    )


def aws_unavailable() -> Problem:
    """503: a part behind does not answer. Nothing was done that repeating the request would do twice."""
    return Problem(
        503,
        detail={
            "es": "El servicio no está disponible en este momento. Puede repetir la petición.",
            "en": "The service is not available at this moment. You may repeat the request.",
        },
        headers={"Retry-After": RETRY_SECONDS},
        resultado_desconocido=False,
    )


def outcome_unknown(error: MailOutcomeUnknown) -> Problem:
    """503: the mail may be sent or not; its row will tell."""
    return Problem(
        503,
        detail={
            "es": "No se sabe si el correo se enviará: compruebe su estado antes de repetir la petición.",
            "en": "It is unknown whether the e-mail will be sent: check its state before you repeat the request.",
        },
        headers={"Retry-After": RETRY_SECONDS},
        resultado_desconocido=True,
        correo=error.id,
    )
