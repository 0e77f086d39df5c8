"""Processes that are started, watched and ended; none is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from local import guardian as guardian_module
from local.guardian import Guardian, guard, is_running
from local.lock import AlreadyRunning, folder_lock
from local.part import Part
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 20.0
# Each says "up" when it can take a signal.
OBEDIENT = "import time; print('up', flush=True); time.sleep(600)"
# The signal may come while "up" is being printed: Python's own output cannot be entered twice.
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


def test_the_lines_of_a_part_arrive_with_its_name(watch: Callable[[str], Watched]) -> None:
    watched = watch("import sys; print('uno'); sys.stdout.buffer.write(b'\\xff\\n'); print('dos', file=sys.stderr)")
    assert watched.ended.wait(PATIENCE)
    assert sorted(watched.lines) == [("tiny", "dos"), ("tiny", "uno"), ("tiny", "\ufffd")]


def test_a_part_is_up_when_it_says_so(watch: Callable[[str], Watched]) -> None:
    watched = watch("import time; print('not up yet', flush=True); time.sleep(0.3); print('up!', flush=True); input()")
    wait_until(lambda: watched.lines)
    assert not watched.part.is_up
    wait_until(lambda: watched.part.is_up)


def test_the_end_of_a_part_is_told_with_its_exit_code_after_its_last_lines(watch: Callable[[str], Watched]) -> None:
    watched = watch("print('\\n'.join(map(str, range(30)))); raise SystemExit(3)")
    assert watched.ended.wait(PATIENCE)
    assert watched.exits == [3]
    assert watched.part.exit_code == 3
    assert list(watched.part.last_lines) == [str(number) for number in range(10, 30)]
    assert not watched.part.stopping


def test_a_part_that_is_stopped_may_say_its_last_word(watch: Callable[[str], Watched]) -> None:
    watched = watch(POLITE)
    wait_until(lambda: watched.part.is_up)
    watched.part.stop()
    assert watched.part.stopping
    assert watched.lines[-1] == ("tiny", "bye")
    assert watched.part.exit_code == 0


def test_a_part_that_does_not_stop_is_killed_with_its_children(
    watch: Callable[[str], Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.part.GRACE_SECONDS", 0.2)
    watched = watch(STUBBORN)
    wait_until(lambda: watched.part.is_up)
    [child] = psutil.Process(watched.part.pid).children()
    watched.part.stop()
    assert watched.part.exit_code == -signal.SIGKILL
    wait_until(lambda: not is_running(child))


def test_ctrl_c_does_not_reach_a_part(watch: Callable[[str], Watched]) -> None:
    watched = watch(OBEDIENT)
    assert os.getsid(watched.part.pid) == watched.part.pid


# ---- the guardian


def start(code: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    return process


def test_what_still_runs_is_ended_the_newest_first() -> None:
    processes = [start(POLITE) for _ in range(3)]
    order: list[int] = []
    waiters = [
        threading.Thread(target=lambda process=process: order.append(process.pid) if process.wait() == 0 else None)
        for process in processes
    ]
    for waiter in waiters:
        waiter.start()
    guard([f"{process.pid} {int(signal.SIGTERM)}\n" for process in processes])
    for waiter, process in zip(waiters, processes, strict=True):
        waiter.join(PATIENCE)
        process.communicate()
    assert order == [process.pid for process in reversed(processes)]


def test_what_has_ended_is_left_alone() -> None:
    process = start("print('up')")
    process.communicate()
    guard([f"{process.pid} {int(signal.SIGTERM)}\n"])
    assert process.returncode == 0


def test_a_process_that_nobody_has_waited_for_does_not_run() -> None:
    process = start("print('up')")
    wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    assert not is_running(psutil.Process(process.pid))
    process.communicate()


def test_each_part_is_ended_by_its_own_signal() -> None:
    process = start(POLITE.replace("SIGTERM", "SIGINT"))
    guard([f"{process.pid} {int(signal.SIGINT)}\n"])
    process.communicate()
    assert process.returncode == 0


def test_who_does_not_end_is_killed_with_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardian_module, "GRACE_SECONDS", 0.2)
    process = start(STUBBORN)
    [child] = psutil.Process(process.pid).children()
    guard([f"{process.pid} {int(signal.SIGTERM)}\n"])
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: not is_running(child))


PARENT = """
import os, signal, subprocess, sys, time
from local.guardian import Guardian
from local.lock import folder_lock
from pathlib import Path
with folder_lock(Path(sys.argv[1])) as lock:
    guardian = Guardian(keep_open=lock)
    part = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    guardian.watch(part.pid)
    print(part.pid, flush=True)
    time.sleep(600)
"""


def test_when_the_parent_is_killed_the_guardian_ends_its_parts(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout
    part = psutil.Process(int(parent.stdout.readline()))
    family = psutil.Process(parent.pid).children(recursive=True)
    assert part in family
    parent.kill()
    parent.communicate()
    wait_until(lambda: not any(map(is_running, family)))


def test_a_guardian_that_is_dismissed_ends() -> None:
    with Path(os.devnull).open() as file:
        Guardian(keep_open=file.fileno()).dismiss()
    assert not [child for child in psutil.Process().children() if "local.guardian" in child.cmdline()]


# ---- the lock


def test_a_folder_is_held_by_one_run_and_the_other_learns_by_which(tmp_path: Path) -> None:
    with (
        folder_lock(tmp_path / "state"),
        pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}.*LOCAL_STATE"),
        folder_lock(tmp_path / "state"),
    ):
        pytest.fail("two hold it")


def test_a_folder_that_was_left_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with folder_lock(tmp_path):
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_after_a_kill_the_next_run_waits_until_the_parts_have_ended(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout
    part = psutil.Process(int(parent.stdout.readline()))
    part.suspend()  # so that it takes its time to end
    parent.kill()
    parent.communicate()
    threading.Timer(0.5, part.resume).start()
    with folder_lock(tmp_path):
        assert not is_running(part)
