"""Whether the parts behind the proxy are well."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from chalice_frontdoor import Problem
from chalicelib.web.limits import HEALTH_SECONDS
from chalicelib.web.upstream import Deadline, UpstreamError, own_request

if TYPE_CHECKING:
    from collections.abc import Collection

    from chalicelib.web.recent import Recent
    from chalicelib.web.upstream import Send, Upstream

_OK = 200
_WELL = "ok"

PartHealth = dict[str, object]


class HealthCheck(NamedTuple):
    """Asks every upstream for its deep health, all at the same time and with one deadline."""

    send: Send
    upstreams: Collection[Upstream]
    recent: Recent[dict[str, PartHealth]]

    def check_parts(self, request_id: str) -> dict[str, PartHealth]:
        """What each upstream says, or said some seconds ago: ``{"crud": {"estado": "ok", "http": 200, "ms": 3}, …}``.

        ``http`` is null when there was no answer.

        Raises:
            Problem: 503, not all of them are ``ok``.
        """
        parts = self.recent.get(lambda: self._check_all(request_id))
        unwell = ", ".join(name for name, part in parts.items() if part["estado"] != _WELL)
        if unwell:
            detail = {"es": f"No responden bien: {unwell}.", "en": f"These do not answer well: {unwell}."}
            raise Problem(503, detail=detail, partes=parts)
        return parts

    def _check_all(self, request_id: str) -> dict[str, PartHealth]:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - no other request needs it

        deadline = Deadline(HEALTH_SECONDS)
        with ThreadPoolExecutor(len(self.upstreams)) as pool:
            return dict(pool.map(lambda upstream: self._check(upstream, request_id, deadline), self.upstreams))

    def _check(self, upstream: Upstream, request_id: str, deadline: Deadline) -> tuple[str, PartHealth]:
        started = time.monotonic()
        status: int | None = None
        with suppress(UpstreamError):
            status = self.send(own_request(upstream, "/health", [("deep", "1")], request_id), deadline).status
        milliseconds = round((time.monotonic() - started) * 1000)
        return upstream.name, {"estado": _WELL if status == _OK else "error", "http": status, "ms": milliseconds}
