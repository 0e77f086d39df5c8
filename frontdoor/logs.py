"""The log lines of the front door, and where log lines go."""

from __future__ import annotations

import logging
import traceback

_access = logging.getLogger("frontdoor.access")
_errors = logging.getLogger("frontdoor.errors")

#: Chalice's fixed names for an app's module and its library folder, beside the front door's own.
_OURS = ("frontdoor", "app", "chalicelib")


def configure(app_name: str) -> None:
    """Let INFO lines of the app, and of nobody else, be seen once.

    Lambda has put a handler on the root logger; plain Python has none, and gets one. Chalice itself puts a handler on a
    logger of its own at level ERROR and cuts it off from the root: lines of every other logger are lost below WARNING.
    Libraries stay at WARNING (httpx logs whole URLs at INFO). A root whose level somebody chose decides alone.
    """
    root = logging.getLogger()
    if not root.handlers:
        logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
    if root.level == logging.WARNING:
        for name in (*_OURS, app_name):
            logger = logging.getLogger(name)
            if logger.level == logging.NOTSET:
                logger.setLevel(logging.INFO)


def log_access(method: str, route: str, status: int, request_id: str) -> None:
    """One line a request: the route's template, never the path, the query or an address, which are about persons."""
    _access.info(
        "%s %s %s %s",
        method,
        route,
        status,
        request_id,
        extra={"method": method, "route": route, "status": status, "request_id": request_id},
    )


def log_failure(error: BaseException, route: str, request_id: str) -> None:
    """The type and the stack of an unexpected error, and of those that caused it; not its text, which may quote data."""
    kind = type(error).__qualname__
    _errors.error(
        "%s in %s %s\n%s",
        kind,
        route,
        request_id,
        _describe(error),
        extra={"error": kind, "route": route, "request_id": request_id},
    )


def log_refusal(reason: str, request_id: str) -> None:
    """An event that is not answered by the app."""
    _errors.warning("%s %s", reason, request_id, extra={"request_id": request_id})


def _describe(error: BaseException) -> str:
    lines: list[str] = []
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        lines += [f"{type(current).__module__}.{type(current).__qualname__}\n", *traceback.format_tb(current.__traceback__)]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "".join(lines).rstrip()
