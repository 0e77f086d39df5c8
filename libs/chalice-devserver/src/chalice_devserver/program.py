"""Runs a program until a signal ends it, and starts it anew when its code changes.

Anew means: in the same process, with the same id, pipes and parent, so that its parent notices nothing.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from chalice_devserver.logs import log_to_stdout
from chalice_devserver.project import Project, SetupError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Sequence

POLL_SECONDS = 0.5
# The exit code by which a change of the code ends a program; no process ever ends with it.
START_ANEW = -1

logger = logging.getLogger(__name__)


class Ending:
    """The end of a program, asked for by a signal handler, by another thread, or by a part that broke."""

    def __init__(self) -> None:
        # Safe in a signal handler: the lock of ``threading.Event`` may be held by the thread that is interrupted.
        self._codes: SimpleQueue[int] = SimpleQueue()

    def ask(self, exit_code: int = 0) -> None:
        """Let `wait` return; the first ``exit_code`` counts."""
        self._codes.put(exit_code)

    @property
    def asked(self) -> bool:
        """Whether `ask` was called since the last `wait`."""
        return not self._codes.empty()

    def wait(self) -> int:
        """Block until `ask` was called, and return its exit code."""
        return self._codes.get()


def run_program(
    parser: ArgumentParser, arguments: Sequence[str], make: Callable[[Namespace, Project], Callable[[Ending], int]]
) -> int:
    """Run what ``make`` returns for a project until SIGTERM or Ctrl-C; the result is its exit code.

    With ``--reload`` a change of the code ends the program and starts the process anew, and code that cannot be loaded
    (half of it is written) waits for the next change.
    """
    parser.add_argument("--project-dir", type=Path, required=True, help="the folder with app.py")
    parser.add_argument("--stage", default="local", help="the stage of .chalice/config.json (default: local)")
    parser.add_argument("--reload", action="store_true", help="start anew when the project's code changes")
    options = parser.parse_args(arguments)
    log_to_stdout()
    ending = Ending()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.ask())
    if options.reload:
        # Python takes old byte code for new when the code keeps its size and changes within the second it was loaded
        # in. https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation
        sys.dont_write_bytecode = True
        watch_code(options.project_dir, lambda: ending.ask(START_ANEW))
    try:
        run = make(options, Project(options.project_dir, options.stage))
    except SetupError as error:
        if not options.reload:
            sys.exit(str(error))
        logger.exception("the code cannot be loaded; waiting for a change", exc_info=error.__cause__ or error)
        exit_code = ending.wait()
    else:
        exit_code = ending.wait() if ending.asked else run(ending)
    if exit_code != START_ANEW:
        return exit_code
    # A signal from here on ends the process at once: none may be lost to the program that is being replaced.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if not ending.asked:
        sys.stdout.flush()
        sys.stderr.flush()
        # The command of this process, once more.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
    return 0


def watch_code(folder: Path, on_change: Callable[[], None]) -> None:
    """Call ``on_change`` once, from a thread of its own, when a file under ``folder`` changes, comes or goes.

    Links are followed, because a project's ``vendor/`` may hold some. Byte code and hidden files do not count.
    """
    seen = modification_times(folder)

    def watch() -> None:
        while not (changed := seen.items() ^ modification_times(folder).items()):
            time.sleep(POLL_SECONDS)
        logger.info("%s changed: starting anew", os.path.relpath(min(changed)[0]))
        on_change()

    threading.Thread(target=watch, name="code-watch", daemon=True).start()


def modification_times(top: Path) -> dict[str, int]:
    """When each file of the code was changed, in nanoseconds."""
    times = {}
    for folder, folders, files in os.walk(top, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        for name in files:
            path = os.path.join(folder, name)  # noqa: PTH118 - strings, as os.walk gives them: there are many
            with suppress(FileNotFoundError):  # it went between the listing and the look at it
                times[path] = os.stat(path).st_mtime_ns  # noqa: PTH116 - same
    return times
