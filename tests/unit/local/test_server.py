"""An app behind the server of `make run`, as a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from local.doors import Door, HttpApi, LoadBalancer
from local.emulator import free_port
from local.project import Function
from local.server import AppServer
from local.settings import ROOT
from local.wire import WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import WriteProject

PATIENCE = 20.0

APP = """
    import os, threading, time
    from chalice import Response
    from chalice_frontdoor import FrontDoor, read_json
    app = FrontDoor(app_name="tiny", languages=("es", "en"))
    VERSION = "one"
    BARRIER = threading.Barrier(3)

    @app.route("/version")
    def version():
        return {"version": VERSION, "greeting": os.environ.get("GREETING")}

    @app.route("/things/{name}", methods=["GET", "PUT"])
    def thing(name):
        return {"name": name, "query": dict(app.current_request.query_params or {}), "id": app.request_id}

    @app.route("/upload", methods=["POST"])
    def upload():
        return {"size": len(app.current_request.raw_body), "json": read_json(app.current_request)}

    @app.route("/together")
    def together():
        BARRIER.wait(10)
        return {"door": "elb" if "elb" in app.current_request.context else "http-api"}

    @app.route("/slow")
    def slow():
        print("slow begins", flush=True)
        time.sleep(1)
        return {"done": True}
"""


class Served:
    """The running process."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def line_that_begins(self, beginning: str) -> str:
        while line := self.line():
            if line.startswith(beginning):
                return line
        pytest.fail(f"no line begins with {beginning!r}")

    def ask(self, method: str, target: str, body: bytes | None = None, **headers: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with closing(connection):
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            content = response.read()
            return response.status, json.loads(content) if content else None, response.headers


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Served]:
    port = free_port()
    command = [sys.executable, "-m", "local.server", "--project-dir", folder, "--port", str(port), *options]
    # As a user has it: byte code is written, and read again.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        try:
            yield Served(process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                assert process.wait(PATIENCE) == 0
            finally:
                process.kill()


@pytest.fixture
def app_folder(write_project: WriteProject) -> Path:
    folder = write_project(APP, environment_variables={"GREETING": "hola"}, lambda_timeout=22)
    (folder / "vendor").mkdir(exist_ok=True)
    (folder / "vendor" / "chalice_frontdoor").symlink_to(
        ROOT / "libs" / "chalice-frontdoor" / "src" / "chalice_frontdoor"
    )
    return folder


@pytest.fixture(params=["alb", "http-api"])
def server(request: pytest.FixtureRequest, app_folder: Path) -> Iterator[Served]:
    with served(app_folder, "--door", request.param) as running:
        assert running.line() == f"listens on http://127.0.0.1:{running.port}"
        yield running


@pytest.mark.parametrize("door", ["alb", "http-api"])
def test_what_the_function_has_no_room_for_is_shed_at_once_and_let_in_again_afterwards(
    app_folder: Path, door: str
) -> None:
    with served(app_folder, "--door", door, "--concurrency", "1") as running, ThreadPoolExecutor() as others:
        running.line_that_begins("listens")
        slow = others.submit(running.ask, "GET", "/slow")
        running.line_that_begins("slow begins")
        status, _ = raw(running, "/version")
        assert status == 503
        assert slow.result()[0] == 200
        assert raw(running, "/version") == (200, b'{"version":"one","greeting":"hola"}')


def raw(running: Served, target: str) -> tuple[int, bytes]:
    """What is answered, whatever it is."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)
    with closing(connection):
        connection.request("GET", target)
        response = connection.getresponse()
        return response.status, response.read()


def test_the_gaps_of_chalices_server_are_closed(server: Served) -> None:
    status, body, _ = server.ask("GET", "/nowhere")
    assert (status, body["status"]) == (404, 404)
    status, body, headers = server.ask("TRACE", "/version")
    assert (status, body["status"], headers["Allow"]) == (405, 405, "GET, HEAD, OPTIONS")
    status, body, headers = server.ask("OPTIONS", "/things/7")
    assert (status, body, headers["Allow"]) == (204, None, "GET, HEAD, OPTIONS, PUT")
    length = len(b'{"version":"one","greeting":"hola"}')
    status, body, headers = server.ask("HEAD", "/version")
    assert (status, body, headers["Content-Length"]) == (200, None, str(length))


def test_path_query_and_request_id_arrive(server: Served) -> None:
    status, body, headers = server.ask("GET", "/things/%C3%B1?q=Ana+P%C3%A9rez&b=%2B", **{"X-Request-Id": "mine"})
    assert status == 200
    assert body == {"name": "ñ", "query": {"q": "Ana Pérez", "b": "+"}, "id": "mine"}
    assert headers["X-Request-Id"] == "mine"


def test_a_body_arrives_and_one_of_ten_megabytes_is_refused(server: Served) -> None:
    json_type = {"Content-Type": "application/json"}
    assert server.ask("POST", "/upload", '{"a": "ñ"}'.encode(), **json_type)[1] == {"size": 11, "json": {"a": "ñ"}}
    status, body, _ = server.ask("POST", "/upload", b" " * 10_000_000, **json_type)
    assert (status, body["status"]) == (413, 413)
    assert server.ask("GET", "/version")[0] == 200


def test_requests_are_answered_at_once(server: Served) -> None:
    connections = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE) for _ in range(3)]
    for connection in connections:
        connection.request("GET", "/together")
    answers = [connection.getresponse() for connection in connections]
    assert [answer.status for answer in answers] == [200, 200, 200]
    for connection in connections:
        connection.close()


def test_the_log_has_a_line_for_each_request(server: Served) -> None:
    server.ask("GET", "/things/secret?also=secret", **{"X-Request-Id": "mine"})
    assert server.line() == "GET /things/{name} 200 mine"


def test_a_request_that_is_being_answered_ends_before_the_server(app_folder: Path) -> None:
    with served(app_folder) as server:
        server.line()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        with closing(connection):
            connection.request("GET", "/slow")
            server.line_that_begins("slow begins")
            server.process.send_signal(signal.SIGTERM)
            assert connection.getresponse().status == 200
        assert server.process.wait(PATIENCE) == 0


def test_a_change_of_the_code_is_served_by_the_same_process(app_folder: Path) -> None:
    with served(app_folder, "--reload") as server:
        server.line_that_begins("listens")
        assert server.ask("GET", "/version")[1] == {"version": "one", "greeting": "hola"}
        rewrite(app_folder / "app.py", 'VERSION = "one"', 'VERSION = "two"')
        server.line_that_begins("listens")
        assert server.ask("GET", "/version")[1] == {"version": "two", "greeting": "hola"}


def test_half_written_code_waits_for_the_other_half(app_folder: Path) -> None:
    with served(app_folder, "--reload") as server:
        server.line_that_begins("listens")
        rewrite(app_folder / "app.py", 'VERSION = "one"', "VERSION = (")
        assert "waiting for a change" in server.line_that_begins("ERROR")
        rewrite(app_folder / "app.py", "VERSION = (", 'VERSION = "two"')
        server.line_that_begins("listens")
        assert server.ask("GET", "/version")[1]["version"] == "two"


def test_a_change_while_the_code_is_loaded_is_not_missed(write_project: WriteProject) -> None:
    app = """
        import os, time
        from pathlib import Path
        from chalice import Chalice
        app = Chalice(app_name="tiny")
        once = Path(__file__).with_name("loaded")
        if not once.exists():
            once.touch()
            time.sleep(2)  # longer than the watch takes to look
    """
    with served(write_project(app), "--reload") as server:
        assert server.line().endswith("loaded changed: starting anew")
        server.line_that_begins("listens")


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    # At once, as editors do: a file that is empty for a moment would be one change more.
    part = path.with_suffix(".part")
    part.write_text(text.replace(old, new), encoding="utf-8")
    os.utime(part, ns=(time.time_ns(), time.time_ns()))
    part.rename(path)


def test_a_signal_in_the_middle_of_a_restart_is_not_lost(app_folder: Path) -> None:
    with served(app_folder, "--reload") as server:
        server.line_that_begins("listens")
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        with closing(connection):
            connection.request("GET", "/slow")
            server.line_that_begins("slow begins")
            rewrite(app_folder / "app.py", 'VERSION = "one"', 'VERSION = "two"')
            # The old program now waits for the request to end; then it would start anew.
            assert "changed: starting anew" in server.line()
            server.process.send_signal(signal.SIGTERM)
            assert connection.getresponse().status == 200
        assert server.process.wait(PATIENCE) == 0


def test_code_that_cannot_be_loaded_ends_a_server_that_does_not_watch(write_project: WriteProject) -> None:
    folder = write_project("VERSION = (")
    command = [sys.executable, "-m", "local.server", "--project-dir", folder, "--port", str(free_port())]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 1
    assert "SyntaxError" in ended.stderr


@pytest.mark.parametrize(("door", "status"), [(LoadBalancer(), 502), (HttpApi(), 500)], ids=["alb", "http-api"])
def test_what_aws_would_answer_for_a_broken_function_is_answered(
    door: Door, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> object:
        return {"statusCode": 200, "body": None}

    with AppServer(0, Function("broken", broken), door) as server:
        answer = server.answer(WireRequest("GET", "/", "", [], b"", "127.0.0.1"))
    assert answer.status == status
    assert "AWS would answer with a page of its own" in caplog.text


def test_a_guarded_api_lets_nobody_in_without_a_token(app_folder: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/jwks.json"
    with served(app_folder, "--issuer", "https://issuer.example", "--keys", nowhere, "--audience", "a", "b") as server:
        server.line()
        status, body, headers = server.ask("GET", "/version")
        assert (status, body, headers["WWW-Authenticate"]) == (401, {"message": "Unauthorized"}, "Bearer")
        assert server.line() == "WARNING the authorizer let a request not in: no token"
        assert server.ask("GET", "/health")[0] == 404, "the open routes are the app's"
