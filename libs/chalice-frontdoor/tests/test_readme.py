"""What the README promises of the package as a whole."""

import re
import subprocess
import sys
from pathlib import Path

from chalice_frontdoor.testing.client import Client

README = Path(__file__).parents[1] / "README.md"

PROGRAM = """
import os, sys
before = dict(os.environ)
import chalice.app
with_chalice = set(sys.modules)
import chalice_frontdoor
app = chalice_frontdoor.FrontDoor("sample")
app({}, None)
assert set(os.environ) <= {*before, "AWS_EXECUTION_ENV"}, "the environment was written to"
print(" ".join(sorted(set(sys.modules) - with_chalice)))
"""


def test_importing_it_brings_nothing_but_itself_and_leaves_the_environment_alone():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    brought = {name.partition(".")[0] for name in done.stdout.split()}
    assert brought - {"__future__"} == {"chalice_frontdoor"}


def test_the_example_of_the_readme_runs():
    code = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)[0]
    scope = {}
    exec(code, scope)  # noqa: S102 - the README is ours
    client = Client(scope["app"])
    assert client.get("/employees/7").json()["email"] == "ana@example.com"
    assert client.get("/employees/9").json()["detail"] == "There is no employee 9"
    assert client.post("/employees", json={"email": "eva@example.com"}).headers["Location"] == "/employees/8"
    answer = client.post("/employees", json={"email": "ana@example.com"}, headers={"Accept-Language": "en"})
    assert (answer.status, answer.json()["title"]) == (409, "Email taken")
