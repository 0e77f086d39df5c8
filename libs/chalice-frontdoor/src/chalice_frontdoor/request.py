"""Chalice's request, and what the front door found out about it: its id, its caller, its language, its JSON body."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from chalice.app import CaseInsensitiveMapping, MultiDict, Request

from chalice_frontdoor.problems import Problem

if TYPE_CHECKING:
    from chalice.app import RouteEntry

    from chalice_frontdoor.access import Caller
    from chalice_frontdoor.routing import Match

#: What may be a request's id: printable, without spaces, short enough for every log.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._~+/=:@-]{1,128}")

#: RFC 9110, section 12.4.2.
_WEIGHT = re.compile(r"0(\.\d*)?|1(\.0*)?")

#: ``path`` of a request that no route answers: API Gateway's own word for it.
NO_ROUTE = "$default"
#: The id of a request without one, as in a test that calls the app without a context.
NO_ID = "-"
#: Levels of JSON. No form needs more, and code that walks deeper values may reach Python's recursion limit.
MAX_DEPTH = 64


class _ReadHeaders(CaseInsensitiveMapping):
    """Headers whose names are in lower case already: Chalice would copy them to make them so.

    Most lookups are for headers that are absent, and Chalice's ``get`` would raise and catch an exception for each.
    """

    def __init__(self, headers: dict[str, str]) -> None:
        self._dict = headers

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - the mapping's own signature
        """As of any mapping."""
        return self._dict.get(key.lower(), default)


class FrontDoorRequest(Request):
    """Chalice's request.

    ``path`` is the route's template, as in Chalice; ``to_original_event()`` is the event as the door sent it.

    Attributes:
        request_id: API Gateway's id, else Lambda's.
        client_request_id: the caller's ``X-Request-Id`` if it is well-formed; anybody may send any.
        authorized: whether the front door says that an authorizer accepted the request.
        claims: of a token that the front door has verified, or that a middleware put into ``context``.
        routes: Chalice's entries for this path, by method; empty when no route has the path.
        entry: the one that answers; None if none does.
        caller: the one that ``chalice_frontdoor.Access`` admitted; None on open routes.
        explained: the last error, and the problem that it became.
    """

    # What ``to_dict()`` leaves out, because it must be fit for JSON; Chalice's own list has the first.
    _NON_SERIALIZED_ATTRS = (  # type: ignore[assignment] # Chalice's is a list
        *("lambda_context", "authorizer", "caller", "claims", "client", "door_context", "entry", "explained"),
        *("identity", "local_parameters", "matched", "routes", "segments"),
    )

    caller: Caller | None = None
    explained: tuple[Exception, Problem] | None = None
    authorized = False
    #: Of the path, decoded once.
    segments: list[str]
    #: The route and the parameters that API Gateway itself found, where it tells.
    matched: Match | None = None
    #: The address that the door talked to; empty when it does not tell.
    client: str
    #: What the authorizer found out, as a REST API shows it: ``claims`` is always a dict.
    authorizer: dict[str, Any]
    local_parameters: dict[str, str] = {}  # noqa: RUF012 - never written to
    identity: dict[str, Any] = {}  # noqa: RUF012 - never written to
    _json_body = None
    _context: dict[str, Any] | None = None

    def __init__(self, event: dict[str, Any], headers: dict[str, str], body: bytes | None) -> None:
        # Chalice's own constructor reads all this out of a REST API's event, which would have to be made first.
        self._event_dict = event
        self.door_context: dict[str, Any] = event.get("requestContext") or {}
        self._headers = headers
        self.headers = _ReadHeaders(headers)
        self.query_params: MultiDict | None = None
        self._body = body
        self.stage_vars = event.get("stageVariables")
        if identity := self.door_context.get("identity"):
            self.identity = {**identity}
        self.claims: dict[str, Any] = {}
        self.authorizer = {"claims": {}}

    def trust(self, findings: dict[str, Any], claims: dict[str, Any] | None) -> None:
        """Take over what the door's authorizer has verified."""
        self.claims = {**(claims or {})}
        self.authorizer = {**findings, "claims": self.claims}

    def place(
        self,
        match: Match | None,
        routes: dict[str, RouteEntry],
        context: Any,  # noqa: ANN401 - a class of the Lambda runtime
        languages: tuple[str, ...],
    ) -> None:
        """Take over what the app knows of the request."""
        self.path, self.uri_params = match or (NO_ROUTE, {})
        if self.local_parameters:
            self.uri_params = self.uri_params | self.local_parameters
        self.routes = routes
        self.entry = routes.get(self.method) or (routes.get("GET") if self.method == "HEAD" else None)
        self.lambda_context = context
        self._languages = languages
        self.request_id = request_id_of(self.door_context.get("requestId"), getattr(context, "aws_request_id", None))
        own = self._headers.get("x-request-id")
        self.client_request_id = request_id_of(own, missing="") if own else ""

    @property
    def context(self) -> dict[str, Any]:
        """What a REST API's ``requestContext`` would hold. Few views need it, so it is made at first use."""
        if self._context is None:
            self._context = {
                **self.door_context,
                "httpMethod": self.method,
                "resourcePath": self.path,
                "identity": {**self.identity, "sourceIp": self.client},
                "authorizer": self.authorizer,
            }
        return self._context

    @context.setter
    def context(self, context: dict[str, Any]) -> None:
        self._context = context
        authorizer = context.get("authorizer") or {}
        if authorizer is not self.authorizer:
            self.claims = authorizer.get("claims") or {}

    def to_dict(self) -> dict[str, Any]:
        """As in Chalice: what the request holds, fit for JSON."""
        return {**super().to_dict(), "context": self.context}

    @property
    def raw_body(self) -> bytes:
        """The bytes of the body; none when there is no body."""
        body: bytes | None = self._body
        return body or b""

    @property
    def query_pairs(self) -> list[tuple[str, str]]:
        """The names and values of the query, decoded; a name that is repeated has its values one after the other."""
        query = self.query_params
        return [(name, value) for name in query for value in query.getlist(name)] if query else []

    @property
    def content_type(self) -> str | None:
        """The header ``Content-Type``."""
        return self._headers.get("content-type")

    @property
    def language(self) -> str:
        """The one of the app's languages that the client wants most."""
        return negotiate(self.headers.get("accept-language", ""), self._languages)


def request_id_of(*candidates: object, missing: str = NO_ID) -> str:
    """The first of the candidates that is a well-formed id."""
    for candidate in candidates:
        if isinstance(candidate, str) and _REQUEST_ID.fullmatch(candidate):
            return candidate
    return missing


def client_address(peer: str, forwarded_for: str, trusted_proxies: int) -> str:
    """The client's address: of ``X-Forwarded-For``, one address from the right counts for each trusted proxy.

    The client may have forged those further left. The ALB and API Gateway end the header with ``peer``, the address
    that they talked to.
    """
    chain = [address.strip() for address in forwarded_for.split(",") if address.strip()]
    if not chain or chain[-1] != peer:
        chain.append(peer)
    return chain[max(0, len(chain) - 1 - trusted_proxies)]


def negotiate(accept_language: str, languages: tuple[str, ...]) -> str:
    """The one of ``languages`` that the header wants most (RFC 9110, 12.5.4); the first when it wants none of them.

    ``es`` serves ``es-MX``, ``es-MX`` serves ``es``, and the first serves ``*``. A malformed weight counts as 0.
    Equal weights are decided by the order of the header.
    """
    best, best_weight = languages[0], 0.0
    for choice in accept_language.lower().split(","):
        tag, _, parameter = choice.partition(";")
        name, _, value = map(str.strip, parameter.partition("="))
        weight = 1.0 if name != "q" else float(value) if _WEIGHT.fullmatch(value) else 0.0
        if weight > best_weight and (found := _serve(tag.strip(), languages)):
            best, best_weight = found, weight
    return best


def _serve(tag: str, languages: tuple[str, ...]) -> str | None:
    if tag == "*":
        return languages[0]
    exact = [language for language in languages if language.lower() == tag]
    primary = tag.partition("-")[0]
    related = [language for language in languages if language.lower().partition("-")[0] == primary]
    return next(iter(exact + related), None)


def read_json(request: FrontDoorRequest) -> Any:  # noqa: ANN401 - JSON is any of six types: the caller checks
    """The body as Python values. Numbers with a fraction or an exponent become ``decimal.Decimal``, never float.

    A Decimal may be as large as ``1e999999``: compare it with your bounds before you convert it.

    Raises:
        Problem: 415 unless the content type is ``application/json`` or ends in ``+json``; 400 if the body is not strict
            JSON (RFC 8259) in UTF-8: it repeats a name in one object, holds NaN, Infinity or a lone surrogate, or nests
            deeper than 64.
    """
    media_type = (request.content_type or "").partition(";")[0].strip().lower()
    is_json_type = media_type.startswith("application/") and media_type.endswith("+json")
    if media_type != "application/json" and not is_json_type:
        raise Problem(
            415,
            detail={"es": "El cuerpo debe ser application/json.", "en": "The body must be application/json."},
            headers={"Accept": "application/json"},
        )
    try:
        return _parse(request.raw_body.decode())
    except (ValueError, ArithmeticError, RecursionError):
        raise Problem(
            400, detail={"es": "El cuerpo no es JSON válido en UTF-8.", "en": "The body is not valid JSON in UTF-8."}
        ) from None


def _parse(text: str) -> object:
    value = _DECODER.decode(text)
    # Only an escape can bring a lone surrogate into text that was UTF-8.
    if "\\ud" in text or "\\uD" in text:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    # A text with few brackets cannot be deep: most bodies are spared the walk.
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(value)
    return value


def _check_depth(value: object, left: int = MAX_DEPTH) -> None:
    if isinstance(value, (dict, list)):
        if not left:
            raise ValueError("nested too deep")
        for child in value.values() if isinstance(value, dict) else value:
            _check_depth(child, left - 1)


def _unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is repeated")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_names, parse_float=Decimal, parse_constant=_refuse)
