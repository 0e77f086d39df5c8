"""Processes that are started, watched and ended; none is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from local.guardian import guard, is_running
from local.lock import AlreadyRunning, folder_lock, make_private
from local.part import Part
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE = 60.0
# Each prints "up" when it can take a signal.
POLITE = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'bye\\n'), sys.exit(0)))
print('up', flush=True)
time.sleep(600)
"""
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
print('up', flush=True)
time.sleep(600)
"""


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


class Watched:
    """A part, and what it told."""

    def __init__(self, code: str) -> None:
        self.lines: list[tuple[str, str]] = []
        self.exits: list[int] = []
        self.ended = threading.Event()
        self.part = Part(
            "tiny",
            [sys.executable, "-c", code],
            os.environ,
            ROOT,
            on_line=lambda name, line: self.lines.append((name, line)),
            on_exit=self._notice,
            up_word="up",
            grace_seconds=0.2,
        )

    def _notice(self, _: Part, exit_code: int) -> None:
        self.exits.append(exit_code)
        self.ended.set()


@pytest.fixture
def watch() -> Iterator[Callable[[str], Watched]]:
    watched: list[Watched] = []

    def start(code: str) -> Watched:
        watched.append(Watched(code))
        return watched[-1]

    yield start
    for one in watched:
        one.part.stop()


def test_the_lines_of_a_part_arrive_before_its_exit_code(watch: Callable[[str], Watched]) -> None:
    watched = watch(
        "import sys; sys.stdout.buffer.write(b'\\xff\\n'); print(*range(30), sep='\\n'); print('err', file=sys.stderr);"
        "raise SystemExit(3)"
    )
    assert watched.ended.wait(PATIENCE)
    assert watched.exits == [3]
    assert watched.part.exit_code == 3
    assert set(watched.lines) == {("tiny", line) for line in ("\ufffd", "err", *map(str, range(30)))}
    assert len(watched.part.last_lines) == 20
    assert not watched.part.stopping


def test_a_part_is_up_when_it_says_so_and_may_say_its_last_word(watch: Callable[[str], Watched]) -> None:
    watched = watch(POLITE.replace("print('up'", "print('not up yet', flush=True); sys.stdin.read(); print('up'"))
    wait_until(lambda: watched.part.is_up)
    assert watched.lines[0] == ("tiny", "not up yet")
    assert os.getsid(watched.part.pid) == watched.part.pid, "Ctrl-C would reach it"
    watched.part.stop()
    assert watched.part.stopping
    assert watched.lines[-1] == ("tiny", "bye")
    assert watched.part.exit_code == 0


def test_a_part_that_does_not_stop_is_killed_with_its_children(watch: Callable[[str], Watched]) -> None:
    watched = watch(STUBBORN)
    wait_until(lambda: watched.part.is_up)
    [child] = psutil.Process(watched.part.pid).children()
    watched.part.stop()
    assert watched.part.exit_code == -signal.SIGKILL
    wait_until(lambda: not is_running(child))


# ---- the guardian


def start(code: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    return process


def test_the_guardian_ends_what_was_not_released_each_by_its_signal_and_the_newest_first(tmp_path: Path) -> None:
    def noting(mark: str, ending: str) -> str:
        note = f"open({str(tmp_path / 'order')!r}, 'a').write({mark!r})"
        return POLITE.replace("SIGTERM", ending).replace("os.write(1, b'bye\\n')", note)

    oldest = start(noting("1", "SIGTERM"))
    released = start(POLITE)
    newest = start(noting("2", "SIGINT"))
    gone = start("print('up')")
    gone.wait()
    guard(
        [
            f"{oldest.pid} {int(signal.SIGTERM)}\n",
            f"{released.pid} {int(signal.SIGTERM)}\n",
            f"{newest.pid} {int(signal.SIGINT)}\n",
            f"{gone.pid} {int(signal.SIGTERM)}\n",
            f"{released.pid} 0\n",
        ]
    )
    assert (oldest.wait(PATIENCE), newest.wait(PATIENCE), released.poll()) == (0, 0, None)
    assert (tmp_path / "order").read_text() == "21"
    released.kill()
    for process in (oldest, released, newest, gone):
        process.communicate()


def test_what_does_not_end_is_killed_with_its_group() -> None:
    process = start(STUBBORN)
    [child] = psutil.Process(process.pid).children()
    guard([f"{process.pid} {int(signal.SIGTERM)}\n"], grace_seconds=0.2)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: not is_running(child))


PARENT = """
import subprocess, sys, time
from local import guardian
from local.emulator import Emulator
from local.lock import folder_lock
from local.postgres import Postgres
from pathlib import Path
with folder_lock(Path(sys.argv[1])) as lock:
    guardian.start(keep_open=[lock])
    part = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    guardian.watch(part.pid)
    emulator = Emulator(Path(sys.argv[1]) / "emulator.log")
    postgres = Postgres(Path(sys.argv[1]) / "postgres")
    print(part.pid, emulator.pid, postgres.pid, flush=True)
    time.sleep(600)
"""


def test_nothing_outlives_a_parent_that_is_killed(folder: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, folder], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout
    processes = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    assert len(processes) == 3
    assert all(map(is_running, processes))
    parent.kill()
    parent.communicate()
    with folder_lock(folder):  # whoever starts next waits for them
        assert not any(map(is_running, processes))


# ---- the folder


def test_a_folder_is_held_by_one_run_at_a_time_and_the_other_learns_by_which(tmp_path: Path) -> None:
    for _ in range(2):
        with folder_lock(tmp_path):
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
            with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}.*LOCAL_STATE"), folder_lock(tmp_path):
                pytest.fail("two hold it")


def test_what_an_earlier_version_left_open_becomes_private(tmp_path: Path) -> None:
    """Files behind links belong to others and keep their modes."""
    state, outside = tmp_path / "state", tmp_path / "outside"
    (state / "aws").mkdir(parents=True, mode=0o755)
    (state / "aws" / "cognito.json").write_text("{}")
    (state / "aws" / "cognito.json").chmod(0o644)
    outside.write_text("")
    outside.chmod(0o644)
    (state / "link").symlink_to(outside)

    make_private(state)

    modes = {path.name: path.stat().st_mode & 0o777 for path in (state, *state.rglob("*"))}
    passable = 0o711 if os.geteuid() == 0 else 0o700
    assert modes == {"state": passable, "aws": 0o700, "cognito.json": 0o600, "link": 0o644}
