"""The Chalice subclass: one app behind any AWS front door."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from chalice.app import (
    Chalice,
    ChaliceUnhandledError,
    ChaliceViewError,
    MiddlewareHandler,
    Request,
    Response,
    RouteEntry,
)

from frontdoor import events, logs
from frontdoor.language import negotiate
from frontdoor.problems import MEDIA_TYPE, Problem
from frontdoor.responses import Answer, ResponseRefused, write
from frontdoor.routing import Match, Router

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Error = TypeVar("Error", bound=Exception)

#: What a caller may choose as the id of its request: printable, without spaces, short enough for every log.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._~+/=:@-]{1,128}")

#: ``request.path`` and the log's route of a request that no route answers; API Gateway's own word for it.
NO_ROUTE = "$default"


class FrontDoorRequest(Request):
    """Chalice's request, and what the front door found out about it."""

    def __init__(self, event: dict[str, Any], context: object) -> None:  # noqa: D107
        super().__init__(event, context)
        self.request_id = ""
        self._languages: tuple[str, ...] = ()
        self._entries: dict[str, RouteEntry] = {}

    @property
    def language(self) -> str:
        """The app's language that the client wants most."""
        return negotiate(self.headers.get("accept-language", ""), self._languages)


class FrontDoor(Chalice):
    """A Chalice app that answers to an ALB, an HTTP API, a function URL and a REST API alike.

    Args:
        app_name: as in Chalice.
        languages: what problems can be written in, the preferred one first.
        trusted_proxies: how many proxies that append to ``X-Forwarded-For`` stand before the front door.
        debug: as in Chalice; never changes an answer.
        configure_logs: let INFO lines of the app be seen (see ``logs.configure``).
    """

    def __init__(  # noqa: D107
        self,
        app_name: str,
        *,
        languages: Sequence[str] = ("en",),
        trusted_proxies: int = 0,
        debug: bool = False,
        configure_logs: bool = True,
    ) -> None:
        self._now = threading.local()
        # Chalice would write its version into os.environ; a library keeps its hands off.
        super().__init__(app_name, debug=debug, configure_logs=configure_logs, env={})
        self.languages = tuple(languages)
        self.trusted_proxies = trusted_proxies
        self._router = Router(())
        self._problems: dict[type[Exception], Callable[[Any], Problem]] = {}

    def problem_for(
        self,
        kind: type[Error],
    ) -> Callable[[Callable[[Error], Problem]], Callable[[Error], Problem]]:
        """Say which problem an exception becomes; the nearest registered base class wins."""

        def register(explain: Callable[[Error], Problem]) -> Callable[[Error], Problem]:
            self._problems[kind] = explain
            return explain

        return register

    @property
    def request_id(self) -> str:
        """The id of the current request: the caller's ``X-Request-Id`` if well-formed, else API Gateway's or Lambda's."""
        return self._current().request_id

    @property
    def language(self) -> str:
        """The language that the current client wants."""
        return self._current().language

    def _current(self) -> FrontDoorRequest:
        request = self.current_request
        if not isinstance(request, FrontDoorRequest):
            raise RuntimeError("No HTTP request is being handled")  # noqa: TRY004
        return request

    # Threads share an app under `chalice local`, so what belongs to one request is kept for each thread.

    @property  # type: ignore[override]
    def current_request(self) -> Request | None:
        return getattr(self._now, "request", None)

    @current_request.setter
    def current_request(self, request: Request | None) -> None:
        self._now.request = request

    @property  # type: ignore[override]
    def lambda_context(self) -> Any:  # noqa: ANN401
        return getattr(self._now, "context", None)

    @lambda_context.setter
    def lambda_context(self, context: Any) -> None:  # noqa: ANN401
        self._now.context = context

    def _configure_logging(self) -> None:
        logs.configure(self.app_name)

    def _configure_log_level(self) -> None:
        """Chalice would set its logger to ERROR."""

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:  # noqa: ANN401
        """Answer one event. Every dict that comes out is one that the door which sent the event accepts."""
        door = events.recognise(event)
        try:
            http = events.read(door, event) if door else None
        except events.MalformedEvent:
            http = None
        if http is None:
            return self._refuse(door or events.REST, context)
        request = self._request(http, event, context)
        previous = getattr(self, "current_request", None)
        self.current_request, self.lambda_context = request, context
        try:
            response = self._respond(door, request)
        finally:
            self.current_request = previous
        logs.log_access(request.method, request.path, response["statusCode"], request.request_id)
        return response

    def _refuse(self, door: str, context: object) -> dict[str, Any]:
        request_id = getattr(context, "aws_request_id", None) or "-"
        logs.log_refusal("not an HTTP event of a known front door", request_id)
        problem = Problem(
            400,
            detail={
                "es": "El evento no es una petición HTTP que esta aplicación conozca.",
                "en": "The event is no HTTP request that this app knows.",
            },
        )
        language = self.languages[0]
        document = problem.document(language, self.languages, request_id)
        return write(door, Answer(400, {"Content-Type": MEDIA_TYPE, "Content-Language": language}, document))

    def _request(self, http: events.HttpRequest, event: object, context: object) -> FrontDoorRequest:
        match = self._match(http)
        request = FrontDoorRequest(
            {
                "multiValueQueryStringParameters": http.query,
                "headers": http.headers,
                "pathParameters": match.parameters if match else {},
                "body": http.body,
                "stageVariables": http.stage_variables,
                "requestContext": {
                    **http.context,
                    "httpMethod": http.method,
                    "resourcePath": match.template if match else NO_ROUTE,
                    "identity": {**(http.context.get("identity") or {}), "sourceIp": self._client(http)},
                    "authorizer": http.authorizer,
                },
            },
            context,
        )
        request._event_dict = event  # noqa: SLF001 - what to_original_event() is for
        chosen = http.headers.get("x-request-id", "")
        well_formed = _REQUEST_ID.fullmatch(chosen)
        request.request_id = (
            chosen if well_formed else http.request_id or getattr(context, "aws_request_id", None) or "-"
        )
        request._languages = self.languages
        request._entries = self.routes[match.template] if match else {}
        return request

    def _match(self, http: events.HttpRequest) -> Match | None:
        if len(self.routes) != self._router.size:
            self._router = Router(self.routes)
        return self._router.match(http.segments)

    def _client(self, http: events.HttpRequest) -> str:
        return http.peer

    def _respond(self, door: str, request: FrontDoorRequest) -> dict[str, Any]:
        try:
            return write(door, self._answer(request, self._run(request)))
        except Exception as error:
            response = self._explain(error, request)
        try:
            return write(door, self._answer(request, response))
        except Exception as error:
            logs.log_failure(error, request.path, request.request_id)
            return write(door, self._answer(request, self._problem_response(Problem(500), request)))

    def _answer(self, request: FrontDoorRequest, response: Response) -> Answer:
        answer = Answer(response.status_code, response.headers, response.body)
        answer.set("X-Request-Id", request.request_id)
        for entry in request._entries.values():
            if entry.cors is not None:
                for name, value in entry.cors.get_access_control_headers().items():
                    answer.headers.setdefault(name.lower(), (name, [value]))
                break
        if request.method == "HEAD":
            answer.leave_body_out()
        return answer

    def _run(self, request: FrontDoorRequest) -> Response:
        handler: Callable[[Any], Any] = self._view_response
        for middleware in reversed(list(self._get_middleware_handlers("http"))):
            handler = MiddlewareHandler(middleware, handler)
        response = handler(request)
        return response if isinstance(response, Response) else Response(response)

    def _view_response(self, request: FrontDoorRequest) -> Response:
        try:
            response = self._dispatch(request)
        except ChaliceUnhandledError:
            raise
        except Exception as error:
            return self._explain(error, request)
        return response if isinstance(response, Response) else Response(response)

    def _dispatch(self, request: FrontDoorRequest) -> object:
        entries = request._entries
        if not entries:
            raise Problem(404)
        method = request.method
        entry = entries.get(method) or (entries.get("GET") if method == "HEAD" else None)
        if entry is None:
            allowed = _allow(entries)
            if method == "OPTIONS":
                return Response(None, {"Allow": allowed}, 204)
            raise Problem(405, headers={"Allow": allowed})
        return entry.view_function(**{name: request.uri_params[name] for name in entry.view_args})

    def _explain(self, error: Exception, request: FrontDoorRequest) -> Response:
        return self._problem_response(self._problem_of(error, request), request)

    def _problem_of(self, error: Exception, request: FrontDoorRequest) -> Problem:
        for kind in type(error).__mro__:
            explain = self._problems.get(kind)
            if explain is not None:
                return explain(error)
        if isinstance(error, Problem):
            return error
        if isinstance(error, ChaliceViewError) and error.STATUS_CODE < 500:
            return Problem(error.STATUS_CODE, detail=str(error))
        logs.log_failure(error, request.path, request.request_id)
        return Problem(500)

    def _problem_response(self, problem: Problem, request: FrontDoorRequest) -> Response:
        language = request.language
        document = problem.document(language, self.languages, request.request_id)
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Content-Language": language,
            "Vary": "Accept-Language",
            **problem.headers,
        }
        return Response(document, headers, problem.status)


def _allow(entries: dict[str, RouteEntry]) -> str:
    methods = {*entries, "OPTIONS"}
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods))
