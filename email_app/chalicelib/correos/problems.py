"""What clients get for each error: the one place where errors become HTTP."""

from __future__ import annotations

from chalice_frontdoor import Problem, ProblemTable
from chalicelib.correos.aws import AwsUnavailable, DeadLetterNotFound
from chalicelib.correos.direct_mail import MailOutcomeUnknown
from chalicelib.correos.mail_query import MailNotFound
from contract.api import SHARED_PROBLEMS

RETRY = {"Retry-After": 5}


def outcome_unknown(error: MailOutcomeUnknown) -> Problem:
    """503: the email may be sent or not; its row shows which."""
    detail = {
        "es": "No se sabe si el correo se enviará: compruebe su estado antes de repetir la petición.",
        "en": "It is unknown whether the email will be sent: check its state before you repeat the request.",
    }
    return Problem(503, detail=detail, headers=RETRY, resultado_desconocido=True, correo=error.args[0])


_NO_MAIL = {"es": "No existe ese correo, o ya ha caducado.", "en": "There is no such email, or it has expired."}
_NO_LETTER = {
    "es": "Ese mensaje ya no está entre los fallidos: se reenvió o se descartó, u otra persona lo está viendo.",
    "en": "That message is no longer among the dead letters: it was resent or dropped, or someone else is looking at "
    "it.",
}
_UNAVAILABLE = {
    "es": "El servicio no está disponible en este momento. Puede repetir la petición.",
    "en": "The service is unavailable right now. You may repeat the request.",
}
PROBLEMS: ProblemTable = {
    **SHARED_PROBLEMS,
    MailNotFound: Problem(404, detail=_NO_MAIL),
    DeadLetterNotFound: Problem(404, detail=_NO_LETTER),
    # Nothing was done that a repeated request would do twice.
    AwsUnavailable: Problem(503, detail=_UNAVAILABLE, headers=RETRY, resultado_desconocido=False),
    MailOutcomeUnknown: outcome_unknown,
}
