"""Sends requests with httpx over long-lived connections.

Only this module imports httpx: importing it takes longer than everything else before the first answer.
"""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

import certifi
import httpx

from chalicelib.web.limits import CONNECT_SECONDS, KEEP_ALIVE_SECONDS, MAX_ANSWER_BODY_BYTES
from chalicelib.web.upstream import (
    AnswerTooLarge,
    UpstreamAnswer,
    UpstreamBroken,
    UpstreamTooSlow,
    UpstreamUnreachable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.web.limits import Deadline
    from chalicelib.web.upstream import UpstreamRequest

# A Lambda sends one request at a time, and a deep health check one to each upstream; `make run` sends as many as its
# clients do.
_MAX_CONCURRENT_REQUESTS = 64
# Seconds after the deadline: by then a worker has noted whether it began to send.
_GRACE_SECONDS = 0.1
_FINAL_STATUSES = range(200, 600)


def make_tls_context() -> ssl.SSLContext:
    """TLS that trusts the system's certificate authorities, or certifi's where the system has none.

    Reading a store takes a sixth of the time before this app's first answer, so only one is read.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(certifi.where())
    return context


class HttpxClient:
    """One client for the life of the process. Threads may share it.

    httpx limits each read and each write, and nothing limits name resolution: an upstream that sends a byte now and
    then would keep a request waiting for ever. So each request runs in a worker thread, and the caller waits for it
    no longer than its deadline allows.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, max_answer_bytes: int = MAX_ANSWER_BODY_BYTES) -> None:
        """Make the client.

        Args:
            tls: decides which certificates are trusted; ``make_tls_context()`` by default. Making one is slow.
            max_answer_bytes: the longest body that is read.
        """
        self._max_answer_bytes = max_answer_bytes
        self._client = httpx.Client(
            verify=tls or make_tls_context(),
            # Neither proxies nor credentials come from the environment.
            trust_env=False,
            # One client's cookie must not be sent with the request of another: the jar accepts none.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            limits=httpx.Limits(max_connections=None, keepalive_expiry=KEEP_ALIVE_SECONDS),
        )
        self._workers = ThreadPoolExecutor(_MAX_CONCURRENT_REQUESTS, "upstream")

    def send(self, request: UpstreamRequest, deadline: Deadline) -> UpstreamAnswer:
        """Send ``request`` and read the whole answer before ``deadline``.

        A server may close an idle connection at the moment it is used again. A safe request that meets this is sent
        once more; any other is not, because the server may have acted on it.

        Raises:
            UpstreamError: there is no usable answer.
        """
        attempt = _Attempt(deadline)
        answer = self._workers.submit(self._send, request, attempt)
        try:
            return answer.result(deadline.seconds_left() + _GRACE_SECONDS)
        except TimeoutError:
            raise UpstreamTooSlow(request, request_sent=attempt.sent, reason="deadline") from None

    def close(self) -> None:
        """Close all connections."""
        self._workers.shutdown(wait=False)
        self._client.close()

    def _send(self, request: UpstreamRequest, attempt: _Attempt) -> UpstreamAnswer:
        try:
            return self._exchange(request, attempt)
        except UpstreamBroken:
            if not (request.is_safe and attempt.met_closing_connection):
                raise
        return self._exchange(request, attempt)

    def _exchange(self, request: UpstreamRequest, attempt: _Attempt) -> UpstreamAnswer:
        seconds = attempt.deadline.seconds_left()
        if seconds <= 0:
            raise UpstreamTooSlow(request, request_sent=attempt.sent, reason="deadline")
        message = httpx.Request(
            request.method,
            request.upstream.address.origin,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
            content=request.body,
            extensions={
                # The target is sent as it was built and measured: httpx would normalize a URL's path.
                "target": request.target.encode("ascii"),
                "timeout": httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)).as_dict(),
                "trace": attempt.trace,
            },
        )
        try:
            with closing(self._client.send(message, stream=True)) as response:
                return self._read(request, response, attempt.deadline)
        except httpx.TimeoutException as error:
            raise UpstreamTooSlow(request, request_sent=attempt.sent, reason=type(error).__name__) from None
        except httpx.ConnectError as error:
            raise UpstreamUnreachable(request, request_sent=attempt.sent, reason=type(error).__name__) from None
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            raise UpstreamBroken(request, request_sent=attempt.sent, reason=type(error).__name__) from None

    def _read(self, request: UpstreamRequest, response: httpx.Response, deadline: Deadline) -> UpstreamAnswer:
        if response.status_code not in _FINAL_STATUSES:
            raise UpstreamBroken(request, request_sent=True, reason=f"status {response.status_code}")
        body = bytearray()
        # Raw: a content coding that the upstream chose is passed on, not undone.
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > self._max_answer_bytes:
                raise AnswerTooLarge(request, request_sent=True, reason=f"more than {self._max_answer_bytes} bytes")
            if deadline.seconds_left() <= 0:
                raise UpstreamTooSlow(request, request_sent=True, reason="deadline")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        return UpstreamAnswer(response.status_code, headers, bytes(body))


@dataclass(slots=True)
class _Attempt:
    """How far a request came, according to httpx's trace extension."""

    deadline: Deadline
    connected: bool = False
    sent: bool = False
    answered: bool = False

    @property
    def met_closing_connection(self) -> bool:
        """Whether it used an idle connection again and no answer came."""
        return not self.connected and not self.answered

    def trace(self, event: str, _info: Mapping[str, object]) -> None:
        """Take note of one of httpx's events. After the deadline nothing is sent any more.

        Raises:
            httpx.WriteTimeout: it is too late to send the request.
        """
        match event:
            case "connection.connect_tcp.started":
                self.connected = True
            case "http11.send_request_headers.started":
                if self.deadline.seconds_left() <= 0:
                    raise httpx.WriteTimeout(event)
                self.sent = True
            case "http11.receive_response_headers.complete":
                self.answered = True
