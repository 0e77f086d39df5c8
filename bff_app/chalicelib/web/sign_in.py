"""Signing in, renewing a session and signing out: the routes under ``/sesion``.

The flow is OAuth's authorization code with PKCE and OpenID Connect (RFC 6749, RFC 7636).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from chalice.app import Response

from chalice_frontdoor import Problem
from chalice_frontdoor.logs import log_refusal
from chalicelib.web.identity import ADMIN_SCOPE
from chalicelib.web.limits import IDENTITY_SECONDS
from chalicelib.web.session import (
    ACCESS,
    ENTRY,
    PERSON,
    RENEWAL,
    STEP_UP,
    Refusal,
    drop_session,
    own_origin,
    require_own_origin,
)
from chalicelib.web.tokens import (
    TokenUnreadable,
    describe_session,
    expiry,
    pack,
    person_of,
    read_claims,
    read_packed,
    unpack_person,
    user_of,
)  # fmt: skip
from chalicelib.web.upstream import UpstreamError, deadline_within
from contract.api import note_caller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_frontdoor.request import FrontDoorRequest
    from chalicelib.web.identity import Identity, Tokens
    from chalicelib.web.settings import SignInSettings
    from chalicelib.web.tokens import Claims, Person
    from chalicelib.web.upstream import Deadline, InvocationContext

# Seconds in which a person types a password and a code, and perhaps sets a new password.
LIFETIME_SECONDS = 900
# Characters; the longest address of the page is a search of 200, encoded twice.
MAX_RETURN_ADDRESS = 1500
_SECRET_BYTES = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
# A path of this site. Browsers read //host and /\host as another host, and drop control characters before they look.
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
_RETURN_PATH = "/sesion/vuelta"
_CANCELLED = "cancelled"
STEP_UP_PURPOSE = "segundo-factor"
STEP_UP_SECONDS = 300
# Neither proxies nor the browser store identities, and no other site learns an address that contains a code.
_PRIVATE: dict[str, str | list[str]] = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Entry(NamedTuple):
    """A sign-in that is under way; a cookie keeps it."""

    state: str  # comes back in the address; proves that this browser began the sign-in
    nonce: str  # comes back in the id token; proves that the token was made for this sign-in
    verifier: str  # is sent with the code to the identity provider; without it the code is worth nothing (PKCE)
    return_to: str  # where the person wants to go: a path of this site, with its query and fragment
    purpose: str = ""  # or STEP_UP_PURPOSE

    @classmethod
    def begin(cls, return_to: str, purpose: str = "") -> Entry:
        """A new one.

        Raises:
            Refusal: ``return_to`` leads away from this site.
        """
        if len(return_to) > MAX_RETURN_ADDRESS or not _LOCAL.fullmatch(return_to):
            raise Refusal("foreign_return_address", field="volver")
        state, nonce, verifier = (secrets.token_urlsafe(_SECRET_BYTES) for _ in range(3))
        return cls(state, nonce, verifier, return_to, purpose)

    @classmethod
    def unpack(cls, text: str) -> Entry | None:
        """The entry in a cookie's value; None if it is not what ``pack`` makes. People can edit their cookies."""
        try:
            values = read_packed(text)
        except TokenUnreadable:
            return None
        if values.keys() != set(cls._fields) or not all(isinstance(value, str) for value in values.values()):
            return None
        entry = cls(**values)
        is_ours = all(_SECRET.fullmatch(secret) for secret in entry[:3]) and _LOCAL.fullmatch(entry.return_to)
        return entry if is_ours else None

    def pack(self) -> str:
        """The entry as a cookie's value."""
        return pack(self._asdict())

    @property
    def challenge(self) -> str:
        """The verifier's digest, which the identity provider gets first (RFC 7636, 4.2)."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def began(self, state: str) -> bool:
        """Whether this is the sign-in that came back with ``state``."""
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "replace"))


class SignIn(NamedTuple):
    """What a browser does to sign in, to renew its session and to sign out.

    Each method raises a ``Refusal``, or ``UpstreamError`` when the identity provider gives no usable answer.
    """

    identity: Identity
    settings: SignInSettings

    def begin(self, request: FrontDoorRequest) -> Response:
        """Send the browser to the identity provider; it comes back to ``finish``."""
        is_step_up = _query(request, "para") == STEP_UP_PURPOSE
        entry = Entry.begin(_query(request, "volver") or "/", STEP_UP_PURPOSE if is_step_up else "")
        proofs = {"state": entry.state, "nonce": entry.nonce, "code_challenge": entry.challenge}
        address = self.identity.login_address(
            proofs, self._own_origin(request) + _RETURN_PATH, request.language, is_step_up=is_step_up
        )
        return _redirect(address, [ENTRY.set(entry.pack(), LIFETIME_SECONDS)])

    def finish(self, request: FrontDoorRequest, context: InvocationContext) -> Response:
        """Redeem the code that the identity provider sent along, and send the browser to where the person wanted to go.

        A person in front of a browser cannot use a problem document, and is sent to the page, which explains.
        """
        entry = _entry_of(request)
        try:
            return self._redeem(entry, request, deadline_within(context, IDENTITY_SECONDS))
        except (Refusal, UpstreamError) as error:
            if "text/html" not in request.headers.get("Accept", ""):
                raise
            return _explain(error, entry, request)

    def renew(self, request: FrontDoorRequest) -> Response:
        """Set a new access token, and describe the session."""
        require_own_origin(request.headers, self.settings.public_origin)
        tokens = self._renew_tokens(request)
        access, person = self._read(tokens)
        return _private(describe_session(access, person), self._keep(tokens, access, person))

    def end(self, request: FrontDoorRequest) -> Response:
        """End the session in this browser, or with ``todas=1`` all sessions of this person everywhere.

        The answer names the address where the browser ends its session with the identity provider. If not all sessions
        could be ended, none was.
        """
        require_own_origin(request.headers, self.settings.public_origin)
        if _query(request, "todas") == "1":
            # The pool says who it is: people can edit their cookies.
            access, _ = self._read(self._renew_tokens(request))
            self.identity.end_sessions(user_of(access))
        else:
            self._end_here(request)
        return _private({"ir_a": self.identity.logout_address(f"{self._own_origin(request)}/")}, drop_session())

    def describe(self, request: FrontDoorRequest) -> Response:
        """Who is signed in. As everywhere, cookies do not count beside an ``Authorization``.

        An expired token is refused, but the browser keeps its cookies: the one that renews it may still be good.
        """
        own = request.headers.get("Authorization")
        token = ACCESS.read(request.headers) if own is None else own.partition(" ")[2]
        if token is None:
            raise Refusal("not_signed_in")
        try:
            access = read_claims(token)
        except TokenUnreadable:
            raise Refusal("invalid_token") from None
        note_caller(access)
        if expiry(access) <= time.time():
            raise Refusal("invalid_token")
        person = unpack_person(None if own else PERSON.read(request.headers))
        return _private(describe_session(access, person))

    def _own_origin(self, request: FrontDoorRequest) -> str:
        return own_origin(request.headers, self.settings.public_origin)

    def _redeem(self, entry: Entry | None, request: FrontDoorRequest, deadline: Deadline) -> Response:
        if entry is None:
            raise Refusal("unknown_state")
        if _query(request, "error"):
            raise Refusal(_CANCELLED)
        return_address = self._own_origin(request) + _RETURN_PATH
        tokens = self.identity.redeem(_query(request, "code"), entry.verifier, return_address, deadline)
        is_step_up = entry.purpose == STEP_UP_PURPOSE
        access, person = self._read(tokens, entry.nonce, is_step_up=is_step_up)
        if is_step_up:
            kept = [STEP_UP.set(tokens.access, min(tokens.seconds, STEP_UP_SECONDS))]
        else:
            kept = self._keep(tokens, access, person)
        return _redirect(entry.return_to, [*kept, ENTRY.drop()])

    def _renew_tokens(self, request: FrontDoorRequest) -> Tokens:
        """New tokens for the ones in the cookie.

        A token that comes back after its use was copied, and it is unknown whether its thief or its owner has the newer
        one: all sessions of the owner end.
        """
        kept = RENEWAL.read(request.headers)
        if kept is None:
            raise Refusal("not_signed_in")
        renewal, user = self._open_renewal(kept)
        try:
            return self.identity.renew(renewal)
        except Refusal as refusal:
            if refusal.reason == "reused_token":
                self.identity.end_sessions(user)
            raise

    def _bind_renewal(self, renewal: str, user: str) -> str:
        """``renewal`` with its owner, and what proves that this app put the two together."""
        bound = f"{renewal}~{pack({'u': user})}"
        return f"{bound}~{self._authenticate(bound)}"

    def _open_renewal(self, kept: str) -> tuple[str, str]:
        """The opposite.

        Raises:
            Refusal: this app has not made it.
        """
        bound, _, code = kept.rpartition("~")
        if not hmac.compare_digest(code, self._authenticate(bound)):
            raise Refusal("session_over")
        renewal, _, owner = bound.partition("~")
        return renewal, read_packed(owner)["u"]

    def _authenticate(self, text: str) -> str:
        return hmac.new(self.identity.secret.encode(), text.encode("ascii"), hashlib.sha256).hexdigest()

    def _keep(self, tokens: Tokens, access: Claims, person: Person) -> list[str]:
        """The headers ``Set-Cookie`` of a session. It ends with the browser, or when the identity provider says so.

        Raises:
            Refusal: a browser would not keep them, and the person would sign in for ever.
        """
        kept = [(ACCESS, tokens.access, tokens.seconds), (PERSON, pack(person), None)]
        if tokens.renewal:
            kept.append((RENEWAL, self._bind_renewal(tokens.renewal, user_of(access)), None))
        if not all(cookie.fits(value) for cookie, value, _ in kept):
            raise Refusal("token_too_long")
        return [cookie.set(value, seconds) for cookie, value, seconds in kept]

    def _end_here(self, request: FrontDoorRequest) -> None:
        """Revoke the token that renews the session, if possible: the browser forgets it in any case."""
        try:
            kept = RENEWAL.read(request.headers)
            if kept is not None:
                self.identity.revoke(self._open_renewal(kept)[0])
        except (Refusal, UpstreamError):
            pass  # identity.py logs what the identity provider answered

    def _read(self, tokens: Tokens, nonce: str | None = None, *, is_step_up: bool = False) -> tuple[Claims, Person]:
        """The access token's claims, and the person whom the id token is about.

        Raises:
            Refusal: the tokens are not for us, or not for the sign-in that has ``nonce``.
        """
        try:
            access, identity = read_claims(tokens.access), read_claims(tokens.identity)
        except TokenUnreadable:
            raise Refusal("unreadable_token") from None
        ours = {"iss": self.settings.issuer, "aud": self.settings.client_id, "token_use": "id"}
        if nonce is not None:
            ours["nonce"] = nonce
        may_change_account = ADMIN_SCOPE in str(access.get("scope"))
        if any(identity.get(name) != value for name, value in ours.items()) or may_change_account != is_step_up:
            raise Refusal("foreign_token")
        note_caller(access)
        return access, person_of(identity)


class Demonstration:
    """Replaces ``SignIn`` in a demonstration, where everyone may do everything."""

    def describe(self, _request: FrontDoorRequest) -> Response:
        """The same for every caller."""
        visitor = {"usuario": "demo", "nombre": "", "correo": "", "grupos": ["admin"], "caduca_en": None}
        return _private({"demo": True, **visitor})

    def _refuse(self, *_: object) -> NoReturn:
        raise Problem(404)

    begin = finish = renew = end = confirm = _refuse


def _query(request: FrontDoorRequest, name: str) -> str:
    parameters = request.query_params
    return parameters.get(name, "") if parameters else ""


def _entry_of(request: FrontDoorRequest) -> Entry | None:
    """The sign-in that ``request`` ends; None if this browser did not begin it, or has begun another one since."""
    try:
        entry = Entry.unpack(ENTRY.read(request.headers) or "")
    except Refusal:
        return None
    return entry if entry and entry.began(_query(request, "state")) else None


def _private(body: object, set_cookies: Sequence[str] = ()) -> Response:
    return Response(body, headers={**_PRIVATE, "Set-Cookie": list(set_cookies)})


def _redirect(address: str, set_cookies: list[str]) -> Response:
    headers = {**_PRIVATE, "Set-Cookie": set_cookies, "Location": address}
    return Response("", headers=headers, status_code=303)


def _explain(error: Refusal | UpstreamError, entry: Entry | None, request: FrontDoorRequest) -> Response:
    """The page, which says why the sign-in did not succeed, at the place where the person wanted to go.

    A sign-in that is under way in another tab goes on: this was not its end.
    """
    outcome = "servicio"
    if isinstance(error, Refusal):
        log_refusal(request, error.reason)
        outcome = "cancelada" if error.reason == _CANCELLED else "rechazada"
    _, mark, fragment = (entry.return_to if entry else "").partition("#")
    return _redirect(f"/?entrada={outcome}{mark}{fragment}", [ENTRY.drop()] if entry else [])
