"""What a Chalice project does with the wheels: run by the interpreter of an environment that holds nothing else.

The folder it runs in has `stock`, a Chalice project as its documentation writes them, and `moved`, the same with
one line changed. The variable POSTGRES has the address of a database, or is empty.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from chalice.test import Client as ChaliceClient


def load(folder):
    specification = importlib.util.spec_from_file_location(f"{folder}_app", Path(folder, "app.py"))
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.app


def check_front_door() -> None:
    """The changed line changes nothing, and the app answers behind each door."""
    from chalice_frontdoor.testing.client import Client
    from chalice_frontdoor.testing.events import DOORS

    with ChaliceClient(load("stock")) as stock, ChaliceClient(load("moved")) as moved:
        for client in (stock, moved):
            assert client.http.get("/todos/1").json_body == {"id": "1", "text": "Buy milk"}
            assert client.http.get("/todos/9").status_code == 404
            assert client.lambda_.invoke("remind", client.events.generate_sqs_event(["a", "b"])).payload == ["a", "b"]
            assert client.lambda_.invoke("record_change", client.events.generate_sns_event("new")).payload == "new"
    for door in DOORS:
        client = Client(load("moved"), door)
        assert client.http.get("/todos/1").json_body == {"id": "1", "text": "Buy milk"}, door
        added = client.http.post("/todos", json={"text": "Buy bread"})
        assert (added.status_code, added.headers["Location"]) == (201, "/todos/2"), door
        assert client.http.get("/todos/9").status_code == 404, door


def check_devserver() -> None:
    """The server answers over HTTP behind each of its doors, and ends at SIGTERM."""
    for project, door in (("moved", "http-api"), ("moved", "alb"), ("stock", "rest")):
        command = [sys.executable, "-m", "chalice_devserver.server", "--project-dir", project, "--port", "0"]
        with subprocess.Popen([*command, "--door", door], stdout=subprocess.PIPE, text=True) as server:
            try:
                address = next(line for line in server.stdout if "listens on" in line).split()[-1]
                with urllib.request.urlopen(f"{address}/todos/1") as response:
                    assert json.load(response) == {"id": "1", "text": "Buy milk"}
            finally:
                server.terminate()
        assert server.returncode == 0, f"the server ended with {server.returncode}"


def check_terraform() -> None:
    """One command turns the project that it runs in into a module and a zip that holds the app."""
    command = [Path(sys.executable).with_name("chalice-terraform"), "build", "."]
    subprocess.run(command, cwd="moved", check=True)
    build = Path("moved", "build", "moved")
    module = json.loads((build / "main.tf.json").read_text("utf-8"))
    functions = set(module["resource"]["aws_lambda_function"])
    assert functions == {"api_handler", "remind", "record_change", "tidy"}, functions
    assert "app.py" in zipfile.ZipFile(build / "deployment.zip").namelist()


def check_pipeline(address: str) -> None:
    """A statement with a parameter, through pg8000 alone and through SQLAlchemy."""
    import sqlalchemy

    from pg8000_pipeline import dbapi, native

    parts = urlsplit(address)
    folder = parse_qs(parts.query).get("host", [""])[0]
    options = {"database": parts.path[1:]}
    options |= {"unix_sock": f"{folder}/.s.PGSQL.{parts.port or 5432}"} if folder else {"host": parts.hostname}
    with native.Connection(parts.username, **options) as connection:
        assert connection.run("SELECT 1 + :n", n=2) == [[3]]
    engine = sqlalchemy.create_engine("postgresql+pg8000://", creator=lambda: dbapi.connect(parts.username, **options))
    with engine.begin() as connection:
        assert connection.execute(sqlalchemy.text("SELECT 1 + :n"), {"n": 2}).scalar_one() == 3


if __name__ == "__main__":
    check_front_door()
    check_devserver()
    check_terraform()
    if os.environ["POSTGRES"]:
        check_pipeline(os.environ["POSTGRES"])
