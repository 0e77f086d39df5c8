"""The log lines of the front door, and where an app's lines go."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from typing import TYPE_CHECKING

from chalice_frontdoor.responses import ResponseRefused
from chalice_frontdoor.settings import SettingError

if TYPE_CHECKING:
    from chalice_frontdoor.request import FrontDoorRequest

_access = logging.getLogger("chalice_frontdoor.access")
_errors = logging.getLogger("chalice_frontdoor.errors")

#: Chalice's fixed names for an app's module and its library folder, beside the front door's own.
_OURS = ("chalice_frontdoor", "app", "chalicelib")


#: What all lines about requests have in common.
_SAME = {
    **logging.LogRecord(_access.name, logging.INFO, "logs.py", 0, "", (), None, "log_access").__dict__,
    **dict.fromkeys(("thread", "threadName", "process", "processName")),
}


class _AccessRecord(logging.LogRecord):
    """A line of INFO that knows neither thread nor process nor line of code, as with ``logging.logThreads = False``.

    ``Logger.info`` looks them up for each line, and walks the stack; that was a fifth of what the front door costs.
    """

    def __init__(self, text: str, fields: dict[str, object]) -> None:
        """Begin with what all have in common.

        Args:
            text: the message as it is.
            fields: what an ``extra`` would hold; no name of ``LogRecord``'s own.
        """
        now = time.time()
        self.__dict__ = {
            **_SAME,
            "msg": text,
            "created": now,
            "msecs": now % 1 * 1000,
            "relativeCreated": (now - _SAME["created"]) * 1000,
            **fields,
        }


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.notes: dict[str, float] = {}


_of_thread = _OfThread()


def configure(app_name: str) -> None:
    """Let INFO lines of the app be seen, once, and of nobody else.

    Lambda has put a handler on the root logger; plain Python has not, and gets one. Chalice would put a handler on one
    logger, at level ERROR, cut off from the root, and the lines of all others would be lost below WARNING.

    Libraries stay at WARNING: httpx, for one, logs whole URLs at INFO, and a search is about a person. Lambda leaves
    the root at WARNING with the text format and at INFO with the JSON format; whoever chose another level is obeyed.
    """
    root = logging.getLogger()
    if not root.handlers:
        logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
    if root.level in {logging.WARNING, logging.INFO}:
        root.setLevel(logging.WARNING)
        for name in (*_OURS, app_name):
            logger = logging.getLogger(name)
            if logger.level == logging.NOTSET:
                logger.setLevel(logging.INFO)


def begin_access() -> None:
    """A request has come: nothing is noted of it yet."""
    _of_thread.notes = {}


def note(name: str, amount: float) -> None:
    """Add an amount to what the line of this thread's request says beside its own fields.

    A line of one's own would cost a request ten times as much.

    Args:
        name: the field's; the unit at its end, as in ``database_ms``.
        amount: of whatever it counts; several of one name are added up.
    """
    notes = _of_thread.notes
    notes[name] = notes.get(name, 0) + amount


def log_access(method: str, route: str, status: int, request_id: str) -> None:
    """One line a request. The route's template, not the path, query or address, which may be about a person."""
    if _access.isEnabledFor(logging.INFO):
        fields: dict[str, object] = {"method": method, "route": route, "status": status, "request_id": request_id}
        text = f"{method} {route} {status} {request_id}"
        for name, noted in _of_thread.notes.items():
            fields[name] = round(noted * 1000) / 1000  # three places, faster than round(noted, 3)
            text += f" {name}={noted:.3f}"
        _access.handle(_AccessRecord(text, fields))


def log_unknown_event(request_id: str) -> None:
    """An event arrived that is not an HTTP request of a known front door."""
    _errors.warning("not an HTTP event of a known front door %s", request_id, extra={"request_id": request_id})


def log_refusal(request: FrontDoorRequest, reason: str) -> None:
    """A caller was refused. A metric can count the field ``refusal``; the line does not say who it was."""
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
