"""Lambda SnapStart keeps the memory of a process that has imported an app: what is in it, and what must not be."""

import json
import subprocess
import sys

import pytest

from tests.unit.packaging.conftest import ROOT

# What each app imports at its first use: slow, and therefore worth keeping.
KEPT = {"crud_app": "boto3", "email_app": "boto3", "bff_app": "chalicelib.web.httpx_client"}

# A process of Lambda: the library that the runtime brings, the import, the snapshot, and a start from it.
PROCESS = """
import json, socket, sys, types
library, before, after = types.ModuleType("snapshot_restore_py"), [], []
library.register_before_snapshot, library.register_after_restore = before.append, after.append
sys.modules["snapshot_restore_py"] = library
def refuse(*_): raise AssertionError("a socket was opened")
socket.socket.connect = refuse
import app
imported = sys.argv[1] in sys.modules
for hook in before: hook()
kept = sys.argv[1] in sys.modules
for hook in after: hook()
print(json.dumps([len(before), len(after), imported, kept]))
"""


@pytest.mark.parametrize("app", KEPT)
def test_a_snapshot_holds_what_is_slow_to_import_and_no_connection(app):
    paths = f"import sys; sys.path[:0] = ['vendor', '.', {str(ROOT)!r}]\n"
    output = subprocess.run(
        [sys.executable, "-c", paths + PROCESS, KEPT[app]],
        cwd=ROOT / app,
        env={},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert json.loads(output) == [1, 1, False, True]
