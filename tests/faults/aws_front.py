"""A proxy in front of the emulator that fails as AWS does on bad days, separately for each service."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chalice_devserver.http import HttpRequest, HttpResponse, LoopbackServer, forward
from local.ses import EMULATOR_SECONDS, MAX_REQUEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    PassOn = Callable[[], HttpResponse]
    BadDay = Callable[[HttpRequest, PassOn], HttpResponse]

#: Where a signature says which service is meant.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
_SCOPE = re.compile(r"Credential=[^/]+/[0-9]+/[^/]+/([a-z0-9-]+)/aws4_request")
SNS, SQS, SES, DYNAMODB = "sns", "sqs", "ses", "dynamodb"


class AwsFront(LoopbackServer):
    """Passes requests on.

    Args:
        default: the emulator's address.
        others: where the requests for a service go instead.
    """

    def __init__(self, default: str, others: Mapping[str, str]) -> None:
        self._default = default
        self._others = others
        self._bad_days: dict[str, BadDay] = {}
        super().__init__(0, max_request_bytes=MAX_REQUEST_BYTES)

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

    def answer(self, request: HttpRequest) -> HttpResponse:
        scope = _SCOPE.search(_header(request, "authorization"))
        service = scope[1] if scope else ""

        def pass_on() -> HttpResponse:
            return forward(self._others.get(service, self._default), request, EMULATOR_SECONDS)

        bad_day = self._bad_days.get(service)
        return bad_day(request, pass_on) if bad_day else pass_on()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super()._serve(scope, receive, send)
        except ConnectionResetError:
            send.__self__.transport.abort()  # uvicorn has no other way to cut a connection
            await receive()  # that it is cut


def _header(request: HttpRequest, wanted: str) -> str:
    return next((value for name, value in request.headers if name.lower() == wanted), "")


def down(_request: HttpRequest, _pass_on: PassOn) -> HttpResponse:
    raise ConnectionResetError


def bad_day(
    *, slow: float = 0, lost: float = 0, refused: float = 0, status: int = 400, code: str = "Throttling"
) -> BadDay:
    """A day on which some requests fail; the same ones in each run.

    Args:
        slow: it does what it is asked, at once, and says so that many seconds later.
        lost: the share of answers that are lost, after it has done what it is asked.
        refused: the share of requests that it refuses, without doing anything.
        status: of a refusal.
        code: of a refusal.
    """
    chance, lock = random.Random(5), threading.Lock()  # noqa: S311 - no secret

    def happens(share: float) -> bool:
        with lock:
            return chance.random() < share

    def answer(request: HttpRequest, pass_on: PassOn) -> HttpResponse:
        if happens(refused):
            return _error(request, status, code)
        done = pass_on()
        time.sleep(slow)
        if happens(lost):
            raise ConnectionResetError
        return done

    return answer


def _error(request: HttpRequest, status: int, code: str) -> HttpResponse:
    """An error as the service's protocol words it: XML for SNS, JSON for the others."""
    if _header(request, "content-type").startswith("application/x-www-form-urlencoded"):
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{code}</Message></Error>"
            "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
        ).encode()
        return HttpResponse(status, [("Content-Type", "text/xml")], body)
    body = json.dumps({"__type": code, "message": code}).encode()
    return HttpResponse(status, [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", code)], body)
