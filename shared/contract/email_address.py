"""The one rule for email addresses: what a browser's form accepts, within RFC 5321's limits, in lower case.

A domain in other letters than ASCII is stored as DNS knows it, in punycode (``xn--…``), and shown to people in its own
letters. The pattern (https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address) has no room for a line
break, a comma or a quoted string, so that a valid address cannot become a second header.
"""

from __future__ import annotations

import re
from unicodedata import category, normalize

from contract.text import BrokenRule, read_text, too_long

#: RFC 5321, section 4.5.3.1.3: 256 octets of path, less the two angle brackets.
MAX_LENGTH = 254
_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
#: The local part has at most 64 characters (RFC 5321, section 4.5.3.1.1). Also valid in JSON Schema.
PATTERN = rf"^[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*$"
SCHEMA = {"type": "string", "maxLength": MAX_LENGTH, "pattern": PATTERN}

_ADDRESS = re.compile(PATTERN)
_PUNYCODE = "xn--"
# RFC 2606: domains that cannot be registered.
_RESERVED_DOMAIN = re.compile(r"(?:[^@]+\.)?(?:example\.(?:com|net|org)|example|invalid|localhost|test)", re.IGNORECASE)


def is_email_address(text: str) -> bool:
    """Whether ``text`` is an address as it is stored, in any case."""
    return len(text) <= MAX_LENGTH and _ADDRESS.fullmatch(text) is not None


def read_address(value: object) -> str:
    """An address as it is stored: without spaces around it, in lower case, the domain in punycode.

    Raises:
        BrokenRule: it is no address.
    """
    text = read_text(value)
    if len(text) > MAX_LENGTH:  # before punycode, whose time grows with the square of the length
        raise too_long(MAX_LENGTH)
    local, at, domain = text.rpartition("@")
    address = f"{local}{at}{_to_ascii(domain)}".lower()
    if len(address) > MAX_LENGTH:
        raise too_long(MAX_LENGTH)
    if not is_email_address(address):
        raise BrokenRule("formato", "No es una dirección de correo válida.", "It is not a valid e-mail address.")
    return address


def show_address(address: str) -> str:
    """A stored address as people read it: its domain in its own letters."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{'.'.join(map(_to_unicode, domain.split('.')))}"


def is_invented(address: str) -> bool:
    """Whether the address has a reserved domain, so that no person can have it. False for text that is no address."""
    _, at, domain = address.rpartition("@")
    return bool(at) and _RESERVED_DOMAIN.fullmatch(domain) is not None


def _to_ascii(domain: str) -> str:
    """Each label that is not ASCII in punycode, mapped as browsers do (https://www.unicode.org/reports/tr46/)."""
    if domain.isascii():
        return domain
    labels = normalize("NFKC", normalize("NFKC", domain).lower()).replace("\u3002", ".").split(".")
    return ".".join(label if label.isascii() or not _is_label(label) else _encode(label) for label in labels)


def _encode(label: str) -> str:
    return _PUNYCODE + label.encode("punycode").decode("ascii")


def _is_label(label: str) -> bool:
    """Letters, digits, marks behind them, and hyphens between. What is none stays as it is, and breaks the pattern."""
    kinds = [category(letter)[0] for letter in label]
    letters = zip(kinds, label, strict=True)
    is_edged = "-" in {label[0], label[-1]} or label[2:4] == "--"
    return kinds[0] != "M" and not is_edged and all(kind in "LMN" or letter == "-" for kind, letter in letters)


def _to_unicode(label: str) -> str:
    if not label.startswith(_PUNYCODE):
        return label
    try:
        shown = label.removeprefix(_PUNYCODE).encode("ascii").decode("punycode")
    except (UnicodeError, IndexError, OverflowError):
        return label
    # Only what is read back as the same: nothing that is not seen, and no disguise of an ASCII name.
    return shown if shown and not shown.isascii() and _is_label(shown) and _to_ascii(shown) == label else label
