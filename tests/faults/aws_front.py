"""A proxy in front of the emulator that fails as AWS does on bad days, separately for each service."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from contextlib import closing, contextmanager
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalice_devserver.http import HttpResponse, LoopbackServer
from local.mail import SEND_EMAIL, Mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_frontdoor.testing.events import Wire

    PassOn = Callable[[], HttpResponse]
    BadDay = Callable[[Wire, PassOn], HttpResponse]

#: Where a signature says which service is meant.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
_SCOPE = re.compile(r"Credential=[^/]+/[0-9]+/[^/]+/([a-z0-9-]+)/aws4_request")
SNS, SES, DYNAMODB = "sns", "ses", "dynamodb"

#: How long the emulator may take for each step of an answer.
EMULATOR_SECONDS = 30


class AwsFront(LoopbackServer):
    """Passes requests on to the emulator at ``endpoint``, and hands each mail that SES took to ``on_mail``."""

    def __init__(self, endpoint: str, on_mail: Callable[[Mail], None]) -> None:
        self._address = urlsplit(endpoint).netloc
        self._on_mail = on_mail
        self._bad_days: dict[str, BadDay] = {}
        super().__init__(0, max_request_bytes=2**20)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def broken(self, service: str, bad_day: BadDay) -> Iterator[None]:
        self._bad_days[service] = bad_day
        try:
            yield
        finally:
            del self._bad_days[service]

    def answer(self, request: Wire) -> HttpResponse:
        scope = _SCOPE.search(request.header("authorization"))
        service = scope[1] if scope else ""

        bad_day = self._bad_days.get(service)
        return bad_day(request, partial(self._pass_on, request)) if bad_day else self._pass_on(request)

    def _pass_on(self, request: Wire) -> HttpResponse:
        with closing(HTTPConnection(self._address, timeout=EMULATOR_SECONDS)) as connection:
            target = f"{request.path}?{request.query}" if request.query else request.path
            connection.request(request.method, target, request.body, dict(request.headers))
            answer = connection.getresponse()
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() != "transfer-encoding"]
            response = HttpResponse(answer.status, headers, answer.read())
        if (request.method, request.path) == SEND_EMAIL and response.status == HTTPStatus.OK:
            self._on_mail(Mail(json.loads(response.body)["MessageId"], json.loads(request.body)))
        return response

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super()._serve(scope, receive, send)
        except ConnectionResetError:
            send.__self__.transport.abort()  # uvicorn has no other way to cut a connection
            await receive()  # that it is cut


def down(_request: Wire, _pass_on: PassOn) -> HttpResponse:
    raise ConnectionResetError


def bad_day(
    *, slow: float = 0, lost: float = 0, refused: float = 0, status: int = 400, code: str = "Throttling"
) -> BadDay:
    """A day on which some requests fail; the same ones in each run.

    It does what it is asked at once, and says so ``slow`` seconds later; ``lost`` is the share of answers that are lost
    then. ``refused`` is the share of requests for which it does nothing, and answers ``status`` and ``code``.
    """
    chance, lock = random.Random(5), threading.Lock()  # noqa: S311 - no secret

    def happens(share: float) -> bool:
        with lock:
            return chance.random() < share

    def answer(request: Wire, pass_on: PassOn) -> HttpResponse:
        if happens(refused):
            return _error(request, status, code)
        done = pass_on()
        time.sleep(slow)
        if happens(lost):
            raise ConnectionResetError
        return done

    return answer


def _error(request: Wire, status: int, code: str) -> HttpResponse:
    """An error as the service's protocol words it: XML for SNS, JSON for the others."""
    if request.header("content-type").startswith("application/x-www-form-urlencoded"):
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{code}</Message></Error>"
            "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
        ).encode()
        return HttpResponse(status, [("Content-Type", "text/xml")], body)
    body = json.dumps({"__type": code, "message": code}).encode()
    return HttpResponse(status, [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", code)], body)
