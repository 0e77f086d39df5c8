"""A terraform that writes down how it was called, and says what a test wants."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import pytest

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


class FakeTerraform:
    """The program, what it shall say, and how it was called."""

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


@pytest.fixture
def umask():
    """Lets a test's command change what new files allow, for the test only."""
    before = os.umask(0o022)
    yield
    os.umask(before)
