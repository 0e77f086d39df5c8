"""The Chalice subclass: one app behind any AWS front door.

The way of a request::

    event ─ events.read ─► FrontDoorRequest ─ routing, middleware ─► view ─► chalice.Response
                                                                              │
    what the door wants ◄─ responses.write ─ Answer ◄─────────────────────────┘

Chalice's own handler knows one event, and turns the response into JSON where nothing can be caught any more. What it
does for an app is done here: middleware, CORS, ``content_types``, authorizers. Views are called through the method of
it that other people's integrations replace (Sentry's).
"""

from __future__ import annotations

import threading
import traceback
from typing import TYPE_CHECKING, Any

from chalice.app import (
    Chalice,
    ChaliceUnhandledError,
    ChaliceViewError,
    MiddlewareHandler,
    Response,
    RestAPIEventHandler,
)

from chalice_frontdoor import events, logs
from chalice_frontdoor.problems import MEDIA_TYPE, UNEXPECTED, DefaultProblem, InvalidInput, Problem, invalid_input
from chalice_frontdoor.request import NO_ID, client_address, request_id_of
from chalice_frontdoor.responses import Answer, ResponseTooLarge, write
from chalice_frontdoor.routing import Router, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence

    from chalice.app import Request, RouteEntry

    from chalice_frontdoor.access import Caller
    from chalice_frontdoor.events import Form
    from chalice_frontdoor.problems import ProblemTable
    from chalice_frontdoor.request import FrontDoorRequest
    from chalice_frontdoor.routing import Match


_UNKNOWN_EVENT = {
    "es": "El evento no es una petición HTTP de una puerta de entrada conocida.",
    "en": "The event is no HTTP request of a known front door.",
}
_UNDECLARED = {
    "es": "Esta aplicación no responde a esa puerta de entrada.",
    "en": "This app does not answer to that front door.",
}
_TOO_LARGE = {"es": "La respuesta es demasiado grande para enviarla.", "en": "The response is too large to be sent."}

#: The front doors that an app may declare.
DOORS = tuple(dict.fromkeys(form.door for form in events.FORMS.values()))
NO_HEADERS: Mapping[str, str] = {}
#: Sent with each page unless the view sends its own, by the name in lower case.
_PAGE_HEADERS = {
    "x-content-type-options": ("X-Content-Type-Options", "nosniff"),
    "cache-control": ("Cache-Control", "no-store"),
}
#: And with what is no page: opened in a browser, it can load nothing and stand in no frame.
_SAFE_HEADERS = {
    **_PAGE_HEADERS,
    "content-security-policy": ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
}


class FrontDoor(Chalice):
    """A Chalice app that answers to an ALB, an HTTP API, a function URL, VPC Lattice and a REST API alike.

    The first four arguments are Chalice's; ``configure_logs`` makes INFO lines of the app visible.

    Args:
        doors: the front doors that the app stands behind, of ``DOORS``. Events of others are refused: a program that
            may invoke the function could invent them, claims and all.
        base_path: what stands before the routes' paths, such as ``/api`` (the rule of an ALB, an HTTP API's mapping).
        problems: every error is a problem document, also those that Chalice answers with ``Code`` and ``Message``.
        languages: the languages that problems are written in, the preferred one first; not empty.
        trusted_proxies: how many proxies that append to ``X-Forwarded-For`` stand before the front door.
        safe_headers: send headers that make an answer safe in a browser, unless the view sends its own.
        quiet_libraries: hide INFO lines of libraries, which Lambda's JSON format shows.

    Raises:
        ValueError: ``languages`` is empty, or a door is unknown.
    """

    def __init__(  # noqa: PLR0913 - Chalice's arguments, and the front door's
        self,
        app_name: str,
        debug: bool = False,  # noqa: FBT001, FBT002 - as in Chalice
        configure_logs: bool = True,  # noqa: FBT001, FBT002
        env: MutableMapping[str, str] | None = None,
        *,
        doors: Iterable[str] = DOORS,
        base_path: str = "",
        problems: bool = False,
        languages: Sequence[str] = ("en",),
        trusted_proxies: int = 0,
        safe_headers: bool = True,
        quiet_libraries: bool = False,
    ) -> None:
        if not languages:
            raise ValueError("FrontDoor needs at least one language")
        declared = frozenset(doors)
        if unknown := declared - frozenset(DOORS):
            raise ValueError(f"FrontDoor knows the doors {', '.join(DOORS)}; not {', '.join(sorted(unknown))}")
        self._doors = declared
        # Threads share an app under `chalice local`: the current request of each that handles one.
        self._requests: dict[int, Any] = {}
        self._base = split(base_path)
        self._all_problems = problems
        self._languages = tuple(languages)
        self._trusted_proxies = trusted_proxies
        self._sends_safe_headers = safe_headers
        self._quiet_libraries = quiet_libraries
        self._router = Router(())
        #: What each route does, by method and template.
        self.specs: dict[tuple[str, str], dict[str, Any]] = {}
        self._problems: dict[type[Exception], Problem | Callable[[Any], Problem]] = {InvalidInput: invalid_input}
        super().__init__(app_name, debug, configure_logs, env)

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
        """The id of the current request: API Gateway's or Lambda's."""
        request = self.current_request
        return request.request_id if request else NO_ID

    @property
    def caller(self) -> Caller:
        """The caller that ``chalice_frontdoor.Access`` admitted; on a route without one an ``AttributeError``."""
        request = self.current_request
        if request is None or request.caller is None:
            raise AttributeError("The route is open to anybody: it has no caller")
        return request.caller

    @property
    def current_request(self) -> FrontDoorRequest:
        """The request that this thread is handling; in a thread that handles none, the app's only one.

        Outside of requests, as in a handler of a queue, it is None: its type says otherwise so that views need not ask.
        """
        own: Any = self._requests.get(threading.get_ident())
        if own is None:
            others = list(self._requests.values())
            own = others[0] if len(others) == 1 else None
        request: FrontDoorRequest = own
        return request

    @current_request.setter
    def current_request(self, request: Request | None) -> None:
        if request is None:
            self._requests.pop(threading.get_ident(), None)
        else:
            self._requests[threading.get_ident()] = request

    @property
    def lambda_context(self) -> Any:  # type: ignore[override]  # noqa: ANN401 - a class of the Lambda runtime
        """What Lambda handed over beside the event of the current request; None outside of one."""
        request = self.current_request
        return request.lambda_context if request else None

    def on_snapshot(self, *, before: Callable[[], object], after: Callable[[], object]) -> None:
        """Register what Lambda SnapStart calls before a snapshot, and in each process that starts from one.

        Elsewhere this does nothing. https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
        """
        try:
            import snapshot_restore_py as snapshots  # noqa: PLC0415 - only some runtimes bring it
        except ImportError:
            return
        snapshots.register_before_snapshot(before)
        snapshots.register_after_restore(after)

    def _configure_logging(self) -> None:
        logs.configure(self.app_name, debug=self.debug, quiet_libraries=self._quiet_libraries)

    def _configure_log_level(self) -> None:
        """Show DEBUG lines while ``debug`` is on. Chalice sets ERROR whenever it is off, and hides INFO lines."""
        if self.configure_logs:
            logs.set_level(self.app_name, debug=self.debug)

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever Lambda is given
        """Answer an event, whatever it is, with a response that the door which sent it accepts."""
        form = events.recognise(event)
        if form is None or form.door not in self._doors:
            return self._refuse(form, context)
        try:
            request = events.read(form, event)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return self._refuse(form, context, error)
        self._place(request, context)
        self.current_request = request  # `chalice local` keeps it elsewhere
        logs.begin_access()
        try:
            response = self._respond(form, request)
        finally:
            self.current_request = None
        logs.log_access(request, response["statusCode"])
        return response

    def _refuse(self, form: Form | None, context: object, error: Exception | None = None) -> dict[str, Any]:
        """Answer an event that no declared door sent, or that is not an HTTP request (a warm-up, a test event)."""
        request_id = request_id_of(getattr(context, "aws_request_id", None))
        if form is None or error is not None:
            logs.log_unknown_event(request_id, error)
            problem = Problem(400, detail=_UNKNOWN_EVENT)
        else:
            logs.log_undeclared(form.door, request_id)
            problem = Problem(403, detail=_UNDECLARED)
        return self._send(form or events.FORMS["rest"], self._problem_response(problem, request_id), request_id)

    def _place(self, request: FrontDoorRequest, context: object) -> None:
        # With explicit routes API Gateway has matched already, and read parameters that a decoded path cannot show.
        match = (request.matched and self._confirm(request.matched)) or self._match(request.segments)
        if self._trusted_proxies:
            forwarded = request.headers.get("x-forwarded-for", "")
            request.client = client_address(request.client, forwarded, self._trusted_proxies)
        request.place(match, self.routes[match[0]] if match else {}, context, self._languages)

    def _match(self, segments: list[str]) -> Match | None:
        if len(self.routes) != self._router.size:
            self._router = Router(self.routes)
        length = len(self._base)
        return self._router.match(segments[length:] if length and segments[:length] == self._base else segments)

    def _confirm(self, match: Match) -> Match | None:
        """The door's own match, if the app has that route and the door read all that the view asks for."""
        template, parameters = match
        # Never look a template up by index: Chalice's table is a defaultdict, and would keep it.
        entries = self.routes.get(template)
        names = {name for entry in entries.values() for name in entry.view_args} if entries else None
        return match if names is not None and names <= parameters.keys() else None

    def _respond(self, form: Form, request: FrontDoorRequest) -> dict[str, Any]:
        request_id, method = request.request_id, request.method
        try:
            try:
                return self._send(form, self._run(request), request_id, method, _cors_headers(request))
            except Exception as error:  # noqa: BLE001 - whatever went wrong, the client gets an answer
                return self._send(form, self._explain(error, request), request_id, method, _cors_headers(request))
        except Exception as failure:  # noqa: BLE001 - explaining went wrong too
            logs.log_failure(failure, request.path, request_id)
            return self._send(form, self._problem_response(Problem(500), request_id), request_id, method)

    def _send(
        self, form: Form, response: Response, request_id: str, method: str = "GET", cors: Mapping[str, str] = NO_HEADERS
    ) -> dict[str, Any]:
        answer = Answer(response.status_code, {**cors, **response.headers} if cors else response.headers, response.body)
        if self._sends_safe_headers:
            answer.headers = (_PAGE_HEADERS if answer.kind.is_page else _SAFE_HEADERS) | answer.headers
        answer.headers["x-request-id"] = ("X-Request-Id", request_id)
        if method == "HEAD":
            answer.leave_body_out()
        return write(form, answer, self.api.binary_types)

    def _run(self, request: FrontDoorRequest) -> Response:
        handler: Callable[[Any], Any] = self._view_response
        for middleware, event_type in reversed(self.middleware_handlers):
            if event_type in {"all", "http"}:
                handler = MiddlewareHandler(middleware, handler)
        result = handler(request)
        return result if isinstance(result, Response) else Response(result)

    def _view_response(self, request: FrontDoorRequest) -> Response:
        try:
            return self._dispatch(request)
        except ChaliceUnhandledError:
            raise  # Chalice's way to hand an error to the middleware
        except Exception as error:  # noqa: BLE001 - the middleware sees the problem as a response
            return self._explain(error, request)

    def _dispatch(self, request: FrontDoorRequest) -> Response:
        entry = request.entry
        if entry is None:
            return _answer_without_view(request.method, request.routes)
        if entry.authorizer is not None and not request.authorized:
            raise DefaultProblem(401, "UnauthorizedError", "The front door has asked no authorizer.")
        if request.content_type is not None or request.raw_body:
            _check_content_type(request, entry)
        return self._call(entry, request)

    def _call(self, entry: RouteEntry, request: FrontDoorRequest) -> Response:
        """Call a view where Chalice calls it: integrations wrap it there, and see each error that becomes a 5xx."""

        def view(**arguments: str) -> object:
            try:
                return entry.view_function(**arguments)
            except ChaliceUnhandledError:
                raise
            except Exception as error:
                if isinstance(error, ChaliceViewError) or self._problem_of(error, request).status < 500:  # noqa: PLR2004
                    return self._explain(error, request)
                raise

        parameters = request.uri_params or {}
        arguments = {name: parameters[name] for name in entry.view_args}
        # The app itself stands in for the handler, of which one would have to be made for each request.
        handler: Any = self
        response: Response = RestAPIEventHandler._get_view_function_response(handler, view, arguments)  # noqa: SLF001
        return response

    def _validate_response(self, _response: Response) -> None:
        """Chalice's method calls this; ``Answer`` checks the response."""

    def _unhandled_exception_to_response(self) -> Response:
        raise  # noqa: PLE0704 - Chalice's method calls this where it has caught the exception

    def _explain(self, error: Exception, request: FrontDoorRequest) -> Response:
        problem = self._problem_of(error, request)
        if problem.status >= 500:  # noqa: PLR2004 - the server is at fault: the log needs the stack
            logs.log_failure(error, request.path, request.request_id)
        if isinstance(problem, DefaultProblem):
            if self.debug and problem.code == UNEXPECTED:
                stack = "".join(traceback.format_exception(error))
                return Response(stack, {"Content-Type": "text/plain"}, problem.status)
            if not self._all_problems:
                return Response({"Code": problem.code, "Message": problem.message}, problem.headers, problem.status)
        return self._problem_response(problem, request.request_id, request.language)

    def _problem_of(self, error: Exception, request: FrontDoorRequest) -> Problem:
        """What an error becomes; found out once, since the functions of the app's table may log."""
        if request.explained is None or request.explained[0] is not error:
            request.explained = error, self._find_problem(error)
        return request.explained[1]

    def _find_problem(self, error: Exception) -> Problem:
        for base in type(error).__mro__:
            problem = self._problems.get(base)
            if problem is not None:
                return problem if isinstance(problem, Problem) else problem(error)
        if isinstance(error, Problem):
            return error
        if isinstance(error, ChaliceViewError):
            # Chalice's own exceptions carry a text that is meant for the client.
            return DefaultProblem(error.STATUS_CODE, type(error).__name__, str(error), detail=str(error))
        detail = _TOO_LARGE if isinstance(error, ResponseTooLarge) else None
        return DefaultProblem(500, UNEXPECTED, "An internal server error occurred.", detail=detail)

    def _problem_response(self, problem: Problem, request_id: str, language: str = "") -> Response:
        language = language or self._languages[0]
        headers: dict[str, Any] = {"Content-Type": MEDIA_TYPE, "Content-Language": language, "Vary": "Accept-Language"}
        document = problem.document(language, self._languages, request_id)
        return Response(document, headers | problem.headers, problem.status)


def _answer_without_view(method: str, entries: dict[str, RouteEntry]) -> Response:
    """Answer OPTIONS; refuse the other methods that the route lacks (RFC 9110, section 15.5.6)."""
    if not entries:
        raise DefaultProblem(404, "NotFoundError", "There is no such route.")
    if method != "OPTIONS":
        message = f"Unsupported method: {method}"
        raise DefaultProblem(405, "MethodNotAllowedError", message, headers={"Allow": _list_methods(entries)})
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
    accepted = entry.content_types
    if not accepted or "*/*" in accepted:
        return
    given = "application/json" if request.content_type is None else request.content_type
    media_type = given.partition(";")[0].strip().lower()
    if not any(media_type == content_type.lower() for content_type in accepted):
        message = f"Unsupported media type: {request.content_type or ''}"
        raise DefaultProblem(415, "UnsupportedMediaType", message, headers={"Accept": ", ".join(accepted)})


def _cors_headers(request: FrontDoorRequest) -> Mapping[str, str]:
    """What CORS adds to an answer, errors too: a browser hides those that lack it.

    The method's own configuration counts. A preflight, and a method that the route lacks, have the route's first.
    """
    own = request.entry
    cors = own.cors if own else next((entry.cors for entry in request.routes.values() if entry.cors), None)
    return cors.get_access_control_headers() if cors else NO_HEADERS
