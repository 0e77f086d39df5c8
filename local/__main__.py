"""`make run`: the whole system on this machine, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import time

from local.console import Console, discard_output
from local.guardian import Guardian
from local.lock import AlreadyRunning, folder_lock
from local.program import Ending
from local.resources import LedgerTableOutdated
from local.settings import SettingError, Settings
from local.stack import NotStarted, Stack

# Something to set right before anything can start.
EXIT_USAGE = 2


def main() -> int:
    """Run until a signal comes or a part dies; the result is the exit code."""
    try:
        settings = Settings.from_environment(os.environ)
        with folder_lock(settings.state) as lock:
            settings.check_ports()
            return run(settings, lock)
    except (SettingError, AlreadyRunning, LedgerTableOutdated) as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE


def run(settings: Settings, lock: int) -> int:
    """Start everything, wait, end everything."""
    began = time.monotonic()
    ending = Ending()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.ask())

    def end_unheard() -> None:
        discard_output(sys.stdout)
        ending.ask()

    console = Console(sys.stdout, on_broken=end_unheard)
    guardian = Guardian(keep_open=lock)
    try:
        with Stack(settings, console, ending, guardian) as stack:
            try:
                where = stack.start()
                console.ready(where)
                console.line("run", f"took {time.monotonic() - began:.1f} s")
            except NotStarted:
                pass
            exit_code = ending.wait()
            console.line("run", "stopping…")
    finally:
        guardian.dismiss()
    console.line("run", "stopped")
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
