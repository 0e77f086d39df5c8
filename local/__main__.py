"""`make run`: the whole system on this machine, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import ExitStack

from chalice_devserver.program import Ending
from chalice_frontdoor import SettingError
from local import guardian
from local.console import Console
from local.lock import AlreadyRunning, folder_lock, make_private
from local.resources import LedgerTableOutdated
from local.settings import Settings
from local.stack import NotStarted, Stack

EXIT_USAGE = 2


def main() -> int:
    """Run until a signal comes or a part dies; the result is the exit code, 2 if nothing could start."""
    os.umask(0o077)
    began = time.monotonic()
    ending = Ending()
    try:
        settings = Settings.from_environment(os.environ)
        make_private(settings.state)
        with folder_lock(settings.state) as lock, settings.reserved_ports() as (bound, sockets):
            guardian.start(keep_open=[lock])
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda *_: ending.ask())
            console = Console(sys.stdout, on_broken=ending.ask)
            with ExitStack() as cleanup:
                try:
                    console.ready(Stack(bound, sockets, console, ending, cleanup).start())
                    console.line("run", f"took {time.monotonic() - began:.1f} s")
                except NotStarted:
                    pass
                exit_code = ending.wait()
                console.line("run", "stopping…")
            console.line("run", "stopped")
            return exit_code
    except (SettingError, AlreadyRunning, LedgerTableOutdated) as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE


if __name__ == "__main__":
    sys.exit(main())
