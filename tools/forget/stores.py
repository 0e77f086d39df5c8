"""The two stores that know people. Each app forgets in its own, as a program of its own (``erasure.py``).

The request goes through a pipe: a command line is seen by everybody on the machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from tools.terraform_cli import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.forget.place import Place


class StoreFailed(Exception):
    """A store did not do what it was asked; the message is the sentence that its program ended with."""


PACKAGES = {"crud_app": "directorio", "email_app": "correos"}


def ask_directory(place: Place, **request: object) -> Iterator[Any]:
    """Ask crud_app's program; what it answers comes line by line.

    Raises:
        StoreFailed: see there.
    """
    return _ask("crud_app", place, request)


def ask_ledger(place: Place, **request: object) -> Iterator[Any]:
    """Ask email_app's program, like ``ask_directory``."""
    return _ask("email_app", place, {"table": place.table, **request})


def _ask(app: str, place: Place, request: dict[str, object]) -> Iterator[Any]:
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", f"chalicelib.{PACKAGES[app]}.erasure"],
            cwd=ROOT / app,
            env={**os.environ, **place.variables, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(request))
        process.stdin.close()
        for line in process.stdout:
            yield json.loads(line)
        if process.wait():
            errors.seek(0)
            raise StoreFailed((errors.read().strip().splitlines() or [f"{app} ended without a word"])[-1])
