"""The one rule for a line that people type: how it is cleaned, and what is refused.

The page's ``text.js`` cleans alike; ``tests/contracts/text.json`` has the cases that both are tested with. The folding
of letters for search and order is the database's (``fold_text``, docs/design/database.md).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import normalize

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

#: White space: any run of it becomes one space. U+2800 is Braille's blank.
SPACES = r"\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"
#: What is not seen and changes nothing that is: hyphenation, direction marks, fillers, variation selectors.
UNSEEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u2064\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\U000e0100-\U000e01ef"
)
#: Controls, line breaks, what turns the direction of the text (U+202E), tags, and what stands for a damaged character.
REFUSED = "\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u206f\\ufff9-\\uffff\U000e0000-\U000e007f"
#: Marks that are seen only on a letter.
MARKS = r"\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
#: Zero-width joiners are letters' own affair from Arabic to Sinhala; elsewhere they are not seen.
JOINERS, JOINING = r"\u200c\u200d", r"\u0600-\u0dff"

_UNSEEN = re.compile(f"[{UNSEEN}]+")
_JOINERS = re.compile(f"(?<![{JOINING}])[{JOINERS}]|[{JOINERS}](?![{JOINING}])")
_SPACES = re.compile(f"[{SPACES}]+")
_REFUSED = re.compile(rf"[{REFUSED}\ud800-\udfff]")
_VISIBLE = re.compile(f"[^{SPACES}{MARKS}{JOINERS}]")


class BrokenRule(Exception):
    """A value breaks a rule: the rule's name, and what a person reads, by language."""

    def __init__(self, rule: str, es: str, en: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.message = {"es": es, "en": en}


def not_one_of(names: Iterable[str]) -> BrokenRule:
    """For a value that is not one of ``names``."""
    known = ", ".join(names)
    return BrokenRule("valor", f"Debe ser uno de: {known}.", f"It must be one of: {known}.")


def read_one_of(names: Collection[str], value: object) -> str:
    """One of ``names``."""
    if not isinstance(value, str) or value not in names:
        raise not_one_of(names)
    return value


def clean(text: str) -> str:
    """The text as it is stored and compared: NFC, without what is not seen, with single spaces. Cleaning it again
    changes nothing.
    """
    return _SPACES.sub(" ", normalize("NFC", _JOINERS.sub("", _UNSEEN.sub("", text)))).strip(" ")


def read_text(value: object) -> str:
    """Any text, cleaned.

    Raises:
        BrokenRule: it is no text, or has a character of ``REFUSED``.
    """
    if not isinstance(value, str):
        raise BrokenRule("tipo", "Debe ser un texto.", "It must be a string.")
    if found := _REFUSED.search(value):
        code = f"U+{ord(found[0]):04X}"
        raise BrokenRule(
            "caracteres",
            f"Tiene un carácter que no se admite ({code}): un salto de línea, uno de control, uno dañado o uno que "
            "cambia la dirección del texto.",
            f"It has a character that is not allowed ({code}): a line break, a control character, a damaged one or one "
            "that changes the direction of the text.",
        )
    return clean(value)


def read_line(value: object, maximum: int) -> str:
    """A text with something to see, of at most ``maximum`` characters (code points) once it is cleaned.

    Raises:
        BrokenRule: see ``read_text``; or it is empty or too long.
    """
    text = read_text(value)
    if not _VISIBLE.search(text):
        raise BrokenRule("longitud", "No puede estar vacío.", "It cannot be empty.")
    if len(text) > maximum:
        raise too_long(maximum)
    return text


def too_long(maximum: int) -> BrokenRule:
    """A text has more than ``maximum`` characters."""
    es, en = f"Debe tener {maximum} caracteres como máximo.", f"It must have at most {maximum} characters."
    return BrokenRule("longitud", es, en)


def line_schema(maximum: int) -> dict[str, object]:
    """JSON Schema of a line. Length is that of the cleaned text, so a longer one with blanks to remove is accepted."""
    unseen = f"{SPACES}{UNSEEN}{MARKS}{JOINERS}"
    pattern = f"^[^{REFUSED}]*[^{REFUSED}{unseen}][^{REFUSED}]*$"
    return {"type": "string", "maxLength": maximum, "pattern": pattern}
