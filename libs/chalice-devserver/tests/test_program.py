"""Programs that end by a signal and start anew when their code changes."""

from __future__ import annotations

import os
import py_compile
import threading
import time
from pathlib import Path

import pytest

from chalice_devserver.program import CodeWatch, Ending

PATIENCE = 60.0


def test_the_first_reason_to_end_counts() -> None:
    ending = Ending()
    assert not ending.asked
    ending.ask(1)
    ending.ask(0)
    assert ending.asked
    assert ending.wait() == 1


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "chalicelib").mkdir(parents=True)
    (folder / "app.py").write_text("")
    (folder / "chalicelib" / "page.html").write_text("")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "shared.py").write_text("")
    (folder / "vendor").mkdir()
    (folder / "vendor" / "shared").symlink_to(tmp_path / "shared")
    return folder


def watched(folder: Path) -> threading.Event:
    changed = threading.Event()
    CodeWatch(folder, changed.set).start()
    return changed


def touch(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.touch()
    later = time.time_ns() + 1_000_000_000
    os.utime(path, ns=(later, later))


@pytest.mark.parametrize(
    "name", ["app.py", "chalicelib/page.html", "vendor/shared/shared.py", "chalicelib/new.py", "gone.py"]
)
def test_a_change_is_noticed_and_none_of_byte_code_and_hidden_folders(project: Path, name: str) -> None:
    watch = CodeWatch(project, lambda: None)
    for ignored in ("__pycache__/app.pyc", ".chalice/deployed.json"):
        touch(project / ignored)
    assert watch.changes() == []
    if name == "gone.py":
        (project / "app.py").unlink()
    else:
        touch(project / name)
    assert len(watch.changes()) == 1


def test_byte_code_that_python_would_take_for_new_is_forgotten(project: Path) -> None:
    code = project / "app.py"
    byte_code = Path(py_compile.compile(str(code), doraise=True) or "")
    assert byte_code.exists()
    changed = watched(project)
    touch(code)
    assert changed.wait(PATIENCE)
    assert not byte_code.exists()
