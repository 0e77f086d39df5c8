"""An app that tells what its views see, so that tests can compare what arrives through each front door."""

import base64

from chalice import Response

from chalice_frontdoor import FrontDoor

ANY_TYPE = ["*/*"]
SETTINGS = {"languages": ("es", "en"), "problems": True, "safe_headers": False}


def make_app(**options):
    """Routes of every kind; each view answers with what it saw."""
    app = FrontDoor("sample", configure_logs=False, **(SETTINGS | options))

    def echo(**parameters):
        request = app.current_request
        query, context = request.query_params, request.to_dict()["context"]
        return {
            "context": (context["httpMethod"], context["resourcePath"]),
            "parameters": parameters,
            "uri_params": {name: value for name, value in request.uri_params.items() if name != "proxy+"},
            "method": request.method,
            "path": request.path,
            "query": None if query is None else {name: query.getlist(name) for name in query},
            "headers": {name: value for name, value in request.headers.items() if name.startswith("x-dato")},
            "cookie": request.headers.get("cookie"),
            "body": base64.b64encode(request.raw_body).decode(),
            "client": context["identity"]["sourceIp"],
            "claims": context["authorizer"]["claims"],
            "language": request.language,
            "request_id": app.request_id,
            "client_request_id": request.client_request_id,
        }

    for path, methods in (
        ("/", ["GET"]),
        ("/health", ["GET"]),
        ("/empleados", ["GET", "POST"]),
        ("/empleados/nuevos", ["GET"]),
        ("/empleados/{id}", ["GET", "PUT", "DELETE"]),
        ("/empleados/{id}/eventos", ["GET"]),
        ("/archivos/{proxy+}", ["GET", "POST"]),
    ):
        app.route(path, methods=methods, content_types=ANY_TYPE, name=path)(echo)
    return app


def app_with(view, path="/vista", **options):
    """An app with one view."""
    methods = options.pop("methods", ["GET", "POST"])
    route = {name: options.pop(name) for name in ("cors", "content_types", "authorizer") if name in options}
    app = FrontDoor("sample", configure_logs=False, **(SETTINGS | options))
    app.route(path, methods=methods, name="vista", **route)(view)
    return app


def app_that_answers(body, headers=None, status=200):
    """An app whose view answers always the same."""
    return app_with(lambda: Response(body, headers=headers, status_code=status))


def act(outcome):
    """Raise the outcome if it is an error, and return it otherwise."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def app_that_raises(error):
    """An app whose view always fails."""
    return app_with(lambda: act(error))
