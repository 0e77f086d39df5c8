"""`make run` in bad moments; tests/stack/ has the good ones."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from local.guardian import is_running
from local.settings import ROOT, Settings
from local.sign_in import SignIn
from local.stack import addresses, write_env_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 60.0
SIGN_IN = SignIn(
    endpoint="http://127.0.0.1:1",
    pool="us-east-1_example",
    issuer="https://issuer.example",
    page_client="page",
    token_client="token",
    program_client="program",
    program_secret="",
    credentials={},
    passwords={"lector@example.com": "uno", "rrhh@example.com": "dos", "admin@example.com": "tres"},
)
PORTS = ("BFF_PORT", "CRUD_PORT", "EMAIL_PORT", "AWS_PORT")


class Run:
    """A `make run` of this test, with ports and a folder of its own."""

    def __init__(self, state: Path, **variables: str) -> None:
        self.state = state
        self._log = state.parent / "log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "NOTIFY_"))}
        ports = dict.fromkeys(PORTS, "0")
        with self._log.open("wb") as log:
            self.process = psutil.Popen(
                [sys.executable, "-m", "local"],
                cwd=ROOT,
                env={**kept, **ports, "LOCAL_STATE": str(state), **variables},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while text not in self.log():
            assert time.monotonic() < deadline, self.log()
            assert self.process.poll() is None or text in self.log(), self.log()
            time.sleep(0.05)

    def everything(self) -> list[psutil.Process]:
        """All its processes: its children, and PostgreSQL, which is a child of nobody."""
        family = [self.process, *self.process.children(recursive=True)]
        postmaster = self.state / "postgres" / "postmaster.pid"
        if postmaster.exists():
            family.append(psutil.Process(int(postmaster.read_text(encoding="ascii").splitlines()[0])))
        return family

    def part(self, *words: str) -> psutil.Process:
        [found] = [child for child in self.process.children() if set(words) <= set(child.cmdline())]
        return found


@pytest.fixture
def run() -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []
    # Outside of pytest's folders, whose rights are taken away whenever another pytest starts: PostgreSQL's user, if the
    # tests run as root, must be let in.
    with tempfile.TemporaryDirectory() as folder:

        def start(**variables: str) -> Run:
            runs.append(Run(Path(folder) / "state", **variables))
            return runs[-1]

        yield start
        for one in runs:
            if one.process.poll() is None:
                one.process.terminate()
                one.process.wait(PATIENCE)


def assert_all_end(processes: list[psutil.Process]) -> None:
    deadline = time.monotonic() + PATIENCE
    while left := [process for process in processes if is_running(process)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_a_part_that_dies_is_reported_and_brings_the_rest_down(run: Callable[..., Run]) -> None:
    stack = run()
    stack.wait_for("\nready\n")
    everything = stack.everything()
    stack.part("chalice_devserver.server", "crud_app").kill()
    assert stack.process.wait(PATIENCE) == 1
    assert "crud ended unexpectedly (signal SIGKILL)" in stack.log()
    assert "  listens on http://127.0.0.1:" in stack.log().partition("Its last lines:")[2]
    assert_all_end(everything)


def test_when_postgresql_dies_that_is_reported_too(run: Callable[..., Run]) -> None:
    stack = run()
    stack.wait_for("\nready\n")
    everything = stack.everything()
    everything[-1].send_signal(signal.SIGINT)
    assert stack.process.wait(PATIENCE) == 1
    assert "PostgreSQL ended unexpectedly" in stack.log()
    assert "received fast shutdown request" in stack.log()
    assert_all_end(everything)


def test_after_a_kill_nothing_is_left_and_the_next_run_starts_at_once(run: Callable[..., Run]) -> None:
    killed = run()
    killed.wait_for("\nready\n")
    everything = killed.everything()
    second = run()
    assert second.process.wait(PATIENCE) == 2
    assert f"It runs already (process {killed.process.pid})" in second.log()

    killed.process.kill()
    killed.process.wait()
    third = run()
    third.wait_for("\nready\n")
    assert_all_end(everything)


def test_a_signal_while_it_starts_ends_it(run: Callable[..., Run]) -> None:
    stack = run()
    stack.wait_for("│")  # the first line of a part
    everything = stack.everything()
    stack.process.send_signal(signal.SIGHUP)
    assert stack.process.wait(PATIENCE) == 0
    assert "ready" not in stack.log()
    assert_all_end(everything)


def test_another_database_is_used_and_one_that_does_not_answer_is_reported(
    run: Callable[..., Run], closed_port: int
) -> None:
    stack = run(DATABASE_URL=f"postgresql://nobody@127.0.0.1:{closed_port}/none")
    assert stack.process.wait(PATIENCE) == 1
    assert "migrate ended unexpectedly (exit code 1)" in stack.log()
    assert not (stack.state / "postgres").exists()


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_the_end_of_the_reader_ends_it(run: Callable[..., Run], unbuffered: str) -> None:
    """As in ``make run | head``, and whether Python holds output back or not: what it holds has no reader either."""
    del run
    with tempfile.TemporaryDirectory() as folder:
        ports = dict.fromkeys(PORTS, "0")
        command = [sys.executable, "-m", "local"]
        environment = {**os.environ, **ports, "LOCAL_STATE": f"{folder}/state", "PYTHONUNBUFFERED": unbuffered}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            process.stdout.close()
            assert process.wait(PATIENCE) == 0


def test_the_variables_are_written_for_a_shell_and_for_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o644)
    write_env_file(path, {"PLAIN": "x", "HARD": "it's $HOME & more"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    printed = subprocess.run(
        ["bash", "-c", f"set -a; . {path}; set +a; printenv PLAIN HARD"], capture_output=True, text=True, check=True
    )
    assert printed.stdout == "x\nit's $HOME & more\n"


def test_addresses_are_short_where_they_can_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    inside = Settings.from_environment({"LOCAL_STATE": str(tmp_path / ".local")})
    assert " .local/inbox/" in addresses(inside, SIGN_IN, "http://localhost:1/")["inbox"]
    outside = Settings.from_environment({"LOCAL_STATE": "/elsewhere"})
    assert " /elsewhere/inbox/" in addresses(outside, SIGN_IN, "http://localhost:1/")["inbox"]


def test_the_users_of_the_three_roles_are_shown_with_their_passwords() -> None:
    shown = addresses(Settings.from_environment({}), SIGN_IN, "http://localhost:1/")
    assert [shown[role] for role in ("lector", "rrhh", "admin")] == [
        "lector@example.com  uno",
        "rrhh@example.com  dos",
        "admin@example.com  tres",
    ]
