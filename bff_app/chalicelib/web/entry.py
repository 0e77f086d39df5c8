"""A sign-in that is under way: what this browser must bring back to end it (RFC 6749, RFC 7636, OpenID Connect)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import asdict, dataclass

from chalicelib.web.claims import TokenUnreadable, pack, read_packed
from chalicelib.web.refusals import ReturnAddressRefused

# Seconds in which a person types a password and a code, and perhaps sets a new password.
LIFETIME_SECONDS = 900
# Characters; the longest address of the page is a search of 200, encoded twice.
MAX_RETURN_ADDRESS = 1500
_SECRET_BYTES = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
# A path of this site. Browsers read //host and /\host as another host, and drop control characters before they look.
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """Three secrets that nobody else can know, and where the person wants to go.

    Attributes:
        state: comes back in the address; proves that this browser began the sign-in.
        nonce: comes back in the id token; proves that the token was made for this sign-in.
        verifier: goes with the code to the identity provider; without it the code is worth nothing (PKCE).
        return_to: a path of this site, with what follows it.
    """

    state: str
    nonce: str
    verifier: str
    return_to: str

    @classmethod
    def begin(cls, return_to: str) -> Entry:
        """A new one.

        Raises:
            ReturnAddressRefused: ``return_to`` leads away from this site.
        """
        if len(return_to) > MAX_RETURN_ADDRESS or not _LOCAL.fullmatch(return_to):
            raise ReturnAddressRefused
        state, nonce, verifier = (secrets.token_urlsafe(_SECRET_BYTES) for _ in range(3))
        return cls(state, nonce, verifier, return_to)

    @classmethod
    def unpack(cls, text: str) -> Entry | None:
        """The entry that ``pack`` made ``text`` of; None if it did not. Since then it was in somebody's hands."""
        try:
            values = read_packed(text)
        except TokenUnreadable:
            return None
        return_to = values.pop("return_to", None)
        if not isinstance(return_to, str) or not _LOCAL.fullmatch(return_to):
            return None
        if values.keys() != {"state", "nonce", "verifier"} or not all(map(_is_secret, values.values())):
            return None
        return cls(**values, return_to=return_to)

    def pack(self) -> str:
        """It as a cookie's value."""
        return pack(asdict(self))

    @property
    def challenge(self) -> str:
        """The verifier's digest, which the identity provider is told first (RFC 7636, 4.2)."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def began(self, state: str) -> bool:
        """Whether this is the sign-in that came back with ``state``."""
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "replace"))


def _is_secret(value: object) -> bool:
    return isinstance(value, str) and _SECRET.fullmatch(value) is not None
