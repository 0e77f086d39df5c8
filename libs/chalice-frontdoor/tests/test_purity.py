"""frontdoor goes into every Lambda: importing it does nothing and brings little."""

import subprocess
import sys

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
