"""What a token says, without checking whether it is true.

Nothing may be allowed because of it. It is enough for a token that the identity provider just gave us over TLS (OpenID
Connect Core 1.0, 3.1.3.7, point 6), and for showing the owner of a cookie what is in it.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

Claims = dict[str, Any]
Person = dict[str, str]

_PARTS = 3
# Characters of a name or an address: enough to read, and the cookie stays small.
_MAX_TEXT = 200
# The last second that a datetime can hold.
_MAX_SECONDS = 253_402_300_799


def person_of(fields: Claims) -> Person:
    """What only an id token says about a person, as the cookie ``PERSON`` keeps it."""
    return {name: _text(fields.get(name)) for name in ("nombre", "correo")}


def read_claims(token: str) -> Claims:
    """The claims of ``token``, a JWT in its compact form (RFC 7519); none if it is not one."""
    parts = token.split(".")
    return read_packed(parts[1]) if len(parts) == _PARTS else {}


def read_packed(text: str) -> Claims:
    """The JSON object in ``text``, which is base64url without padding; an empty one if there is none."""
    with suppress(ValueError):
        return read_object(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    return {}


def read_object(text: bytes) -> Claims:
    """The JSON object in ``text``; an empty one if there is none."""
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
        return found if isinstance(found, dict) else {}
    return {}


def pack(fields: Claims) -> str:
    """The opposite of ``read_packed``."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode("ascii")


def describe_session(access: Claims, person: Person) -> dict[str, object]:
    """The answer to ``GET /sesion``: never a token."""
    groups = access.get("cognito:groups")
    return {
        "demo": False,
        "usuario": user_of(access),
        **person,
        "grupos": [_text(each) for each in groups if isinstance(each, str)] if isinstance(groups, list) else [],
        "caduca_en": datetime.fromtimestamp(expiry(access), UTC).isoformat().replace("+00:00", "Z"),
    }


def user_of(access: Claims) -> str:
    """The user name of a token's owner."""
    return _text(access.get("username"))


def expiry(access: Claims) -> int:
    """Seconds since 1970 until which a token is accepted; 0, which is long ago, if it does not say."""
    seconds = access.get("exp")
    return seconds if type(seconds) is int and 0 <= seconds <= _MAX_SECONDS else 0


def _text(value: object) -> str:
    """``value`` if it is text that can be sent: JSON allows half a surrogate pair, UTF-8 does not."""
    return value[:_MAX_TEXT].encode("utf-8", "replace").decode() if isinstance(value, str) else ""
