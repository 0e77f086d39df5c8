"""Programs that end by a signal and start anew when their code changes."""

import os
from itertools import count

import pytest

from chalice_devserver.program import Ending, modification_times

#: No two changes are at the same moment.
MOMENTS = count(1_800_000_000)


def test_the_first_reason_to_end_counts():
    ending = Ending()
    assert not ending.asked
    ending.ask(1)
    ending.ask(0)
    assert ending.asked
    assert ending.wait() == 1


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    for name in ("project/app.py", "project/chalicelib/page.html", "shared/shared.py"):
        touch(tmp_path / name)
    (folder / "vendor").mkdir()
    (folder / "vendor" / "shared").symlink_to(tmp_path / "shared")
    return folder


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    later = next(MOMENTS)
    os.utime(path, (later, later))


@pytest.mark.parametrize(
    "name", ["app.py", "chalicelib/page.html", "vendor/shared/shared.py", "chalicelib/new.py", "gone.py"]
)
def test_a_change_is_noticed_and_none_of_byte_code_and_hidden_folders(project, name):
    before = modification_times(project)
    for ignored in ("__pycache__/app.pyc", ".chalice/deployed.json"):
        touch(project / ignored)
    assert modification_times(project) == before
    if name == "gone.py":
        (project / "app.py").unlink()
    else:
        touch(project / name)
    assert len(modification_times(project).items() ^ before.items()) in {1, 2}, "a file came or went, or has changed"
