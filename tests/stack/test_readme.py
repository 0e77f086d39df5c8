"""The walk of the README, in both languages: each command prints what it says."""

import os
import re
import subprocess

import pytest

from tests.support.stack import ROOT

PAGE = "localhost:8000"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
# A command, which may go on in the next line, and what it prints.
STEP = re.compile(r"^\$ (curl (?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
# HTTP/1.1 201 Created, and the headers that the README shows; a front door adds its own between them.
HEADER = re.compile(r"[A-Za-z-]+: .*|HTTP/1\.1 .*")
# What is another one each time. The README may cut any of them short with an ellipsis.
CHANGING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # an id
    r"|[0-9a-f]{8}(?=[-…])"  # the beginning of one
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt][0-9:.]+[Zz])?"  # a day, a moment
    r"|…"
)


@pytest.fixture
def beginning(stack):
    """An empty directory whose first employee has the id 1, as in the README.

    Afterwards ids go on from where they were: the mails of those who had them before are still in the ledger.
    """
    ids = "pg_get_serial_sequence('empleados', 'id')"
    ((next_id,),) = stack.query(f"SELECT nextval({ids})")
    stack.query("TRUNCATE empleados, eventos RESTART IDENTITY")
    yield
    stack.query(f"SELECT setval({ids}, :next_id)", next_id=next_id)


@pytest.mark.usefixtures("beginning")
@pytest.mark.parametrize("readme", [ROOT / "README.md", ROOT / "README.es.md"], ids=["en", "es"])
def test_the_commands_of_the_readme_print_what_it_says(stack, readme):
    text = readme.read_text("utf-8")
    steps = [step for block in BLOCK.findall(text) for step in STEP.findall(block)]
    environment = signed_in(stack, readme)

    assert len(steps) == text.count("$ curl ")
    for shown, output in steps:
        command = shown.replace("\\\n", " ").replace(PAGE, stack.url.removeprefix("http://"))
        printed = run(command, environment)
        if "/correos" in command:
            # A mail takes a moment to be delivered.
            stack.wait_for(command, lambda: holds(run(command, environment), output))  # noqa: B023 - called at once
        else:
            assert holds(printed, output), f"{command}\nprinted\n{printed}"


def holds(printed, output):
    """Whether a command printed what the README shows: lines may break anywhere, a header's name has no case."""
    expected = "".join(f"{line}…" if HEADER.fullmatch(line) else line for line in output.splitlines())
    rest = "".join(printed.split()).lower()
    for piece in CHANGING.split("".join(expected.split()).lower()):
        _, found, rest = rest.partition(piece) if piece else ("", "-", rest)
        if not found:
            return False
    return True


def signed_in(stack, readme):
    """The environment with the variables of the README that hold tokens, as its commands make them."""
    environment = {**os.environ, "LOCAL_STATE": str(stack.state)}
    commands = re.findall(r'^\$ ([A-Z]+)="(.*make -s token.*)"$', readme.read_text("utf-8"), re.MULTILINE)
    assert len(commands) == 2
    return environment | {name: run(f'printf %s "{value}"', environment) for name, value in commands}


def run(command, environment):
    finished = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    return finished.stdout
