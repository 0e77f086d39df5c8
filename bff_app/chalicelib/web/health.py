"""Whether the parts behind the proxy are well."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from chalice_frontdoor import Problem
from chalicelib.web.limits import HEALTH_SECONDS
from chalicelib.web.upstream import Deadline, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Collection

    from chalice_frontdoor.request import FrontDoorRequest
    from chalicelib.web.recent import Recent
    from chalicelib.web.upstream import Send, Upstream

_OK = 200
_WELL = "ok"


class HealthCheck(NamedTuple):
    """Asks every upstream for its deep health, all at the same time and with one deadline."""

    send: Send
    upstreams: Collection[Upstream]
    recent: Recent[dict[str, dict[str, object]]]

    def check_parts(self, request: FrontDoorRequest) -> dict[str, dict[str, object]]:
        """What each upstream says, or said some seconds ago: ``{"crud": {"estado": "ok", "http": 200, "ms": 3}, …}``.

        ``http`` is null when there was no answer.

        Raises:
            Problem: 503, not all of them are ``ok``.
        """
        parts = self.recent.get(lambda: self._check_all(request.request_id))
        unwell = ", ".join(name for name, part in parts.items() if part["estado"] != _WELL)
        if unwell:
            detail = {"es": f"No responden bien: {unwell}.", "en": f"These do not answer well: {unwell}."}
            raise Problem(503, detail=detail, partes=parts)
        return parts

    def _check_all(self, request_id: str) -> dict[str, dict[str, object]]:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - no other request needs it

        check = partial(self._check, Deadline(HEALTH_SECONDS), request_id)
        with ThreadPoolExecutor(len(self.upstreams)) as pool:
            return dict(pool.map(check, self.upstreams))

    def _check(self, deadline: Deadline, request_id: str, upstream: Upstream) -> tuple[str, dict[str, object]]:
        started = time.monotonic()
        status: int | None = None
        with suppress(UpstreamError):
            status = self.send(upstream.own_request("/health", request_id, [("deep", "1")]), deadline).status
        milliseconds = round((time.monotonic() - started) * 1000)
        return upstream.name, {"estado": _WELL if status == _OK else "error", "http": status, "ms": milliseconds}
