"""What a token says, without asking whether it is true.

Nothing is verified here, so nothing may be allowed because of it. It is enough for two things: a token that the
identity provider itself just gave us over TLS (OpenID Connect Core 1.0, 3.1.3.7, point 6), and telling the owner of a
cookie what stands in it. Who may do what is decided behind: the APIs' authorizers verify the token of every request.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

Claims = dict[str, Any]

_PARTS = 3


class TokenUnreadable(ValueError):
    """The text is no signed token (RFC 7519) whose claims are a JSON object."""


def read_claims(token: str) -> Claims:
    """The claims of ``token``, a JWT in its compact form.

    Raises:
        TokenUnreadable: it is none.
    """
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise TokenUnreadable
    return read_packed(parts[1])


def read_packed(text: str) -> Claims:
    """The JSON object in ``text``, which is base64url without padding.

    Raises:
        TokenUnreadable: there is none.
    """
    try:
        found = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise TokenUnreadable from None
    if not isinstance(found, dict):
        raise TokenUnreadable
    return found


def pack(fields: Claims) -> str:
    """The opposite of ``read_packed``."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode("ascii")
