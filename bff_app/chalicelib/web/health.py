"""Whether the parts behind the proxy are well."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from chalicelib.web.limits import HEALTH_SECONDS
from chalicelib.web.upstream import Deadline, UpstreamError, own_request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.web.upstream import Send, Upstream

_OK = 200
_WELL = "ok"

PartHealth = dict[str, object]


class PartsUnwell(Exception):
    """At least one of ``parts`` is not well; it becomes a 503."""

    def __init__(self, parts: dict[str, PartHealth]) -> None:
        super().__init__(", ".join(name for name, part in parts.items() if part["estado"] != _WELL))
        self.parts = parts


class HealthCheck:
    """Asks every upstream for its deep health, all at the same time and with one deadline."""

    def __init__(self, send: Send, upstreams: Iterable[Upstream], total_seconds: float = HEALTH_SECONDS) -> None:
        self._send = send
        self._upstreams = tuple(upstreams)
        self._total_seconds = total_seconds

    def check_parts(self, request_id: str) -> dict[str, PartHealth]:
        """What each upstream says: ``{"crud": {"estado": "ok", "http": 200, "ms": 3}, …}``.

        ``http`` is null when there was no answer.

        Raises:
            PartsUnwell: not all of them are ``ok``.
        """
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - no other request needs it

        deadline = Deadline(self._total_seconds)
        with ThreadPoolExecutor(len(self._upstreams)) as pool:
            checked = pool.map(lambda upstream: self._check(upstream, request_id, deadline), self._upstreams)
            parts = dict(checked)
        if any(part["estado"] != _WELL for part in parts.values()):
            raise PartsUnwell(parts)
        return parts

    def _check(self, upstream: Upstream, request_id: str, deadline: Deadline) -> tuple[str, PartHealth]:
        started = time.monotonic()
        status: int | None = None
        with suppress(UpstreamError):
            status = self._send(own_request(upstream, "/health", [("deep", "1")], request_id), deadline).status
        milliseconds = round((time.monotonic() - started) * 1000)
        return upstream.name, {"estado": _WELL if status == _OK else "error", "http": status, "ms": milliseconds}
