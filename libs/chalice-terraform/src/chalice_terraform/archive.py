"""Rewrites the zip that Chalice made: only what the Lambda needs, compiled, and the same bytes from the same input."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from chalice_terraform.errors import PackagingFailed

if TYPE_CHECKING:
    from collections.abc import Callable

# The first moment that a zip can name. Real dates would change the hash, and with it the function, at every build.
EPOCH = (1980, 1, 1, 0, 0, 0)
# Where Lambda unpacks the zip: the path that tracebacks show.
TASK_ROOT = "/var/task"
MODE_FILE = stat.S_IFREG | 0o644
MODE_LIBRARY = stat.S_IFREG | 0o755
MADE_ON_UNIX = 3
# Types and sources of compiled parts serve tools, not the interpreter.
UNUSED_SUFFIXES = frozenset({".c", ".h", ".pxd", ".pyc", ".pyi", ".pyx", ".typed"})
# Tests that a distribution ships with itself.
UNUSED_FOLDERS = frozenset({"__pycache__", "tests", "testing"})
# A licence must travel with the code. importlib.metadata reads the others: versions, and plugins.
NEEDED_METADATA = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS", "METADATA", "ENTRY_POINTS.TXT")


def find_own_files(app: Path) -> frozenset[PurePosixPath]:
    """The files of the project, as Chalice places them in the zip: `app.py`, `chalicelib`, and what is in `vendor`."""
    found = {PurePosixPath("app.py")}
    for folder, base in ((app / "chalicelib", app), (app / "vendor", app / "vendor")):
        # Links to the packages that several apps share are followed, as Chalice does.
        for path, _, names in os.walk(folder, followlinks=True):
            found |= {PurePosixPath(Path(path, name).relative_to(base).as_posix()) for name in names}
    return frozenset(path for path in found if "__pycache__" not in path.parts)


def is_needed(path: PurePosixPath) -> bool:
    """Tell whether the file ``path`` of a dependency (relative, with slashes) belongs in a Lambda."""
    if path.suffix in UNUSED_SUFFIXES or UNUSED_FOLDERS & set(path.parts):
        return False
    if path.parts[0].endswith(".dist-info"):
        return path.name.upper().startswith(NEEDED_METADATA)
    return True


def rewrite(source: Path, target: Path, *, is_needed: Callable[[PurePosixPath], bool]) -> None:
    """Write the files of the zip ``source`` that ``is_needed`` to ``target``, with a ``.pyc`` beside each module.

    ``/var/task`` is read-only on Lambda: without the ``.pyc`` every cold start compiles everything again.

    Raises:
        PackagingFailed: a module does not compile.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with zipfile.ZipFile(source) as packed:
            for entry in packed.namelist():
                if is_needed(PurePosixPath(entry)):
                    packed.extract(entry, folder)
        _compile(folder)
        _write(folder, target)


def _compile(folder: Path) -> None:
    """Compile all modules in a process of its own: what else is in memory would change the bytes of a ``.pyc``.

    ``unchecked-hash`` because the dates of a zip's entries mean nothing: compared with them, it would compile again.
    """
    # Isolated (-I, -S): no variable of the environment, such as PYTHONOPTIMIZE, and no installed package has a say.
    arguments = [sys.executable, "-I", "-S", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    result = subprocess.run(  # noqa: S603 - our own interpreter
        [*arguments, "-s", str(folder), "-p", TASK_ROOT, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise PackagingFailed(f"a module does not compile: {result.stdout.strip()}")


def _write(folder: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    with zipfile.ZipFile(target, "w") as packed:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = MADE_ON_UNIX
            entry.external_attr = (MODE_LIBRARY if name.endswith(".so") else MODE_FILE) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, files[name].read_bytes())
