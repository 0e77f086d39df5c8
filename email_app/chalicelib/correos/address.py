"""What counts as an e-mail address, in every door of this app: settings, queue messages and HTTP."""

from __future__ import annotations

import re

MAX_LENGTH = 254
"""RFC 5321 4.5.3.1.3: 256 octets of path, less the two angle brackets."""

# https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address: what a browser accepts in a form. It has no
# room for a line break, a comma or a quoted string, so that a valid address cannot become a second header.
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_ADDRESS = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*")

# RFC 2606: domains that belong to nobody, and never will.
_RESERVED = re.compile(r".*@(?:[^@]+\.)?(?:example\.(?:com|net|org)|example|invalid|localhost|test)", re.IGNORECASE)


def is_address(text: str) -> bool:
    return len(text) <= MAX_LENGTH and _ADDRESS.fullmatch(text) is not None


def is_nobodys(address: str) -> bool:
    """Whether mail to this address reaches no one, whoever writes it."""
    return _RESERVED.fullmatch(address) is not None
