"""Log lines for people: the message, then what the code gave as ``extra={…}``.

On AWS the same records become JSON (Lambda's log format); here they are read in a terminal.
"""

from __future__ import annotations

import logging
import sys

_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class ReadableFormatter(logging.Formatter):
    """``message  key=value key=value``, with the level before it when it is a warning or worse."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line of ``record`` without its stack."""
        level = f"{record.levelname} " if record.levelno >= logging.WARNING else ""
        extras = " ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _ORDINARY)
        return f"{level}{record.message}{'  ' if extras else ''}{extras}"


def log_to_stdout() -> None:
    """Write records of level INFO and above to standard output, one line each, at once."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(ReadableFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
