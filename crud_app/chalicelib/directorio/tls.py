"""TLS that trusts the certificate authorities of the system. Making it costs 25 ms of CPU, so it is made once."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def system_context() -> ssl.SSLContext:
    """The context that everybody shares who verifies certificate and name. Nobody may change it."""
    return ssl.create_default_context()
