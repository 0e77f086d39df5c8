"""Processes that are started, watched and ended; none is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest

from local.guardian import Child, guard, is_running, watch
from local.lock import AlreadyRunning, folder_lock, make_private, write_private
from local.settings import ROOT
from local.stack import Part
from tests.support.waiting import PATIENCE_SECONDS, wait_until, wait_until_ended

# Each prints "up" when it can take a signal.
POLITE = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'bye\\n'), sys.exit(0)))
print('up', flush=True)
time.sleep(600)
"""
SLEEP = "import time; time.sleep(600)"
STUBBORN = f"""
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, '-c', {SLEEP!r}])
print('up', flush=True)
{SLEEP}
"""


class Watched:
    """A part, and what it told."""

    def __init__(self, code):
        self.lines: list[str] = []
        self.ended = threading.Event()
        command = [sys.executable, "-c", code]
        self.part = Part("tiny", command, on_line=self._note, on_exit=lambda _: self.ended.set())

    def _note(self, name, line):
        self.lines.append(f"{name}: {line}")


def test_a_part_is_up_when_it_says_so_and_may_say_its_last_word():
    words = "print('not up yet', flush=True); os.write(2, b'\\xff\\n'); sys.stdin.read(); print('drives'"
    watched = Watched(POLITE.replace("print('up'", words))
    wait_until(lambda: watched.part.is_up, "the word drives")
    assert os.getsid(watched.part.pid) == watched.part.pid, "Ctrl-C would reach it"
    watched.part.stop(PATIENCE_SECONDS)
    assert (watched.part.returncode, watched.part.stopping) == (0, True)
    wait_until(lambda: len(watched.lines) == 4, "the last word")
    assert watched.lines == ["tiny: not up yet", "tiny: \ufffd", "tiny: drives", "tiny: bye"]


def test_the_end_of_a_part_is_told_although_what_it_started_holds_its_output():
    watched = Watched(f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).pid)")
    assert watched.ended.wait(PATIENCE_SECONDS)
    wait_until(lambda: watched.lines, "its line")
    child = psutil.Process(int(watched.lines[0].removeprefix("tiny: ")))
    watch(child.pid)
    assert (watched.part.returncode, is_running(child)) == (0, True)
    child.kill()


def start(code):
    process = Child([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    return process


@pytest.mark.parametrize("by_guardian", [True, False])
def test_what_does_not_end_is_killed_with_its_children(*, by_guardian):
    process = start(STUBBORN)
    children = psutil.Process(process.pid).children()
    if by_guardian:
        guard([f"{int(signal.SIGTERM)} {process.pid}\n"], grace_seconds=0.2)
    process.stop(grace_seconds=0.2)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert len(children) == 1
    wait_until_ended(children)


def test_the_guardian_ends_what_was_not_released_each_by_its_signal_and_the_newest_first(tmp_path):
    def noting(mark, ending):
        note = f"open({str(tmp_path / 'order')!r}, 'a').write({mark!r})"
        return POLITE.replace("SIGTERM", ending).replace("os.write(1, b'bye\\n')", note)

    oldest, released, newest = start(noting("1", "SIGTERM")), start(POLITE), start(noting("2", "SIGINT"))
    gone = start("print('up')")
    gone.wait()
    orders = [(oldest, signal.SIGTERM), (released, signal.SIGTERM), (newest, signal.SIGINT), (gone, signal.SIGTERM)]
    guard([*(f"{int(number)} {process.pid}\n" for process, number in orders), f"0 {released.pid}\n"], PATIENCE_SECONDS)
    assert (oldest.wait(PATIENCE_SECONDS), newest.wait(PATIENCE_SECONDS), released.poll()) == (0, 0, None)
    assert (tmp_path / "order").read_text() == "21"
    for process in (oldest, released, newest, gone):
        process.stop()
        process.communicate()


PARENT = """
import sys
from pathlib import Path
from local import guardian
from local.lock import folder_lock
with folder_lock(Path(sys.argv[1])) as lock:
    guardian.start(keep_open=[lock])
    child = guardian.Child([sys.executable, "-c", "import time; time.sleep(600)"])
    print(child.pid, flush=True)
    sys.stdin.read()  # it ends with the test
"""


def test_after_a_parent_is_killed_the_next_one_waits_until_its_children_have_ended(tmp_path):
    command = [sys.executable, "-c", PARENT, tmp_path]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout
    child = psutil.Process(int(parent.stdout.readline()))
    with pytest.raises(AlreadyRunning, match=f"process {parent.pid}"), folder_lock(tmp_path):
        pytest.fail("two hold it")
    parent.kill()
    parent.communicate()
    with folder_lock(tmp_path):
        assert not is_running(child)


def test_the_folder_and_what_holds_keys_are_their_owners_alone(tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    (state / "env").write_text("old")
    (state / "env").chmod(0o644)

    make_private(state)
    write_private(state / "env", "new")

    modes = {path.name: path.stat().st_mode & 0o777 for path in (state, *state.rglob("*"))}
    assert modes == {"state": 0o711 if os.geteuid() == 0 else 0o700, "env": 0o600}
    assert (state / "env").read_text() == "new"
