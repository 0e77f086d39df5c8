"""The Chalice subclass: one app behind any AWS front door.

The way of a request::

    event ─ events.read ─► HttpRequest ─ routing ─► FrontDoorRequest ─ middleware ─► view ─► chalice.Response
                                                                                              │
    what the door wants ◄─ responses.write ─ Answer ◄─────────────────────────────────────────┘

Chalice's own handler knows one event, answers errors of its own, and turns the response into JSON where nothing can be
caught any more. What it does for an app is done here: middleware, CORS, ``content_types``, authorizers.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from chalice.app import Chalice, ChaliceUnhandledError, ChaliceViewError, MiddlewareHandler, Response

from chalice_frontdoor import events, logs
from chalice_frontdoor.problems import MEDIA_TYPE, InvalidInput, Problem, invalid_input
from chalice_frontdoor.request import FrontDoorRequest, client_address, request_id_of
from chalice_frontdoor.responses import Answer, ResponseTooLarge, write
from chalice_frontdoor.routing import Match, Router

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from chalice.app import Request, RouteEntry

    from chalice_frontdoor.access import Caller
    from chalice_frontdoor.problems import ProblemTable


_UNKNOWN_EVENT = {
    "es": "El evento no es una petición HTTP de una puerta de entrada conocida.",
    "en": "The event is no HTTP request of a known front door.",
}
_TOO_LARGE = {"es": "La respuesta es demasiado grande para enviarla.", "en": "The response is too large to be sent."}


class FrontDoor(Chalice):
    """A Chalice app that answers to an ALB, an HTTP API, a function URL and a REST API alike.

    Args:
        app_name: as in Chalice.
        languages: the languages that problems are written in, the preferred one first; not empty.
        trusted_proxies: how many proxies that append to ``X-Forwarded-For`` stand before the front door.
        debug: as in Chalice, but no answer ever shows a stack.
        configure_logs: make INFO lines of the app visible (see ``chalice_frontdoor.logs.configure``).
    """

    def __init__(
        self,
        app_name: str,
        *,
        languages: Sequence[str] = ("en",),
        trusted_proxies: int = 0,
        debug: bool = False,
        configure_logs: bool = True,
    ) -> None:
        if not languages:
            raise ValueError("FrontDoor needs at least one language")
        # Threads share an app under `chalice local`, so each has its own current request.
        self._thread = threading.local()
        self._languages = tuple(languages)
        self._trusted_proxies = trusted_proxies
        self._router = Router(())
        #: What each route does, by method and template.
        self.specs: dict[tuple[str, str], dict[str, Any]] = {}
        self._problems: dict[type[Exception], Problem | Callable[[Any], Problem]] = {InvalidInput: invalid_input}
        # Chalice writes its version into the environment that it is given: not into the process's.
        super().__init__(app_name, debug=debug, configure_logs=configure_logs, env={})

    def route(self, path: str, **options: Any) -> Callable[..., Any]:  # noqa: ANN401 - as in Chalice
        """Register a view as in Chalice; ``spec`` describes the operation (see ``chalice_frontdoor.openapi``)."""
        spec = options.pop("spec", None)
        if spec is not None:
            self.specs |= {(method, path): spec for method in options.get("methods", ["GET"])}
        register: Callable[..., Any] = super().route(path, **options)
        return register

    def register_problems(self, problems: ProblemTable) -> None:
        """Register what exceptions become. Of an exception's base classes the nearest that is registered counts."""
        self._problems.update(problems)

    @property
    def request_id(self) -> str:
        """The id of the current request: the caller's if well-formed, else API Gateway's or Lambda's."""
        return self.current_request.request_id

    @property
    def language(self) -> str:
        """The language that the current client wants."""
        return self.current_request.language

    @property
    def caller(self) -> Caller:
        """The caller that ``chalice_frontdoor.Access`` admitted. On a route without one this is a ``RuntimeError``."""
        caller = self.current_request.caller
        if caller is None:
            raise RuntimeError("The route is open to anybody: it has no caller")
        return caller

    @property
    def current_request(self) -> FrontDoorRequest:
        """The request that this thread is handling. Outside of one this is a ``RuntimeError``."""
        request: FrontDoorRequest | None = getattr(self._thread, "request", None)
        if request is None:
            raise RuntimeError("No HTTP request is being handled")
        return request

    @current_request.setter
    def current_request(self, request: Request | None) -> None:
        self._thread.request = request

    @property
    def lambda_context(self) -> Any:  # noqa: ANN401 - a class of the Lambda runtime
        """What Lambda handed over beside the event of this thread; None before the first."""
        return getattr(self._thread, "context", None)

    @lambda_context.setter
    def lambda_context(self, context: Any) -> None:  # noqa: ANN401
        self._thread.context = context

    def on_snapshot(self, *, before: Callable[[], object], after: Callable[[], object]) -> None:
        """Register what Lambda SnapStart calls (on Lambda, from Python 3.12 on; elsewhere this does nothing).

        Args:
            before: called before the snapshot is taken. Requests need not import what it imports.
            after: called in each process that starts from the snapshot. Open connections are broken by then.

        https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
        """
        try:
            import snapshot_restore_py as snapshots  # noqa: PLC0415 - only some runtimes bring it
        except ImportError:
            return
        snapshots.register_before_snapshot(before)
        snapshots.register_after_restore(after)

    def _configure_logging(self) -> None:
        logs.configure(self.app_name)

    def _configure_log_level(self) -> None:
        """Keep the level. Chalice sets it to ERROR whenever ``debug`` is set to False."""

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever Lambda is given
        """Answer an event, whatever it is, with a response that the door which sent it accepts."""
        door = events.recognise(event)
        if door is None:
            return self._refuse(events.REST, context)
        try:
            http = events.read(door, event)
        except events.MalformedEvent as error:
            return self._refuse(door, context, error)
        request = self._receive(http, context)
        self.current_request, self.lambda_context = request, context
        logs.begin_access()
        try:
            response = self._respond(door, request)
        finally:
            self.current_request = None
        logs.log_access(request.method, request.path, response["statusCode"], request.request_id)
        return response

    def _refuse(self, door: str, context: object, error: Exception | None = None) -> dict[str, Any]:
        """Answer an event that is not an HTTP request: a warm-up, a test event, an event of another service."""
        request_id = request_id_of(context)
        logs.log_unknown_event(request_id, error)
        response = self._problem_response(Problem(400, detail=_UNKNOWN_EVENT), self._languages[0], request_id)
        return write(door, _answer_of(response, request_id))

    def _receive(self, http: events.HttpRequest, context: object) -> FrontDoorRequest:
        match = self._match(http)
        if self._trusted_proxies:
            http.client = client_address(http.client, http.headers.get("x-forwarded-for", ""), self._trusted_proxies)
        return FrontDoorRequest(http, context, match, self.routes[match.template] if match else {}, self._languages)

    def _match(self, http: events.HttpRequest) -> Match | None:
        if len(self.routes) != self._router.size:
            self._router = Router(self.routes)
        if http.matched is None:
            return self._router.match(http.segments)
        # With explicit routes API Gateway has matched already, and read parameters that a decoded path cannot show.
        return self._confirm(http.matched) or self._router.match(http.segments)

    def _confirm(self, match: Match) -> Match | None:
        """The door's own match, if the app has that route and the door read all that the view asks for."""
        # Never look a template up by index: Chalice's table is a defaultdict, and would keep it.
        entries = self.routes.get(match.template)
        names = {name for entry in entries.values() for name in entry.view_args} if entries else None
        return match if names is not None and names <= match.parameters.keys() else None

    def _respond(self, door: str, request: FrontDoorRequest) -> dict[str, Any]:
        try:
            return write(door, self._answer(self._run(request), request))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the client gets an answer
            return self._respond_error(door, error, request)

    def _respond_error(self, door: str, error: Exception, request: FrontDoorRequest) -> dict[str, Any]:
        try:
            return write(door, self._answer(self._explain(error, request), request))
        except Exception as failure:  # noqa: BLE001 - explaining went wrong too
            logs.log_failure(failure, request.path, request.request_id)
            response = self._problem_response(Problem(500), self._languages[0], request.request_id)
            answer = _answer_of(response, request.request_id)
        if request.method == "HEAD":
            answer.leave_body_out()
        return write(door, answer)

    def _answer(self, response: Response, request: FrontDoorRequest) -> Answer:
        headers = {**_cors_headers(request), **response.headers, "X-Request-Id": request.request_id}
        answer = Answer(response.status_code, headers, response.body)
        if request.method == "HEAD":
            answer.leave_body_out()
        return answer

    def _run(self, request: FrontDoorRequest) -> Response:
        handler: Callable[[Any], Any] = self._view_response
        for middleware, event_type in reversed(self.middleware_handlers):
            if event_type in {"all", "http"}:
                handler = MiddlewareHandler(middleware, handler)
        return _as_response(handler(request))

    def _view_response(self, request: FrontDoorRequest) -> Response:
        try:
            return _as_response(self._dispatch(request))
        except ChaliceUnhandledError:
            raise  # Chalice's way to hand an error to the middleware
        except Exception as error:  # noqa: BLE001 - the middleware sees the problem as a response
            return self._explain(error, request)

    def _dispatch(self, request: FrontDoorRequest) -> object:
        entries = request.routes
        if not entries:
            raise Problem(404)
        method = request.method
        entry = entries.get(method)
        if entry is None and method == "HEAD":
            entry = entries.get("GET")
        if entry is None:
            return _answer_without_view(method, entries)
        if entry.authorizer is not None and not request.authorized:
            raise Problem(401)
        if request.raw_body:
            _check_content_type(request, entry)
        parameters = request.uri_params or {}
        return entry.view_function(**{name: parameters[name] for name in entry.view_args})

    def _explain(self, error: Exception, request: FrontDoorRequest) -> Response:
        problem = self._problem_of(error)
        if problem.status >= 500:  # noqa: PLR2004 - the server is at fault: the log needs the stack
            logs.log_failure(error, request.path, request.request_id)
        return self._problem_response(problem, request.language, request.request_id)

    def _problem_of(self, error: Exception) -> Problem:
        for base in type(error).__mro__:
            problem = self._problems.get(base)
            if problem is not None:
                return problem if isinstance(problem, Problem) else problem(error)
        if isinstance(error, Problem):
            return error
        if isinstance(error, ChaliceViewError) and error.STATUS_CODE < 500:  # noqa: PLR2004
            # Chalice's own exceptions carry a text that is meant for the client.
            return Problem(error.STATUS_CODE, detail=str(error))
        if isinstance(error, ResponseTooLarge):
            return Problem(500, detail=_TOO_LARGE)
        return Problem(500)

    def _problem_response(self, problem: Problem, language: str, request_id: str) -> Response:
        headers: dict[str, Any] = {
            "Content-Type": MEDIA_TYPE,
            "Content-Language": language,
            "Vary": "Accept-Language",
            **problem.headers,
        }
        return Response(problem.document(language, self._languages, request_id), headers, problem.status)


def _answer_of(response: Response, request_id: str) -> Answer:
    return Answer(response.status_code, {**response.headers, "X-Request-Id": request_id}, response.body)


def _as_response(result: object) -> Response:
    return result if isinstance(result, Response) else Response(result)


def _answer_without_view(method: str, entries: dict[str, RouteEntry]) -> Response:
    """OPTIONS, or 405 for a method that the route does not have (RFC 9110, section 15.5.6).

    Raises:
        Problem: 405.
    """
    if method != "OPTIONS":
        raise Problem(405, headers={"Allow": _list_methods(entries)})
    headers: dict[str, Any] = {"Allow": _list_methods(entries)}
    readable = [name for name, entry in entries.items() if entry.cors is not None]
    if readable:
        headers["Access-Control-Allow-Methods"] = _list_methods(readable)
    return Response(None, headers, 204)


def _list_methods(methods: Iterable[str]) -> str:
    """The methods of a route with those that come by themselves."""
    implied = {"HEAD", "OPTIONS"} if "GET" in methods else {"OPTIONS"}
    return ", ".join(sorted({*methods, *implied}))


def _check_content_type(request: FrontDoorRequest, entry: RouteEntry) -> None:
    """Refuse a body that the route does not take.

    Raises:
        Problem: 415.
    """
    accepted = entry.content_types
    if not accepted or "*/*" in accepted:
        return
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if not any(media_type == content_type.lower() for content_type in accepted):
        raise Problem(415, headers={"Accept": ", ".join(accepted)})


def _cors_headers(request: FrontDoorRequest) -> dict[str, str]:
    """What CORS adds to an answer, errors too: a browser hides those that lack it.

    The method's own configuration counts. A preflight, and a method that the route lacks, have the route's first.
    """
    own = request.routes.get("GET" if request.method == "HEAD" else request.method)
    for entry in [own] if own else request.routes.values():
        if entry.cors is not None:
            return entry.cors.get_access_control_headers()
    return {}
