"""Chalice's test client, through any front door: request → AWS's event → app → checked response → answer."""

from __future__ import annotations

import base64
import json as json_module
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partialmethod
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from chalice.app import CaseInsensitiveMapping
from chalice.test import Client as ChaliceClient

from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.events import LAMBDA_REQUEST_ID, Wire, event_for, group
from chalice_frontdoor.testing.responses import check_response

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What RFC 3986 allows in a path, and "%": a path may be given encoded or plain.
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"


class AnswerHeaders(CaseInsensitiveMapping):
    """Case-insensitive. A header that is sent more than once reads as one, joined; ``getlist`` keeps them apart."""

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        self._lists = group((name.lower(), value) for name, value in lines)
        super().__init__({name: ", ".join(values) for name, values in self._lists.items()})

    def getlist(self, name: str) -> list[str]:
        return self._lists.get(name.lower(), [])


@dataclass(frozen=True)
class Answer:
    """What the HTTP client at the other side of the front door sees."""

    status: int
    headers: AnswerHeaders
    body: bytes

    def json(self) -> Any:
        return json_module.loads(self.body)

    @property
    def status_code(self) -> int:
        """As Chalice's ``HTTPResponse`` names it."""
        return self.status

    @property
    def json_body(self) -> Any:
        """As Chalice's ``HTTPResponse`` names it."""
        return self.json()


class LambdaContext:
    """What Lambda hands over beside the event."""

    aws_request_id = LAMBDA_REQUEST_ID

    def get_remaining_time_in_millis(self) -> int:
        return 20_000


class Client(ChaliceClient):
    """``chalice.test.Client`` that sends requests through one front door, signed in or not, and checks each response.

    ``http`` takes what Chalice's takes, and more (see ``request``); its methods can be called on the client itself.
    ``lambda_`` and ``events`` are Chalice's.
    """

    def __init__(  # noqa: PLR0913 - Chalice's arguments, and the door and the token
        self,
        app: Any,
        door: str = "http_api_2",
        *,
        role: str | None = None,
        claims: dict[str, Any] | None = None,
        stage_name: str = "dev",
        project_dir: str = ".",
    ) -> None:
        """Wrap the app; ``door`` is one of ``chalice_frontdoor.testing.events.DOORS``.

        ``claims`` are those of the verified token that each request carries; ``role`` is short for those of a person.
        """
        super().__init__(app, stage_name, project_dir)
        self._templates = [template for template, methods in app.routes.items() if methods]
        self._door = door
        self._claims = claims if role is None else person(role)

    @property
    def http(self) -> Client:  # type: ignore[override] # it takes what Chalice's takes
        """The client itself."""
        return self

    def request(  # noqa: PLR0913 - an HTTP request has that many parts
        self,
        method: str,
        path: str,
        *,
        query: Iterable[tuple[str, str]] | Mapping[str, str] = (),
        headers: Mapping[str, str | list[str]] | None = None,
        json: Any = None,
        body: bytes | str = b"",
        content_type: str | None = None,
    ) -> Answer:
        """Send one request. The path may hold a query; what is not allowed in a path is percent-encoded."""
        path, _, raw_query = path.partition("?")
        pairs = list(query.items()) if isinstance(query, Mapping) else list(query)
        if pairs:
            raw_query = urlencode(pairs)
        if json is not None:
            body, content_type = json_module.dumps(json), content_type or "application/json"
        lines = [
            (name, value)
            for name, values in (headers or {}).items()
            for value in (values if isinstance(values, list) else [values])
        ]
        if content_type is not None:
            lines.append(("Content-Type", content_type))
        return self.send(
            Wire(
                method=method,
                path=quote(path, safe=_PATH_SAFE),
                query=raw_query,
                headers=tuple(lines),
                body=body.encode() if isinstance(body, str) else body,
                claims=self._claims,
            )
        )

    def send(self, wire: Wire) -> Answer:
        """Send a request as it stands on the wire."""
        response = self._app(event_for(self._door, wire, self._templates), LambdaContext())
        lines = check_response(self._door, response)
        body = response["body"]
        content = base64.b64decode(body) if response["isBase64Encoded"] else body.encode()
        return Answer(response["statusCode"], AnswerHeaders(lines), content)

    get = partialmethod(request, "GET")
    head = partialmethod(request, "HEAD")
    options = partialmethod(request, "OPTIONS")
    post = partialmethod(request, "POST")
    put = partialmethod(request, "PUT")
    patch = partialmethod(request, "PATCH")
    delete = partialmethod(request, "DELETE")
