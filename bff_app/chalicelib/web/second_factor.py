"""An authenticator app for a person who has just typed the password again.

A session's token may not change its owner's account. ``/sesion/entrar?para=segundo-factor`` gets one that may. A cookie
of its own keeps it for five minutes; the token that would renew it is dropped at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlencode

from chalice.app import Response

from chalice_frontdoor import FieldError, InvalidInput, read_json
from chalicelib.web.identity import ADMIN_SCOPE
from chalicelib.web.session import ACCESS, STEP_UP, Refusal, require_own_origin
from chalicelib.web.tokens import read_claims, user_of

if TYPE_CHECKING:
    from chalice_frontdoor.request import FrontDoorRequest
    from chalicelib.web.identity import Identity
    from chalicelib.web.settings import SignInSettings

_NAME = "Directorio"
_CODE = re.compile(r"[0-9]{6}")
_WRONG = {
    "es": "El código no es correcto. Escriba las seis cifras que muestra ahora.",
    "en": "The code is not right. Type the six digits that it shows now.",
}


class SecondFactor(NamedTuple):
    """Each method raises a ``Refusal``, or ``UpstreamError`` when the user pool gives no usable answer."""

    identity: Identity
    settings: SignInSettings

    def begin(self, request: FrontDoorRequest) -> Response:
        """A new secret for the app: as text, as an address that a phone opens, and as a picture to photograph."""
        token, user = self._step_up(request)
        secret = self.identity.new_secret(token)
        label = quote(f"{_NAME}:{user}", safe="")
        address = f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': _NAME})}"
        body = {"secreto": secret, "direccion": address, "imagen": _draw(address)}
        return Response(body)

    def confirm(self, request: FrontDoorRequest) -> Response:
        """From now on signing in asks for a code, if this first one is right."""
        token, _ = self._step_up(request)
        body = read_json(request)
        code = body.get("codigo") if isinstance(body, dict) else None
        code = code.replace(" ", "") if isinstance(code, str) else ""
        if not _CODE.fullmatch(code) or not self.identity.confirm_secret(token, code):
            raise InvalidInput([FieldError("codigo", "valor", _WRONG)])
        return Response(None, headers={"Set-Cookie": STEP_UP.drop()}, status_code=204)

    def _step_up(self, request: FrontDoorRequest) -> tuple[str, str]:
        """The token of the sign-in just before, and its owner, who must be the one of the session."""
        require_own_origin(request, self.settings)
        token = STEP_UP.read(request.headers) or ""
        fresh, session = read_claims(token), read_claims(ACCESS.read(request.headers) or "")
        if user_of(fresh) != user_of(session) or ADMIN_SCOPE not in str(fresh.get("scope")).split():
            raise Refusal("step_up_needed")
        return token, user_of(fresh)


def _draw(text: str) -> dict[str, object]:
    """A QR code as the path of an SVG picture, and the length of its sides."""
    from segno import make_qr  # noqa: PLC0415 - no other request needs it

    rows = list(make_qr(text, error="m").matrix_iter(border=4))
    dots = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dot in enumerate(row) if dot)
    return {"lado": len(rows), "trazo": "".join(dots)}
