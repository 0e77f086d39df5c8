"""What of a package a Lambda needs: all files of the project, and of its dependencies what runs."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

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
