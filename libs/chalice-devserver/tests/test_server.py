"""An app behind the server of `make run`, as a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import chalice_frontdoor
from chalice_devserver.doors import HttpApi, LoadBalancer
from chalice_devserver.project import Function
from chalice_devserver.server import AppServer
from chalice_frontdoor.testing.events import Wire
from local.guardian import Child
from local.ports import port_of, reserve
from tests.support.waiting import PATIENCE_SECONDS

APP = """
    import os, sys, threading
    from chalice_devserver.http import UVICORN_OPTIONS
    from chalice_frontdoor import FrontDoor, read_json
    app = FrontDoor(app_name="tiny", problems=True)
    VERSION = "one"
    BARRIER = threading.Barrier(3)
    UVICORN_OPTIONS["timeout_graceful_shutdown"] = 90  # this machine may be busy

    @app.route("/version")
    def version():
        return {"version": VERSION, "greeting": os.environ.get("GREETING")}

    @app.route("/things/{name}", methods=["GET", "PUT"])
    def thing(name):
        request = app.current_request
        return {"name": name, "query": dict(request.query_params or {}), "id": request.client_request_id}

    @app.route("/upload", methods=["POST"])
    def upload():
        return read_json(app.current_request)

    @app.route("/together")
    def together():
        BARRIER.wait(90)
        return {}

    @app.route("/slow")
    def slow():
        print("slow begins", flush=True)
        sys.stdin.read()  # until the test closes it
        return {}
"""


class Served:
    """The running process."""

    def __init__(self, process, port):
        self.process = process
        self.port = port

    def line_that_begins(self, beginning):
        while line := self.process.stdout.readline().strip():
            if line.startswith(beginning):
                return line
        pytest.fail(f"no line begins with {beginning!r}")

    def ask(self, method, target, body=None, **headers):
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)) as connection:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            content, kind = response.read(), response.headers.get("Content-Type", "")
            return response.status, json.loads(content) if "json" in kind else None, response.headers


@contextmanager
def served(folder, *options):
    """A server that ends with 0 at SIGTERM."""
    # As a user has it: byte code is written, and read again.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with reserve() as reserved:
        command = [sys.executable, "-m", "chalice_devserver.server", "--project-dir", folder]
        command += ["--fd", str(reserved.fileno()), *options]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with Child(command, env=environment, pass_fds=[reserved.fileno()], **pipes) as process:
            try:
                yield Served(process, port_of(reserved))
                process.terminate()
                assert process.wait(PATIENCE_SECONDS) == 0
            finally:
                process.stop(0)


def run(folder, program, *options):
    """The exit code, and what is written to standard error, of a program that ends by itself."""
    command = [sys.executable, "-m", f"chalice_devserver.{program}", *options, "--project-dir", folder]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr


def rewrite(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    # At once, and outside of the folder that is watched, where a second file would be one change more.
    part = path.parents[1] / "part"
    part.write_text(text.replace(old, new), encoding="utf-8")
    os.utime(part, ns=(time.time_ns(), time.time_ns()))
    part.rename(path)


@pytest.fixture
def app_folder(write_project):
    folder = write_project(APP, environment_variables={"GREETING": "hola"}, lambda_timeout=900)
    (folder / "vendor").mkdir()
    (folder / "vendor" / "chalice_frontdoor").symlink_to(Path(chalice_frontdoor.__file__).parent)
    return folder


@pytest.mark.parametrize("door", ["alb", "http-api"])
def test_an_app_is_served_as_on_aws(app_folder, door):
    with served(app_folder, "--door", door) as server:
        assert server.line_that_begins("") == f"listens on http://127.0.0.1:{server.port}"

        # Path, query, request id and body arrive; a body over the limit is refused.
        status, body, headers = server.ask("GET", "/things/%C3%B1?q=Ana+P%C3%A9rez&b=%2B", **{"X-Request-Id": "mine"})
        assert (status, body) == (200, {"name": "ñ", "query": {"q": "Ana Pérez", "b": "+"}, "id": "mine"})
        assert headers["X-Request-Id"] != "mine"
        assert server.line_that_begins("GET /things").startswith("GET /things/{name} 200 ")
        json_type = {"Content-Type": "application/json"}
        assert server.ask("POST", "/upload", '{"a": "ñ"}'.encode(), **json_type)[1] == {"a": "ñ"}
        assert server.ask("POST", "/upload", b" " * 10_000_000, **json_type)[0] == 413

        # Requests are answered at once.
        with ThreadPoolExecutor() as clients:
            answers = list(clients.map(lambda _: server.ask("GET", "/together"), range(3)))
        assert [status for status, *_ in answers] == [200] * 3


@pytest.mark.parametrize("is_starting_anew", [False, True])
def test_a_running_request_ends_before_the_server_and_no_signal_is_lost(app_folder, *, is_starting_anew):
    with served(app_folder, "--reload", "--concurrency", "1") as server, ThreadPoolExecutor() as others:
        server.line_that_begins("listens")
        slow = others.submit(server.ask, "GET", "/slow")
        server.line_that_begins("slow begins")
        assert server.ask("GET", "/version")[0] == 503, "one at a time"
        if is_starting_anew:
            rewrite(app_folder / "app.py", 'VERSION = "one"', 'VERSION = "two"')
            server.line_that_begins(f"{os.path.relpath(app_folder / 'app.py')} changed: starting anew")
        server.process.terminate()
        server.process.stdin.close()
        assert slow.result()[0] == 200
        # A second signal could meet the interpreter when it has given up its handlers.
        assert server.process.wait(PATIENCE_SECONDS) == 0


def test_a_change_of_the_code_is_served_by_the_same_process_and_half_of_one_waits_for_the_rest(app_folder):
    with served(app_folder, "--reload") as server:
        server.line_that_begins("listens")
        assert server.ask("GET", "/version")[1] == {"version": "one", "greeting": "hola"}
        # Of the same size, within the second in which byte code would have been written.
        rewrite(app_folder / "app.py", 'VERSION = "one"', 'VERSION = "two"')
        server.line_that_begins("listens")
        assert server.ask("GET", "/version")[1] == {"version": "two", "greeting": "hola"}
        rewrite(app_folder / "app.py", 'VERSION = "two"', "VERSION = (")
        assert "waiting for a change" in server.line_that_begins("ERROR")
        rewrite(app_folder / "app.py", "VERSION = (", 'VERSION = "three"')
        server.line_that_begins("listens")
        assert server.ask("GET", "/version")[1]["version"] == "three"


def test_a_change_while_the_code_is_loaded_is_not_missed(write_project):
    app = """
        from pathlib import Path
        from chalice import Chalice
        app = Chalice(app_name="tiny")
        once = Path(__file__).with_name("loaded")
        if not once.exists():
            once.touch()
            input()  # until the test has seen the watch notice it
    """
    with served(write_project(app), "--reload") as server:
        assert server.line_that_begins("").endswith("loaded changed: starting anew")
        server.process.stdin.close()
        server.line_that_begins("listens")


def test_the_example_of_the_readme_runs(write_project):
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    with served(write_project(re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[0]), "--door", "alb") as server:
        server.line_that_begins("listens")
        assert server.ask("GET", "/hello/ana")[:2] == (200, {"hello": "ana"})


def test_a_plain_chalice_app_is_served_as_its_rest_api_and_no_other_door(write_project):
    folder = write_project("""
        from chalice import Chalice
        app = Chalice(app_name="tiny")
        app.route("/things/{name}", name="thing")(lambda name: {"name": name})
    """)
    with served(folder) as server:
        server.line_that_begins("listens")
        assert server.ask("GET", "/things/a")[:2] == (200, {"name": "a"})
        assert server.ask("GET", "/nothing")[:2] == (403, {"message": "Missing Authentication Token"})
    refused = "A plain Chalice app does not understand alb: use --door rest, or chalice-frontdoor.\n"
    assert run(folder, "server", "--port", "0", "--door", "alb") == (1, refused)


@pytest.mark.parametrize("program", [["server", "--port", "0"], ["pump"]], ids=["server", "pump"])
def test_code_that_cannot_be_loaded_ends_a_program_that_does_not_watch_with_one_line(write_project, program):
    code, errors = run(write_project("1 / 0"), *program)
    assert (code, errors.count("\n")) == (1, 1)
    assert "ZeroDivisionError" in errors


@pytest.mark.parametrize(("door", "status"), [(LoadBalancer(), 502), (HttpApi(), 500)], ids=["alb", "http-api"])
def test_what_aws_would_answer_for_a_function_that_is_broken_or_busy_is_answered(door, status, caplog):
    while_it_runs = []

    def broken(*_):
        while_it_runs.append(server.answer(Wire("GET", "/")).status)
        return {"statusCode": 200, "body": None}

    server = AppServer(0, Function("broken", broken), door, concurrency=1)
    answers = [server.answer(Wire("GET", "/")).status for _ in range(2)]
    server.stop()
    assert (answers, while_it_runs) == ([status] * 2, [503] * 2)
    assert "AWS would answer with its own error page" in caplog.text
