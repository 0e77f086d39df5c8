"""An app behind the server of `make run`, as a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import chalice_frontdoor
from chalice_devserver.doors import HttpApi, LoadBalancer
from chalice_devserver.project import Function
from chalice_devserver.server import AppServer
from chalice_frontdoor.testing.events import Wire

PATIENCE = 60.0
VERSION_ONE = '{"version":"one","greeting":"hola"}'

APP = """
    import os, threading, time
    from chalice import Response
    from chalice_frontdoor import FrontDoor, read_json
    app = FrontDoor(app_name="tiny", problems=True)
    VERSION = "one"
    BARRIER = threading.Barrier(3)

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

    def __init__(self, process, port):
        self.process = process
        self.port = port

    def line(self):
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def line_that_begins(self, beginning):
        while line := self.line():
            if line.startswith(beginning):
                return line
        pytest.fail(f"no line begins with {beginning!r}")

    def ask(self, method, target, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with closing(connection):
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            content, kind = response.read(), response.headers.get("Content-Type", "")
            return response.status, json.loads(content) if content and "json" in kind else None, response.headers


@contextmanager
def served(folder, *options):
    reserved = socket.socket()
    reserved.bind(("127.0.0.1", 0))
    port, inherited = reserved.getsockname()[1], reserved.fileno()
    command = [sys.executable, "-m", "chalice_devserver.server", "--project-dir", folder]
    command += ["--fd", str(inherited), *options]
    # As a user has it: byte code is written, and read again.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with reserved, subprocess.Popen(command, env=environment, pass_fds=[inherited], **pipes) as process:
        try:
            yield Served(process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                assert process.wait(PATIENCE) == 0
            finally:
                process.kill()


def run(folder, program, *options):
    """The exit code, and what is written to standard error, of a program that ends by itself."""
    command = [sys.executable, "-m", f"chalice_devserver.{program}", *options, "--project-dir", folder]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr


@pytest.fixture
def app_folder(write_project):
    folder = write_project(APP, environment_variables={"GREETING": "hola"}, lambda_timeout=22)
    (folder / "vendor").mkdir(exist_ok=True)
    (folder / "vendor" / "chalice_frontdoor").symlink_to(Path(chalice_frontdoor.__file__).parent)
    return folder


@pytest.mark.parametrize("door", ["alb", "http-api"])
def test_an_app_is_served_as_on_aws(app_folder, door):
    with served(app_folder, "--door", door) as server:
        assert server.line() == f"listens on http://127.0.0.1:{server.port}"

        # What Chalice's own server answers itself.
        assert server.ask("GET", "/nowhere")[0] == 404
        status, body, headers = server.ask("HEAD", "/version")
        assert (status, body, headers["Content-Length"]) == (200, None, str(len(VERSION_ONE)))

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
            assert [answer[0] for answer in clients.map(lambda _: server.ask("GET", "/together"), range(3))] == [
                200
            ] * 3


@pytest.mark.parametrize("door", ["alb", "http-api"])
def test_a_request_beyond_the_concurrency_is_shed_and_a_running_one_ends_before_the_server(app_folder, door):
    with served(app_folder, "--door", door, "--concurrency", "1") as server, ThreadPoolExecutor() as others:
        server.line_that_begins("listens")
        slow = others.submit(server.ask, "GET", "/slow")
        server.line_that_begins("slow begins")
        assert server.ask("GET", "/version")[0] == 503
        server.process.send_signal(signal.SIGTERM)
        assert slow.result()[0] == 200
        assert server.process.wait(PATIENCE) == 0


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
        import os
        from pathlib import Path
        from chalice import Chalice
        app = Chalice(app_name="tiny")
        once = Path(__file__).with_name("loaded")
        if not once.exists():
            once.touch()
            input()  # until the test has seen the watch notice it
    """
    with served(write_project(app), "--reload") as server:
        assert server.line().endswith("loaded changed: starting anew")
        assert server.process.stdin
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

        @app.route("/things/{name}")
        def thing(name):
            return {"name": name}
    """)
    with served(folder) as server:
        server.line_that_begins("listens")
        assert server.ask("GET", "/things/a")[:2] == (200, {"name": "a"})
        assert server.ask("GET", "/nothing")[:2] == (403, {"message": "Missing Authentication Token"})
    refused = "A plain Chalice app does not understand alb: use --door rest, or chalice-frontdoor.\n"
    assert run(folder, "server", "--port", "0", "--door", "alb") == (1, refused)


def rewrite(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    # At once, as editors do: a file that is empty for a moment would be one change more.
    part = path.with_suffix(".part")
    part.write_text(text.replace(old, new), encoding="utf-8")
    os.utime(part, ns=(time.time_ns(), time.time_ns()))
    part.rename(path)


def test_a_signal_in_the_middle_of_a_restart_is_not_lost(app_folder):
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


@pytest.mark.parametrize("program", [["server", "--port", "0"], ["pump"]], ids=["server", "pump"])
def test_code_that_cannot_be_loaded_ends_a_program_that_does_not_watch_with_one_line(write_project, program):
    code, errors = run(write_project("1 / 0"), *program)
    assert (code, errors.count("\n")) == (1, 1)
    assert "ZeroDivisionError" in errors


@pytest.mark.parametrize(("door", "status"), [(LoadBalancer(), 502), (HttpApi(), 500)], ids=["alb", "http-api"])
def test_what_aws_would_answer_for_a_broken_function_is_answered(door, status, caplog):
    def broken(*_):
        return {"statusCode": 200, "body": None}

    server = AppServer(0, Function("broken", broken), door)
    answer = server.answer(Wire("GET", "/"))
    server.stop()
    assert answer.status == status
    assert "AWS would answer with its own error page" in caplog.text
