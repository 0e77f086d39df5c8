"""Choose the language of an answer (RFC 9110, section 12.5.4)."""

from __future__ import annotations


def negotiate(accept_language: str, languages: tuple[str, ...]) -> str:
    """The one of ``languages`` that the header wants most; the first when it wants none of them.

    ``es`` serves ``es-MX``, ``es-MX`` serves ``es``, and the first serves ``*``. A malformed weight counts as 0.
    Equal weights are decided by the order of the header.
    """
    best, best_weight = languages[0], 0.0
    for choice in accept_language.split(","):
        tag, _, parameter = choice.partition(";")
        weight = _weight(parameter)
        if weight > best_weight:
            found = _serve(tag.strip().lower(), languages)
            if found is not None:
                best, best_weight = found, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() not in {"q", "Q"}:
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    # RFC 9110 allows 0 to 1; "inf" and "nan" are numbers to Python
    return weight if 0.0 <= weight <= 1.0 else 0.0


def _serve(tag: str, languages: tuple[str, ...]) -> str | None:
    if tag == "*":
        return languages[0]
    for language in languages:
        if language.lower() == tag:
            return language
    primary = tag.partition("-")[0]
    for language in languages:
        if language.lower().partition("-")[0] == primary:
            return language
    return None
