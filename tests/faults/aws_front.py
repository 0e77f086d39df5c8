"""Stands before the emulator, and fails as AWS does on its bad days: each service apart, as it is told."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chalice_devserver.http import HttpRequest, HttpResponse, LoopbackServer, forward
from local.ses import EMULATOR_SECONDS, MAX_REQUEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    PassOn = Callable[[], HttpResponse]
    Fault = Callable[[HttpRequest, PassOn], HttpResponse]

#: Where a signature says which service is meant.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
_SCOPE = re.compile(r"Credential=[^/]+/[0-9]+/[^/]+/([a-z0-9-]+)/aws4_request")
SNS, SQS, SES, DYNAMODB, SSM = "sns", "sqs", "ses", "dynamodb", "ssm"


class AwsFront(LoopbackServer):
    """Passes requests on.

    Args:
        default: the emulator's address.
        others: where the requests for a service go instead.
    """

    def __init__(self, default: str, others: Mapping[str, str]) -> None:
        self._default = default
        self._others = others
        self._faults: dict[str, Fault] = {}
        self.requests: Counter[str] = Counter()
        super().__init__(0, max_request_bytes=MAX_REQUEST_BYTES)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def broken(self, service: str, fault: Fault) -> Iterator[None]:
        """One service fails so for the length of the block."""
        self._faults[service] = fault
        try:
            yield
        finally:
            del self._faults[service]

    def answer(self, request: HttpRequest) -> HttpResponse:
        """What AWS says on such a day."""
        authorization = next((value for name, value in request.headers if name.lower() == "authorization"), "")
        scope = _SCOPE.search(authorization)
        service = scope[1] if scope else ""
        self.requests[service] += 1
        fault = self._faults.get(service)

        def pass_on() -> HttpResponse:
            return forward(self._others.get(service, self._default), request, EMULATOR_SECONDS)

        return fault(request, pass_on) if fault else pass_on()


# ---- bad days --------------------------------------------------------------------------------------------------------


def down(_request: HttpRequest, _pass_on: PassOn) -> HttpResponse:
    """The connection is cut, and nothing is done."""
    raise ConnectionResetError


def slow(seconds: float) -> Fault:
    """It does what it is asked, at once, and says so later."""

    def fault(_request: HttpRequest, pass_on: PassOn) -> HttpResponse:
        answer = pass_on()
        time.sleep(seconds)
        return answer

    return fault


def losing_answers(share: float) -> Fault:
    """It does what it is asked; of its answers this share is lost. The same ones in each run."""
    chance, lock = random.Random(5), threading.Lock()  # noqa: S311 - no secret

    def fault(_request: HttpRequest, pass_on: PassOn) -> HttpResponse:
        answer = pass_on()
        with lock:
            is_lost = chance.random() < share
        if is_lost:
            raise ConnectionResetError
        return answer

    return fault


def refusing(status: int, code: str, *, share: float = 1) -> Fault:
    """Nothing is done, and the answer is an error of this code, for this share of the requests."""
    chance, lock = random.Random(7), threading.Lock()  # noqa: S311 - no secret

    def fault(request: HttpRequest, pass_on: PassOn) -> HttpResponse:
        with lock:
            is_refused = chance.random() < share
        return _error(request, status, code) if is_refused else pass_on()

    return fault


def _error(request: HttpRequest, status: int, code: str) -> HttpResponse:
    """An error as the service's protocol words it: XML for SNS, JSON for the others."""
    content_type = next((value for name, value in request.headers if name.lower() == "content-type"), "")
    if content_type.startswith("application/x-www-form-urlencoded"):
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{code}</Message></Error>"
            "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
        ).encode()
        return HttpResponse(status, [("Content-Type", "text/xml")], body)
    body = json.dumps({"__type": code, "message": code}).encode()
    return HttpResponse(status, [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", code)], body)
