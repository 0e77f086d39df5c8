"""The one rule for email addresses: what a browser's form accepts, within RFC 5321's limits, in lower case.

The pattern (https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address) has no room for a line break, a
comma or a quoted string, so that a valid address cannot become a second header.
"""

from __future__ import annotations

import re

#: RFC 5321, section 4.5.3.1.3: 256 octets of path, less the two angle brackets.
MAX_LENGTH = 254
_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
#: The local part has at most 64 characters (RFC 5321, section 4.5.3.1.1). Also valid in JSON Schema.
PATTERN = rf"^[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*$"

_ADDRESS = re.compile(PATTERN)
# RFC 2606: domains that cannot be registered.
_RESERVED_DOMAIN = re.compile(r"(?:[^@]+\.)?(?:example\.(?:com|net|org)|example|invalid|localhost|test)", re.IGNORECASE)


def is_email_address(text: str) -> bool:
    """Whether ``text`` is an address, in any case."""
    return len(text) <= MAX_LENGTH and _ADDRESS.fullmatch(text) is not None


def is_invented(address: str) -> bool:
    """Whether the address has a reserved domain, so that no person can have it. False for text that is no address."""
    _, at, domain = address.rpartition("@")
    return bool(at) and _RESERVED_DOMAIN.fullmatch(domain) is not None
