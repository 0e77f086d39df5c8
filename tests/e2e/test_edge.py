"""The doors as they were deployed. infra/tests asserts what only a network enforces: the emulator has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.sign_in_page import REQUEST_SECONDS

if TYPE_CHECKING:
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

CLOSED = [("GET", path) for path in ("/empleados", "/no-such-path", "/health/", "/HEALTH", "/health/../empleados")]
# Open for reading alone.
CLOSED += [(method, "/health") for method in ("POST", "PUT", "DELETE", "PATCH", "HEAD")]


def test_every_answer_tells_browsers_to_stay_on_https(system: DeployedSystem) -> None:
    for path in ("/", "/empleados", "/sesion", "/static/no-such-file"):
        headers = system.http.get(path).headers
        assert headers["strict-transport-security"] == "max-age=31536000", path
        assert headers["x-content-type-options"] == "nosniff", path


@pytest.mark.parametrize("api", ["crud", "email"])
def test_the_apis_own_addresses_are_closed(system: DeployedSystem, api: str) -> None:
    with httpx.Client(base_url=system.outputs["api_urls"][api], timeout=REQUEST_SECONDS, trust_env=False) as door:
        answers = {call: door.request(*call).status_code for call in CLOSED}

    assert answers == dict.fromkeys(CLOSED, 401)
