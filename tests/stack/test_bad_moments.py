"""`make run` in bad moments: what dies is reported, and nothing is left."""

import signal
import subprocess
import sys

import psutil
import pytest

from local.guardian import Child
from tests.support.stack import COMMAND, ROOT, Stack
from tests.support.waiting import PATIENCE_SECONDS, wait_until_ended
from tests.support.wire import WireProxy


@pytest.fixture
def own(folder):
    """A stack of this test, which has not started."""
    stack = Stack(folder)
    yield stack
    if stack.is_running:
        stack.stop()
    stack.close()


@pytest.mark.parametrize(
    ("victim", "how", "said"),
    [
        ("crud_app", signal.SIGKILL, "ERROR crud ended unexpectedly (signal SIGKILL);"),
        ("postgres", signal.SIGINT, "ERROR PostgreSQL ended unexpectedly ("),
    ],
)
def test_a_part_that_dies_is_reported_and_brings_the_rest_down(own, victim, how, said):
    own.start()
    everything = own.processes()
    part = next(each for each in everything if victim in "".join(each.cmdline()) and each.pid != everything[0].pid)
    part.send_signal(how)
    wait_until_ended(everything)
    assert own.exit_code == 1
    assert said in own.text()


def test_a_signal_while_it_starts_ends_it(own, postgres):
    """Its database does not answer the migrations, so the start cannot be over when the signal comes."""
    with WireProxy(str(postgres.socket_folder / ".s.PGSQL.5432")) as wire:
        wire.withhold_after(1)
        process = own.launch(DATABASE_URL=wire.url(postgres.url("postgres")))
        own.wait_for("the connection of the migrations", lambda: wire.answers)
        everything = own.processes()
        process.send_signal(signal.SIGHUP)
        wait_until_ended(everything)
    assert (process.wait(), "\nready\n" in own.text()) == (0, False)


def test_another_database_is_used_and_one_that_does_not_answer_is_reported(own, closed_port):
    process = own.launch(DATABASE_URL=f"postgresql://nobody@127.0.0.1:{closed_port}/none")
    assert process.wait(PATIENCE_SECONDS) == 1
    assert "migrate ended unexpectedly (exit code 1)" in own.text()
    assert not (own.state / "postgres").exists()


def test_the_end_of_the_reader_ends_it(own):
    """As in ``make run | head``."""
    with Child(COMMAND, cwd=ROOT, env=own.environment(), stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(PATIENCE_SECONDS) == 0


# A test run, a benchmark: any program that starts servers.
PARENT = """
import sys, time
from pathlib import Path
from local.emulator import Emulator
from local.postgres import Postgres
folder = Path(sys.argv[1])
emulator, postgres = Emulator(folder / "emulator.log"), Postgres(folder / "data")
print(emulator.pid, postgres.pid, flush=True)
time.sleep(600)
"""


def test_nothing_outlives_a_make_that_is_killed(own):
    """Its program gets a signal and ends, and what that has started is ended by the guardian."""
    makefile = own.folder / "Makefile"
    makefile.write_text(f'all:\n\t@{sys.executable} -c "$$PROGRAM" {own.folder}\n')
    command = ["make", "--no-print-directory", "-f", str(makefile)]
    make = Child(command, cwd=ROOT, env=own.environment(PROGRAM=PARENT), stdout=subprocess.PIPE)
    assert make.stdout
    processes = [psutil.Process(int(pid)) for pid in make.stdout.readline().split()]
    assert len(processes) == 2
    make.kill()
    make.communicate()
    wait_until_ended(processes)
