"""What a Lambda does not need, and therefore does not get.

Each rule is covered by a test that runs the packaged app without the files: see `tests/unit/packaging`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePosixPath

# Types and sources of compiled parts serve tools, not the interpreter.
UNUSED_SUFFIXES = frozenset({".c", ".h", ".pxd", ".pyc", ".pyi", ".pyx", ".typed"})
# Tests that a distribution ships with itself.
UNUSED_FOLDERS = frozenset({"__pycache__", "tests", "testing"})
# Parts of distributions that the apps do not use.
UNUSED_PARTS = (
    # pg8000 parses dates; it never looks up a time zone by its name.
    "dateutil/zoneinfo/",
    # For asynchronous clients. httpcore imports it if it is there, which a cold start would pay for.
    "anyio/",
    "typing_extensions.py",
    # httpx's command line, and the tables for host names beyond ASCII, which the settings refuse.
    "httpx/_main.py",
    "idna/uts46data.py",
)
# A licence must travel with the code. METADATA too: pg8000 asks importlib.metadata for its own version.
NEEDED_METADATA = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS", "METADATA")


def is_needed(path: PurePosixPath) -> bool:
    """Tell whether the file ``path`` of a zip (relative, with slashes) belongs into a Lambda."""
    if path.suffix in UNUSED_SUFFIXES or UNUSED_FOLDERS & set(path.parts):
        return False
    if path.as_posix().startswith(UNUSED_PARTS):
        return False
    if path.parts[0].endswith(".dist-info"):
        return path.name.upper().startswith(NEEDED_METADATA)
    return True
