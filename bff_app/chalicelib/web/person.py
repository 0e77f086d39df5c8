"""Who is signed in, as the page shows it. Nothing is decided by this: see ``claims``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.web.claims import TokenUnreadable, pack, read_packed

if TYPE_CHECKING:
    from chalicelib.web.claims import Claims

# Characters of a name or an address: enough to read, and the cookie stays small.
_MAX_TEXT = 200
# The end of what a datetime can hold.
_MAX_SECONDS = 253_402_300_799


@dataclass(frozen=True, slots=True)
class Person:
    """What only the id token says; the cookie ``PERSON`` keeps it. Both may be empty."""

    nombre: str = ""
    correo: str = ""

    @classmethod
    def of(cls, identity: Claims) -> Person:
        """The person whom the claims of an id token are about."""
        return cls(_text(identity.get("name")), _text(identity.get("email")))

    @classmethod
    def unpack(cls, text: str | None) -> Person:
        """The person whom ``pack`` made ``text`` of; nobody in particular if it did not."""
        try:
            fields = read_packed(text or "")
        except TokenUnreadable:
            return cls()
        return cls(_text(fields.get("nombre")), _text(fields.get("correo")))

    def pack(self) -> str:
        """It as a cookie's value."""
        return pack(asdict(self))


def describe_session(access: Claims, person: Person) -> dict[str, object]:
    """The answer to ``GET /sesion``: never a token."""
    return {
        "demo": False,
        "usuario": _text(access.get("username")),
        "nombre": person.nombre,
        "correo": person.correo,
        "grupos": _groups(access.get("cognito:groups")),
        "caduca_en": datetime.fromtimestamp(expiry(access), UTC).isoformat().replace("+00:00", "Z"),
    }


def expiry(access: Claims) -> int:
    """Seconds since 1970 until which a token is accepted; 0, which is long ago, if it does not say."""
    seconds = access.get("exp")
    return seconds if type(seconds) is int and 0 <= seconds <= _MAX_SECONDS else 0


def _groups(value: object) -> list[str]:
    return [_text(group) for group in value if isinstance(group, str)] if isinstance(value, list) else []


def _text(value: object) -> str:
    """``value`` if it is text that can be sent: JSON allows half a surrogate pair, UTF-8 does not."""
    return value[:_MAX_TEXT].encode("utf-8", "replace").decode() if isinstance(value, str) else ""
