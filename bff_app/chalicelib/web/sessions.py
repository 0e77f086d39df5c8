"""Signing in, staying in and signing out: the routes under ``/sesion`` (docs/adr/0013)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chalice.app import Response

from chalice_frontdoor.logs import log_refusal
from chalicelib.web.claims import Claims, TokenUnreadable, read_claims
from chalicelib.web.cookies import ACCESS, ENTRY, PERSON, RENEWAL, drop_session
from chalicelib.web.deadline import deadline_within
from chalicelib.web.entry import LIFETIME_SECONDS, Entry
from chalicelib.web.identity import GrantRefused
from chalicelib.web.limits import IDENTITY_SECONDS
from chalicelib.web.origin import own_origin, require_own_origin
from chalicelib.web.person import Person, describe_session, expiry
from chalicelib.web.refusals import CookieRefused, NotSignedIn, Refusal, SessionOver, SignInRefused, TokenRefused
from chalicelib.web.upstream import UpstreamError

if TYPE_CHECKING:
    from chalice_frontdoor.request import FrontDoorRequest
    from chalicelib.web.deadline import Deadline, InvocationContext
    from chalicelib.web.identity import Identity, Tokens
    from chalicelib.web.settings import SignInSettings

_RETURN_PATH = "/sesion/vuelta"
_CANCELLED = "entrada_cancelada"
# Neither a proxy nor the browser keeps who somebody is, and the addresses with a code in them are told to nobody.
_PRIVATE: dict[str, str | list[str]] = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class SignInAbsent(LookupError):
    """This is a demonstration: nobody signs in. It becomes a 404."""


class Sessions:
    """What a browser does to sign in, to stay in and to sign out."""

    def __init__(self, identity: Identity, settings: SignInSettings, total_seconds: float = IDENTITY_SECONDS) -> None:
        self._identity = identity
        self._settings = settings
        self._total_seconds = total_seconds

    def begin(self, request: FrontDoorRequest) -> Response:
        """Send the browser to the identity provider; it comes back to ``finish``.

        Raises:
            ReturnAddressRefused: ``volver`` is no path of this site.
            HostRefused: see ``own_origin``.
        """
        entry = Entry.begin(_query(request, "volver") or "/")
        address = self._identity.login_address(entry, self._return_address(request), request.language)
        return _redirect(address, [ENTRY.set(entry.pack(), LIFETIME_SECONDS)])

    def finish(self, request: FrontDoorRequest, context: InvocationContext) -> Response:
        """Take the code that the identity provider sent along, and send the browser to where the person wanted to go.

        A person in front of a browser cannot do anything with a problem document: she is sent to the page, which says
        what happened.

        Raises:
            Refusal: the sign-in is not one that this browser began, or it did not succeed.
            UpstreamError: the identity provider gives no answer to use.
        """
        entry = _entry_of(request)
        try:
            return self._finish(entry, request, deadline_within(context, self._total_seconds))
        except (Refusal, UpstreamError) as error:
            if "text/html" not in request.headers.get("Accept", ""):
                raise
            return _show(error, entry, request)

    def renew(self, request: FrontDoorRequest, context: InvocationContext) -> Response:
        """A new access token, and who has it.

        Raises:
            CrossSiteRequest, HostRefused, CookieRefused, NotSignedIn: see there.
            SessionOver: it is time to sign in again.
            UpstreamError: the identity provider gives no answer to use.
        """
        require_own_origin(request.headers, self._settings.public_origin)
        tokens = self._renew(request, deadline_within(context, self._total_seconds))
        access, person = self._read(tokens)
        return _private(describe_session(access, person), _keep(tokens, person))

    def end(self, request: FrontDoorRequest, context: InvocationContext) -> Response:
        """End the session in this browser, or with ``todas=1`` all sessions of this person everywhere.

        The answer names the address where the browser ends the session that it has with the identity provider: without
        that, the next person at this browser would get in without a password.

        Raises:
            CrossSiteRequest, HostRefused: see there.
            CookieRefused, NotSignedIn, SessionOver, UpstreamError: not all sessions were ended; nor was this one.
        """
        require_own_origin(request.headers, self._settings.public_origin)
        deadline = deadline_within(context, self._total_seconds)
        if _query(request, "todas") == "1":
            self._end_everywhere(request, deadline)
        else:
            self._end_here(request, deadline)
        address = self._identity.logout_address(f"{own_origin(request.headers, self._settings.public_origin)}/")
        return _private({"ir_a": address}, drop_session())

    def describe(self, request: FrontDoorRequest) -> Response:
        """Who is signed in. As everywhere, cookies count for nothing beside an ``Authorization``.

        Raises:
            CookieRefused, NotSignedIn: see there.
            TokenRefused: what is there is no token, or one that has expired: what renews it may still be good.
        """
        cookie_header = request.headers.get("Cookie", "")
        own = request.headers.get("Authorization")
        token = ACCESS.read(cookie_header) if own is None else own.partition(" ")[2]
        if token is None:
            raise NotSignedIn
        try:
            access = read_claims(token)
        except TokenUnreadable:
            raise TokenRefused from None
        if expiry(access) <= time.time():
            raise TokenRefused
        person = Person.unpack(PERSON.read(cookie_header)) if own is None else Person()
        return _private(describe_session(access, person), [])

    def _return_address(self, request: FrontDoorRequest) -> str:
        return own_origin(request.headers, self._settings.public_origin) + _RETURN_PATH

    def _finish(self, entry: Entry | None, request: FrontDoorRequest, deadline: Deadline) -> Response:
        if entry is None:
            raise SignInRefused("estado_desconocido")
        if _query(request, "error"):
            raise SignInRefused(_CANCELLED)
        try:
            tokens = self._identity.redeem(
                _query(request, "code"), entry.verifier, self._return_address(request), deadline
            )
        except GrantRefused:
            raise SignInRefused("codigo_no_valido") from None
        _, person = self._read(tokens, entry.nonce)
        return _redirect(entry.return_to, [*_keep(tokens, person), ENTRY.drop()])

    def _renew(self, request: FrontDoorRequest, deadline: Deadline) -> Tokens:
        renewal = RENEWAL.read(request.headers.get("Cookie", ""))
        if renewal is None:
            raise NotSignedIn
        try:
            return self._identity.renew(renewal, deadline)
        except GrantRefused:
            raise SessionOver from None

    def _end_here(self, request: FrontDoorRequest, deadline: Deadline) -> None:
        """Revoke what renews the session, if possible: the browser forgets it in any case."""
        try:
            renewal = RENEWAL.read(request.headers.get("Cookie", ""))
            if renewal is not None:
                self._identity.revoke(renewal, deadline)
        except (CookieRefused, GrantRefused, UpstreamError):
            pass  # the identity provider's part is in the log

    def _end_everywhere(self, request: FrontDoorRequest, deadline: Deadline) -> None:
        # With a new access token: the one in the cookie may have expired a moment ago.
        tokens = self._renew(request, deadline)
        try:
            self._identity.end_everywhere(tokens.access, deadline)
        except GrantRefused:
            raise SessionOver from None

    def _read(self, tokens: Tokens, nonce: str | None = None) -> tuple[Claims, Person]:
        """The access token's claims, and the person whom the id token is about.

        Raises:
            SignInRefused: the tokens are not for us, or not for the sign-in that has ``nonce``.
        """
        try:
            access, identity = read_claims(tokens.access), read_claims(tokens.identity)
        except TokenUnreadable:
            raise SignInRefused("token_no_valido") from None
        ours = {"iss": self._settings.issuer, "aud": self._settings.client_id, "token_use": "id"}
        if nonce is not None:
            ours["nonce"] = nonce
        if any(identity.get(name) != value for name, value in ours.items()):
            raise SignInRefused("token_ajeno")
        return access, Person.of(identity)


class Demonstration:
    """Takes the place of ``Sessions`` where nobody signs in and everybody may do everything."""

    def begin(self, _request: FrontDoorRequest) -> Response:
        """Raises ``SignInAbsent``, as all others but ``describe`` do."""
        raise SignInAbsent

    def finish(self, _request: FrontDoorRequest, _context: InvocationContext) -> Response:
        """See ``begin``."""
        raise SignInAbsent

    def renew(self, _request: FrontDoorRequest, _context: InvocationContext) -> Response:
        """See ``begin``."""
        raise SignInAbsent

    def end(self, _request: FrontDoorRequest, _context: InvocationContext) -> Response:
        """See ``begin``."""
        raise SignInAbsent

    def describe(self, _request: FrontDoorRequest) -> Response:
        """Everybody is the same nobody."""
        nobody = {"usuario": "demo", "nombre": "", "correo": "", "grupos": ["admin"], "caduca_en": None}
        return _private({"demo": True, **nobody}, [])


def _query(request: FrontDoorRequest, name: str) -> str:
    parameters = request.query_params
    return parameters.get(name, "") if parameters else ""


def _entry_of(request: FrontDoorRequest) -> Entry | None:
    """The sign-in that ``request`` ends; None if this browser did not begin it, or began another one since."""
    try:
        packed = ENTRY.read(request.headers.get("Cookie", ""))
    except CookieRefused:
        return None
    entry = Entry.unpack(packed) if packed else None
    return entry if entry and entry.began(_query(request, "state")) else None


def _keep(tokens: Tokens, person: Person) -> list[str]:
    """The headers ``Set-Cookie`` of a session. It ends with the browser, or when the identity provider says so.

    Raises:
        SignInRefused: a browser would not keep them, and the person would sign in for ever.
    """
    kept = [(ACCESS, tokens.access, tokens.seconds), (PERSON, person.pack(), None)]
    if tokens.renewal:
        kept.append((RENEWAL, tokens.renewal, None))
    if not all(cookie.fits(value) for cookie, value, _ in kept):
        raise SignInRefused("token_demasiado_largo")
    return [cookie.set(value, seconds) for cookie, value, seconds in kept]


def _private(body: object, set_cookies: list[str]) -> Response:
    return Response(body, headers=_with_cookies(_PRIVATE, set_cookies))


def _redirect(address: str, set_cookies: list[str]) -> Response:
    return Response(None, headers=_with_cookies({**_PRIVATE, "Location": address}, set_cookies), status_code=303)


def _with_cookies(headers: dict[str, str | list[str]], set_cookies: list[str]) -> dict[str, str | list[str]]:
    return {**headers, "Set-Cookie": set_cookies} if set_cookies else headers


def _show(error: Refusal | UpstreamError, entry: Entry | None, request: FrontDoorRequest) -> Response:
    """The page, which tells the person why the sign-in did not succeed, at the place where she wanted to go.

    A sign-in that is under way in another tab goes on: what came back was not its end.
    """
    outcome = "servicio"
    if isinstance(error, Refusal):
        log_refusal(request, error.reason)
        outcome = "cancelada" if error.reason == _CANCELLED else "rechazada"
    _, mark, fragment = (entry.return_to if entry else "").partition("#")
    return _redirect(f"/?entrada={outcome}{mark}{fragment}", [ENTRY.drop()] if entry else [])
