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
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from chalice.app import Response

from chalice_frontdoor import FieldError, InvalidInput, Problem
from chalice_frontdoor.logs import log_refusal
from chalicelib.web.identity import ADMIN_SCOPE
from chalicelib.web.limits import IDENTITY_SECONDS
from chalicelib.web.session import (
    ACCESS,
    ENTRY,
    PERSON,
    RENEWAL,
    SESSION_DROPPED,
    STEP_UP,
    Refusal,
    own_origin,
    require_own_origin,
)
from chalicelib.web.tokens import describe_session, expiry, pack, person_of, read_claims, read_packed, user_of
from chalicelib.web.upstream import UpstreamError, deadline_for
from contract.api import note_caller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_frontdoor.request import FrontDoorRequest
    from chalicelib.web.identity import Identity, Tokens
    from chalicelib.web.settings import SignInSettings
    from chalicelib.web.tokens import Claims, Person

# Seconds in which a person types a password and a code, and perhaps sets a new password.
LIFETIME_SECONDS = 900
# Characters; the longest address of the page is a search of 200, encoded twice.
MAX_RETURN_ADDRESS = 1500
# A path of this site. Browsers read //host and /\host as another host, and drop control characters before they look.
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
_FOREIGN = {
    "es": "debe ser una dirección de este sitio, que empiece por una sola barra.",
    "en": "must be an address of this site, which begins with a single slash.",
}
_RETURN_PATH = "/sesion/vuelta"
_CANCELLED = "cancelled"
_STEP_UP = "segundo-factor"
_STEP_UP_SECONDS = 300
# No other site learns an address that contains a code. The front door adds `no-store`.
_PRIVATE: dict[str, str | list[str]] = {"Referrer-Policy": "no-referrer"}


class Entry(NamedTuple):
    """A sign-in that is under way; a cookie keeps it."""

    state: str  # comes back in the address; proves that this browser began the sign-in
    nonce: str  # comes back in the id token; proves that the token was made for this sign-in
    verifier: str  # is sent with the code to the identity provider; without it the code is worth nothing (PKCE)
    return_to: str  # where the person wants to go: a path of this site, with its query and fragment
    purpose: str = ""  # _STEP_UP: the token may change the second factor, and no session begins

    @classmethod
    def of(cls, request: FrontDoorRequest) -> Entry | None:
        """The sign-in that ``request`` ends; None if this browser did not begin it, or has begun another one since."""
        try:
            entry = cls(**ENTRY.read_fields(request.headers))
        except TypeError:
            return None
        state = _query(request, "state").encode("utf-8", "replace")
        is_ours = all(isinstance(each, str) and each.isascii() for each in entry) and is_local(entry.return_to)
        return entry if is_ours and hmac.compare_digest(entry.state.encode(), state) else None


def is_local(address: str) -> bool:
    """Whether ``address`` is a path of this site."""
    return len(address) <= MAX_RETURN_ADDRESS and _LOCAL.fullmatch(address) is not None


class SignIn(NamedTuple):
    """What a browser does to sign in, to renew its session and to sign out.

    Each method raises a ``Refusal``, or ``UpstreamError`` when the identity provider gives no usable answer.
    """

    identity: Identity
    settings: SignInSettings

    def begin(self, request: FrontDoorRequest) -> Response:
        """Send the browser to the identity provider; it comes back to ``finish``."""
        return_to = _query(request, "volver") or "/"
        if not is_local(return_to):
            log_refusal(request, "foreign_return_address")
            raise InvalidInput([FieldError("volver", "formato", _FOREIGN)])
        purpose = _STEP_UP if _query(request, "para") == _STEP_UP else ""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        entry = Entry(state, nonce, verifier, return_to, purpose)
        digest = hashlib.sha256(verifier.encode()).digest()  # RFC 7636, 4.2
        query = {
            "redirect_uri": self._return_address(request),
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "lang": request.language,
        }
        address = self.identity.login_address(query, is_step_up=purpose == _STEP_UP)
        return _redirect(address, [ENTRY.set(pack(entry._asdict()), LIFETIME_SECONDS)])

    def finish(self, request: FrontDoorRequest) -> Response:
        """Redeem the code that the identity provider sent along, and send the browser to where the person wanted to go.

        A person in front of a browser cannot use a problem document, and is sent to the page, which explains. A sign-in
        that is under way in another tab goes on: this was not its end.
        """
        entry = Entry.of(request)
        try:
            return self._redeem(entry, request)
        except (Refusal, UpstreamError) as error:
            if "text/html" not in request.headers.get("Accept", ""):
                raise
            outcome = "servicio"
            if isinstance(error, Refusal):
                log_refusal(request, error.reason)
                outcome = "cancelada" if error.reason == _CANCELLED else "rechazada"
        _, mark, fragment = (entry.return_to if entry else "").partition("#")
        return _redirect(f"/?entrada={outcome}{mark}{fragment}", [ENTRY.drop()] if entry else [])

    def renew(self, request: FrontDoorRequest) -> Response:
        """Set a new access token, and describe the session."""
        require_own_origin(request, self.settings)
        tokens = self._renew_tokens(request)
        access, person = self._read(tokens)
        return _private(describe_session(access, person), self._keep(tokens, access, person))

    def end(self, request: FrontDoorRequest) -> Response:
        """End the session in this browser, or with ``todas=1`` all sessions of this person everywhere.

        The answer names the address where the browser ends its session with the identity provider. If not all sessions
        could be ended, none was.
        """
        require_own_origin(request, self.settings)
        if _query(request, "todas") == "1":
            # The pool says who it is: people can edit their cookies.
            access, _ = self._read(self._renew_tokens(request))
            self.identity.end_sessions(user_of(access))
        else:
            # The browser forgets its cookies in any case; identity.py logs what the identity provider answered.
            with suppress(Refusal, UpstreamError):
                if kept := RENEWAL.read(request.headers):
                    self.identity.revoke(self._open_renewal(kept)[0])
        address = self.identity.logout_address(f"{own_origin(request, self.settings)}/")
        return _private({"ir_a": address}, SESSION_DROPPED)

    def describe(self, request: FrontDoorRequest) -> Response:
        """Who is signed in. As everywhere, cookies do not count beside an ``Authorization``.

        An expired token is refused, but the browser keeps its cookies: the one that renews it may still be good.
        """
        own = request.headers.get("Authorization")
        token = ACCESS.read(request.headers) if own is None else own.partition(" ")[2]
        if token is None:
            raise Refusal("not_signed_in")
        access = read_claims(token)
        note_caller(access)
        if expiry(access) <= time.time():
            raise Refusal("invalid_token")
        person = PERSON.read_fields(request.headers) if own is None else {}
        return _private(describe_session(access, person_of(person)))

    def _return_address(self, request: FrontDoorRequest) -> str:
        return own_origin(request, self.settings) + _RETURN_PATH

    def _redeem(self, entry: Entry | None, request: FrontDoorRequest) -> Response:
        if entry is None:
            raise Refusal("unknown_state")
        if _query(request, "error"):
            raise Refusal(_CANCELLED)
        deadline = deadline_for(request, IDENTITY_SECONDS)
        code, return_address = _query(request, "code"), self._return_address(request)
        tokens = self.identity.redeem(code, entry.verifier, return_address, deadline)
        access, person = self._read(tokens, entry)
        if entry.purpose == _STEP_UP:
            kept = [STEP_UP.set(tokens.access, min(tokens.seconds, _STEP_UP_SECONDS))]
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

    def _open_renewal(self, kept: str) -> tuple[str, str]:
        """The token that renews a session, and its owner, of what ``_keep`` put together.

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
            # With its owner, and what proves that this app put the two together.
            bound = f"{tokens.renewal}~{pack({'u': user_of(access)})}"
            kept.append((RENEWAL, f"{bound}~{self._authenticate(bound)}", None))
        if not all(cookie.fits(value) for cookie, value, _ in kept):
            raise Refusal("token_too_long")
        return [cookie.set(value, seconds) for cookie, value, seconds in kept]

    def _read(self, tokens: Tokens, entry: Entry | None = None) -> tuple[Claims, Person]:
        """The access token's claims, and the person whom the id token is about.

        Raises:
            Refusal: the tokens are not for us, or not for the sign-in ``entry``.
        """
        access, identity = read_claims(tokens.access), read_claims(tokens.identity)
        ours = {"iss": self.settings.issuer, "aud": self.settings.client_id, "token_use": "id"}
        if entry is not None:
            ours["nonce"] = entry.nonce
        may_change_account = ADMIN_SCOPE in str(access.get("scope"))
        is_step_up = entry is not None and entry.purpose == _STEP_UP
        is_ours = bool(user_of(access)) and all(identity.get(name) == value for name, value in ours.items())
        if not is_ours or may_change_account != is_step_up:
            raise Refusal("foreign_token")
        note_caller(access)
        return access, person_of({"nombre": identity.get("name"), "correo": identity.get("email")})


class Demonstration:
    """Replaces ``SignIn`` and ``SecondFactor`` in a demonstration, where everyone may do everything."""

    def describe(self, _request: FrontDoorRequest) -> Response:
        """The same for every caller."""
        visitor = {"usuario": "demo", "nombre": "", "correo": "", "grupos": ["admin"], "caduca_en": None}
        return _private({"demo": True, **visitor})

    def _refuse(self, _request: FrontDoorRequest) -> NoReturn:
        raise Problem(404)

    begin = finish = renew = end = confirm = _refuse


def _query(request: FrontDoorRequest, name: str) -> str:
    parameters = request.query_params
    return parameters.get(name, "") if parameters else ""


def _private(body: object, set_cookies: Sequence[str] = ()) -> Response:
    return Response(body, headers={**_PRIVATE, "Set-Cookie": list(set_cookies)})


def _redirect(address: str, set_cookies: list[str]) -> Response:
    headers = {**_PRIVATE, "Set-Cookie": set_cookies, "Location": address}
    return Response("", headers=headers, status_code=303)
