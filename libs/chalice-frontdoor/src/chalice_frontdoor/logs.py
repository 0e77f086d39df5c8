"""The front door's log lines, and the configuration of the app's loggers."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

from chalice_frontdoor.process import SettingError
from chalice_frontdoor.responses import ResponseRefused

if TYPE_CHECKING:
    from chalice_frontdoor.request import FrontDoorRequest

_access = logging.getLogger("chalice_frontdoor.access")
_errors = logging.getLogger("chalice_frontdoor.errors")

#: Chalice's fixed names for an app's module and its library folder, beside the front door's own.
_OURS = ("chalice_frontdoor", "app", "chalicelib")

#: What all access lines share.
_ACCESS_RECORD = {
    **vars(logging.LogRecord(_access.name, logging.INFO, "logs.py", 0, "", (), None, "log_access")),
    **dict.fromkeys(("thread", "threadName", "process", "processName")),
    **dict.fromkeys(("method", "route", "status", "request_id")),
}


class _ThreadNotes(threading.local):
    def __init__(self) -> None:
        self.notes: dict[str, Any] = {}


_thread = _ThreadNotes()


def configure(app_name: str, *, debug: bool = False, quiet_libraries: bool = False) -> None:
    """Show INFO lines of the app, once.

    Lambda's root logger has a handler; plain Python's gets one here. Chalice shows one logger's lines from ERROR on.

    ``quiet_libraries`` sets the root logger from INFO, Lambda's level with the JSON format, to WARNING: httpx, for
    example, logs whole URLs at INFO, which may contain personal data. Any other level is left as it is.
    """
    root = logging.getLogger()
    if not root.handlers:
        logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
    if quiet_libraries and root.level == logging.INFO:
        root.setLevel(logging.WARNING)
    if root.level in {logging.WARNING, logging.INFO}:
        set_level(app_name, debug=debug)


def set_level(app_name: str, *, debug: bool) -> None:
    """Show DEBUG lines of the app, or INFO lines. A level that was set elsewhere is kept."""
    for name in (*_OURS, app_name):
        logger = logging.getLogger(name)
        if logger.level in {logging.NOTSET, logging.INFO, logging.DEBUG}:
            logger.setLevel(logging.DEBUG if debug else logging.INFO)


def begin_access() -> None:
    """Forget the notes of this thread's last request."""
    _thread.notes = {}


def note(name: str, value: float | str) -> None:
    """Put a text into a field of the access line of this thread's request, or add a number, such as ``database_ms``.

    A separate line would cost ten times as much.
    """
    notes = _thread.notes
    notes[name] = value if isinstance(value, str) else notes.get(name, 0) + value


def log_access(request: FrontDoorRequest, status: int) -> None:
    """Write one line per request, with the route's template. Path, query and address may be personal data."""
    if not _access.isEnabledFor(logging.INFO):
        return
    method, route, request_id, noted = request.method, request.path, request.request_id, _thread.notes
    if request.client_request_id:
        noted = {"client_request_id": request.client_request_id, **noted}
    text, now = f"{method} {route} {status} {request_id}", time.time()
    # Not `Logger.info`, which looks thread, process and line of code up: it costs as much as reading the event.
    record = logging.LogRecord.__new__(logging.LogRecord)
    fields = record.__dict__ = _ACCESS_RECORD.copy()
    fields["created"], fields["msecs"] = now, now % 1 * 1000
    fields["method"], fields["route"], fields["status"], fields["request_id"] = method, route, status, request_id
    for name, value in noted.items():
        # Three places, faster than round(value, 3).
        fields[name] = shown = round(value * 1000) / 1000 if isinstance(value, float) else value
        text += f" {name}={shown}"
    fields["msg"] = text
    _access.handle(record)


def log_unknown_event(request_id: str, error: Exception | None = None) -> None:
    """An event arrived that no front door sends; ``error`` shows which part of it could not be read."""
    stack = f"\n{_describe(error)}" if error else ""
    text = "not an HTTP event of a known front door %s%s"
    _errors.warning(text, request_id, stack, extra={"request_id": request_id})


def log_undeclared(door: str, request_id: str) -> None:
    """An event of a front door that the app does not declare: a misconfigured door, or an invented event."""
    fields = {"refusal": "undeclared_door", "door": door, "request_id": request_id}
    _access.warning("refused (undeclared_door): an event of %s %s", door, request_id, extra=fields)


def log_refusal(request: FrontDoorRequest, reason: str) -> None:
    """A caller was refused. A metric can count the field ``refusal``; the line does not name the caller."""
    fields = {"refusal": reason, "method": request.method, "route": request.path, "request_id": request.request_id}
    text = "refused (%s): %s %s %s"
    _access.warning(text, reason, request.method, request.path, request.request_id, extra=fields)


def log_failure(error: Exception, route: str, request_id: str) -> None:
    """The types and stacks of an error and its causes. Not their texts, which may quote what a person sent."""
    kind = type(error).__qualname__
    if isinstance(error, (ResponseRefused, SettingError)):  # their messages quote nothing
        kind = f"{kind} ({error})"
    fields = {"error": kind, "route": route, "request_id": request_id}
    _errors.error("%s in %s %s\n%s", kind, route, request_id, _describe(error), extra=fields)


def _describe(error: BaseException) -> str:
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines.append(f"{type(current).__module__}.{type(current).__qualname__}\n")
        lines += traceback.format_tb(current.__traceback__)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "".join(lines).rstrip()
