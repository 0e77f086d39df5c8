"""Serves one of the apps on this machine, as it is served on AWS.

    python -m local.server --project-dir crud_app --stage local --port 8001 [--door http-api|alb] [--reload]
        [--concurrency 1000] [--issuer URL --keys URL --audience CLIENT…]

A request becomes the event that the HTTP API (``http-api``) or the load balancer (``alb``) would send, the app answers
that, and what AWS would refuse is refused. So every path, method and status goes through the app's own front door. Why
it is not `chalice local`: docs/adr/0009-how-make-run-serves-the-apps.md.
"""

from __future__ import annotations

import argparse
import logging
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from local.authorizer import JwtAuthorizer, RemoteKeys
from local.doors import AnswerRefused, Door, DoorClosed, HttpApi, LoadBalancer
from local.logs import log_to_stdout
from local.program import run_program
from local.project import Function, InvocationFailed, Project
from local.wire import HOST, LoopbackServer, WireAnswer, WireRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.program import Ending

# As often as an account's functions run at once, all together: https://docs.aws.amazon.com/lambda/latest/dg/limits.html
CONCURRENCY = 1000

logger = logging.getLogger("local.server")


class AppServer(LoopbackServer):
    """Gives each request to one function, as ``door`` does; to ``concurrency`` of it at a time, at most."""

    def __init__(self, port: int, function: Function, door: Door, *, concurrency: int = CONCURRENCY) -> None:
        """See `LoopbackServer`."""
        self._function = function
        self._door = door
        self._free = threading.Semaphore(concurrency)
        super().__init__(port, max_request_bytes=door.max_request_bytes)

    def answer(self, request: WireRequest) -> WireAnswer:
        """What the app says to ``request``, or what AWS says when the app fails or has no room for it."""
        if not self._free.acquire(blocking=False):
            logger.warning("the function runs as often as it may")
            return self._door.overload
        try:
            return self._door.answer(self._function.invoke(self._door.event(request)))
        except DoorClosed as closed:
            return closed.answer
        except (InvocationFailed, AnswerRefused) as error:
            # Not `exception`: a failing function has written its stack.
            logger.error("AWS would answer with a page of its own: %s", error)  # noqa: TRY400
            return self._door.failure
        finally:
            self._free.release()


class ServerProgram:
    """The server as a `Program`: it listens from `run` on."""

    def __init__(self, project: Project, port: int, door: Door, concurrency: int) -> None:
        self._concurrency = concurrency
        self._function = project.function("api_handler", project.app)
        self._port = port
        self._door = door

    def run(self, ending: Ending) -> int:
        """See `Program`."""
        server = AppServer(self._port, self._function, self._door, concurrency=self._concurrency)
        server.start()
        logger.info("listens on http://%s:%d", HOST, self._port)
        exit_code = ending.wait()
        server.stop()
        return exit_code


def main(arguments: Sequence[str]) -> int:
    """Serve one project until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m local.server", description="Serve a Chalice project.")
    parser.add_argument("--project-dir", type=Path, required=True, help="the folder with app.py")
    parser.add_argument("--stage", default="local", help="the stage of .chalice/config.json (default: local)")
    parser.add_argument("--port", type=int, required=True)
    doors = ("http-api", "alb")
    parser.add_argument("--door", choices=doors, default=doors[0], help="what stands before it (default: http-api)")
    parser.add_argument("--concurrency", type=int, default=CONCURRENCY, help="requests at once (default: %(default)s)")
    parser.add_argument("--issuer", help="whose tokens the HTTP API takes (default: it is open)")
    parser.add_argument("--keys", metavar="URL", help="where the issuer's public keys are (JWKS)")
    parser.add_argument("--audience", metavar="CLIENT", nargs="+", help="the clients whose tokens it takes")
    parser.add_argument("--reload", action="store_true", help="start anew when the project's code changes")
    options = parser.parse_args(arguments)
    log_to_stdout()

    def make() -> ServerProgram:
        project = Project(options.project_dir, options.stage)
        return ServerProgram(project, options.port, _door(options), options.concurrency)

    return run_program(make, reload=options.project_dir if options.reload else None)


def _door(options: argparse.Namespace) -> Door:
    if options.door == "alb":
        return LoadBalancer()
    if options.issuer is None:
        return HttpApi()
    return HttpApi(JwtAuthorizer(options.issuer, options.audience, RemoteKeys(options.keys)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
