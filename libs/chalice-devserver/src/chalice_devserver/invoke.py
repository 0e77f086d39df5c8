"""Runs one handler once, with an event from a file: `python -m chalice_devserver.invoke resize_image event.json`."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chalice_devserver.project import InvocationFailed, Project, SetupError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Print what the handler returns, as JSON; exit with 1 if it fails, and with 2 if it cannot be run."""
    parser = argparse.ArgumentParser(prog="python -m chalice_devserver.invoke", description=__doc__)
    parser.add_argument("name", help="the handler's name: that of its function, or the decorator's name=")
    parser.add_argument("event", help="a file of JSON; - for standard input")
    parser.add_argument("--project-dir", type=Path, default=Path(), help="the folder with app.py (default: this one)")
    parser.add_argument("--stage", default="local", help="the stage of .chalice/config.json (default: local)")
    options = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stderr)
    try:
        event = json.loads(sys.stdin.read() if options.event == "-" else Path(options.event).read_text("utf-8"))
    except OSError as error:
        parser.error(f"{options.event} cannot be read: {error.strerror}")
    except ValueError as error:
        parser.error(f"{options.event} is not JSON: {error}")
    try:
        project = Project(options.project_dir, options.stage)
    except SetupError as error:
        parser.error(str(error))
    handlers = project.app.handler_map
    if options.name not in handlers:
        parser.error(f"{project.folder.name} has no handler {options.name}. It has: {', '.join(sorted(handlers))}.")
    try:
        result = project.function(options.name, handlers[options.name]).invoke(event)
    except InvocationFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
