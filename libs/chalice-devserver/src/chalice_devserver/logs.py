"""Log lines for people: the message, then what the code gave as ``extra={…}``.

On AWS the same records become JSON (Lambda's log format); here they are read in a terminal.
"""

from __future__ import annotations

import logging
import sys

# Chalice's names for an app's module and its library folder, and this package.
TALKATIVE = ("app", "chalicelib", "chalice_devserver")
_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class ReadableFormatter(logging.Formatter):
    """``message  key=value``, with the level before it when it is a warning or worse.

    What the message says already is not said again.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line of ``record`` without its stack."""
        level = f"{record.levelname} " if record.levelno >= logging.WARNING else ""
        extras = "".join(
            f"  {name}={value}"
            for name, value in vars(record).items()
            if name not in _ORDINARY and str(value) not in record.message
        )
        return f"{level}{record.message}{extras}"


def log_to_stdout() -> None:
    """Write records to standard output: of libraries from WARNING on, of the project and of this package from INFO.

    The root logger has Lambda's level, so that what an app does about it has the same effect here.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(ReadableFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO)
