"""The problems that the APIs have in common, with their Spanish members."""

from __future__ import annotations

from chalice_frontdoor import FieldError, InvalidInput, Problem, ProblemTable


def invalid_input(error: InvalidInput) -> Problem:
    """422 with every broken rule."""
    return Problem(
        422,
        title={"es": "Hay datos que no son válidos", "en": "Some of the input is not valid"},
        type="urn:crud-empleados:invalid-input",
        errores=[{"campo": each.field, "regla": each.rule, "mensaje": each.message} for each in error.errors],
    )


SHARED_PROBLEMS: ProblemTable = {InvalidInput: invalid_input}


def unknown_field(name: str) -> FieldError:
    """The error of a field or parameter that does not exist."""
    return FieldError(name, "desconocido", {"es": "Este campo no existe.", "en": "There is no such field."})
