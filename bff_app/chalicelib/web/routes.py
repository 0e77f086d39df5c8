"""Which routes are passed on, and to whom.

Each is declared, because Chalice's ``{proxy+}`` matches a single segment under ``chalice local``, and because a path
that no upstream has is answered here, without a call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UpstreamName = Literal["crud", "email"]


@dataclass(frozen=True, slots=True)
class ProxiedRoute:
    """A path in Chalice's form, its methods (HEAD comes with GET) and the upstream that has it too."""

    path: str
    methods: tuple[str, ...]
    upstream: UpstreamName


PROXIED_ROUTES = (
    ProxiedRoute("/empleados", ("GET", "POST"), "crud"),
    ProxiedRoute("/empleados/{id}", ("GET", "PUT", "DELETE"), "crud"),
    ProxiedRoute("/empleados/{id}/eventos", ("GET",), "crud"),
    ProxiedRoute("/eventos", ("GET",), "crud"),
    ProxiedRoute("/resumen", ("GET",), "crud"),
    ProxiedRoute("/notify/email", ("POST",), "email"),
    ProxiedRoute("/correos", ("GET",), "email"),
    ProxiedRoute("/correos/{id}", ("GET",), "email"),
    ProxiedRoute("/cola", ("GET",), "email"),
    ProxiedRoute("/cola/reenviar", ("POST",), "email"),
)
