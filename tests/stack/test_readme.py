"""The walk of the README, in both languages: each command prints what it says."""

import os
import re
import subprocess

import pytest

from tests.support.readme import read_steps
from tests.support.stack import ROOT

PAGE = "localhost:8000"


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
    steps = read_steps(readme, "curl")
    environment = signed_in(stack, readme)

    assert len(steps) == readme.read_text("utf-8").count("$ curl ")
    for step in steps:
        command = step.command.replace(PAGE, stack.url.removeprefix("http://"))
        printed = run(command, environment)
        if "/correos" in command:
            # A mail takes a moment to be delivered.
            stack.wait_for(command, lambda step=step, command=command: step.is_shown_by(run(command, environment)))
        else:
            assert step.is_shown_by(printed), f"{command}\nprinted\n{printed}"


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
