"""Serves a Chalice app on this machine behind a front door of AWS.

    python -m chalice_devserver.server --project-dir . --port 8000 [--door http-api|alb|rest] [--reload]

A request becomes the event that an HTTP API (``http-api``), a load balancer (``alb``) or a REST API (``rest``) would
send, the app answers that event, and what AWS would refuse is refused.
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
import threading
from typing import TYPE_CHECKING

from chalice.app import Chalice

from chalice_devserver.doors import Door, HttpApi, LoadBalancer, RestApi
from chalice_devserver.http import HOST, HttpResponse, LoopbackServer
from chalice_devserver.program import run_program
from chalice_devserver.project import Function, InvocationFailed, Project, SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chalice_devserver.program import Ending
    from chalice_frontdoor.testing.events import Wire

# An account's default: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
CONCURRENCY = 1000
KEYS_SECONDS = 5  # for the answer of the issuer that publishes keys

logger = logging.getLogger("chalice_devserver")


class AppServer(LoopbackServer):
    """Gives each request to a function, as ``door`` does; to ``concurrency`` invocations at a time, at most."""

    def __init__(
        self, reserved: socket.socket | int, function: Function, door: Door, *, concurrency: int = CONCURRENCY
    ) -> None:
        self._function = function
        self._door = door
        self._free = threading.Semaphore(concurrency)
        super().__init__(reserved, max_request_bytes=door.max_request_bytes)

    def answer(self, request: Wire) -> HttpResponse:
        """The app's response, or AWS's when the app fails or its concurrency is used up."""
        if not self._free.acquire(blocking=False):
            logger.warning("throttled: the function's concurrency is used up")
            return self._door.overload
        try:
            return self._door.answer(self._function.invoke(self._door.event(request)))
        except InvocationFailed as error:
            # Not `exception`: the stack of a failing function is in the log already.
            logger.error("AWS would answer with its own error page: %s", error)  # noqa: TRY400
            return self._door.failure
        finally:
            self._free.release()

    def run(self, ending: Ending) -> int:
        self.start()
        logger.info("listens on http://%s:%d", HOST, self.port)
        exit_code = ending.wait()
        self.stop()
        return exit_code


def main(arguments: Sequence[str]) -> int:
    """Serve one project until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m chalice_devserver.server", description="Serve a Chalice project.")
    address = parser.add_mutually_exclusive_group(required=True)
    address.add_argument("--port", type=int, help="the port (0: any free one, which the first line names)")
    address.add_argument("--fd", type=int, help="a bound socket that this process inherits, instead of a port")
    parser.add_argument(
        "--door", choices=("http-api", "alb", "rest"), help="default: http-api; of a plain Chalice, rest"
    )
    parser.add_argument("--concurrency", type=int, default=CONCURRENCY, help="requests at once (default: %(default)s)")
    parser.add_argument("--allow-cross-site", action="store_true", help="the app judges Origin and Sec-Fetch-Site")
    parser.add_argument("--issuer", help="the issuer of the tokens that the HTTP API requires (default: none)")
    parser.add_argument("--keys", metavar="URL", help="the issuer's public keys (JWKS)")
    parser.add_argument("--audience", metavar="CLIENT", nargs="+", help="the clients whose tokens are accepted")
    parser.add_argument("--open-route", metavar="ROUTE", nargs="+", default=[], help="needs no token: 'GET /health'")

    def make(options: argparse.Namespace, project: Project) -> Callable[[Ending], int]:
        # A duplicate: the inherited descriptor outlives a reload, so that connections wait instead of being refused.
        reserved = options.port if options.fd is None else socket.socket(fileno=os.dup(options.fd))
        function = project.function("api_handler", project.app)
        server = AppServer(reserved, function, _door(options, project.app), concurrency=options.concurrency)
        server.allow_cross_site = options.allow_cross_site
        return server.run

    return run_program(parser, arguments, make)


def _door(options: argparse.Namespace, app: Chalice) -> Door:
    is_plain = type(app) is Chalice
    door = options.door or ("rest" if is_plain else "http-api")
    if door == "rest":
        return RestApi(app)
    if is_plain:
        raise SetupError(f"A plain Chalice app does not understand {door}: use --door rest, or chalice-frontdoor.")
    if door == "alb":
        return LoadBalancer()
    if options.issuer is None:
        return HttpApi()
    from jwt import PyJWKClient  # noqa: PLC0415 - the extra `jwt`

    from chalice_devserver.authorizer import JwtAuthorizer  # noqa: PLC0415 - same

    authorizer = JwtAuthorizer(options.issuer, options.audience, PyJWKClient(options.keys, timeout=KEYS_SECONDS))
    return HttpApi(authorizer, open_routes=options.open_route)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
