"""A terraform that writes down how it was called, an AWS that answers what a test wants, and a git repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from chalicelib.correos import aws
from chalicelib.directorio import database
from local.emulator import REGION
from tests.support.waiting import PATIENCE_SECONDS, patient
from tools import status
from tools.scan import __main__ as scan

PROGRAM = f"""#!{sys.executable} -IS
import json, os, sys
from pathlib import Path

folder = Path(__file__).parent
arguments = sys.argv[1:]
kept = {{name: value for name, value in os.environ.items() if name.startswith(("TF_", "AWS_"))}}
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps({{"arguments": arguments, "environment": kept}}) + "\\n")
answers = json.loads((folder / "answers").read_text())
command = next(argument for argument in arguments if not argument.startswith("-"))
answer = answers.get(command, {{}})
work = next((each.removeprefix("-chdir=") for each in arguments if each.startswith("-chdir=")), "")
for argument in arguments:
    if argument.startswith("-out="):
        Path(work, argument.removeprefix("-out=")).write_text("a plan")
sys.stdout.write(answer.get("prints", ""))
sys.stderr.write(answer.get("complains", ""))
sys.exit(answer.get("exits", 0))
"""


#: What the tools and the apps give others in seconds. A busy machine stops a process for longer.
LIMITS = {
    database: ("ANSWER_SECONDS", "CONNECT_SECONDS", "HEALTH_SECONDS"),
    aws: ("CONNECT_SECONDS", "READ_SECONDS"),
    scan: ("SECONDS",),
}


@pytest.fixture(scope="module", autouse=True)
def _patience():
    with patient(LIMITS) as patch:
        patch.setattr(status, "CONFIG", Config(read_timeout=PATIENCE_SECONDS, retries={"total_max_attempts": 1}))
        yield


class FakeTerraform:
    def __init__(self, folder):
        self.program = folder / "terraform"
        self.program.write_text(PROGRAM)
        self.program.chmod(0o755)
        self._calls = folder / "calls"
        self._answers = folder / "answers"
        self._said: dict[str, dict[str, Any]] = {}
        self.answer("version")

    def answer(self, command, *, prints="", complains="", exits=0):
        self._said[command] = {"prints": prints, "complains": complains, "exits": exits}
        self._answers.write_text(json.dumps(self._said))

    @property
    def calls(self):
        lines = self._calls.read_text().splitlines() if self._calls.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def commands(self):
        """The commands in their order, without their options."""
        return [next(each for each in call["arguments"] if not each.startswith("-")) for call in self.calls]

    def arguments_of(self, command):
        (call,) = [call for call in self.calls if command in call["arguments"]]
        arguments: list[str] = call["arguments"]
        return arguments


@pytest.fixture
def terraform(tmp_path, monkeypatch):
    """The terraform of this test."""
    folder = tmp_path / "bin"
    folder.mkdir()
    fake = FakeTerraform(folder)
    monkeypatch.setenv("TERRAFORM", str(fake.program))
    return fake


class StubbedSession:
    """A session whose clients give the answers, in their order, and fail to answer any other call.

    Each is ``service.operation``, the answer (text: the code of an error), and the parameters that must come.
    """

    def __init__(self, *expected, region=REGION):
        self.region_name = region
        self._stubbers: dict[str, Any] = {}
        for call, answer, *parameters in expected:
            service, operation = call.split(".")
            stubber = self._stubber(service)
            wanted = parameters[0] if parameters else None
            if isinstance(answer, str):
                stubber.add_client_error(operation, answer, expected_params=wanted)
            else:
                stubber.add_response(operation, answer, wanted)

    def _stubber(self, service):
        if service not in self._stubbers:
            self._stubbers[service] = Stubber(boto3.client(service, region_name=REGION))
            self._stubbers[service].activate()
        return self._stubbers[service]

    def client(self, service, **_):
        return self._stubber(service).client

    def assert_all_asked(self):
        for stubber in self._stubbers.values():
            stubber.assert_no_pending_responses()


class Repository:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments):
        identity = ("-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false")
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, name, text):
        """Commit everything, with this file; return the commit's hash."""
        (self.folder / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=x")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def umask():
    """Lets a test's command change what new files allow, for the test only."""
    before = os.umask(0o022)
    yield
    os.umask(before)
