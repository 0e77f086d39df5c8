from __future__ import annotations

import pytest

from chalice_frontdoor.request import client_address
from chalice_frontdoor.testing.client import Client
from chalice_frontdoor.testing.events import DOORS
from sample_app import make_app

PEER = "203.0.113.7"


@pytest.mark.parametrize(
    ("forwarded_for", "trusted", "address"),
    [
        ("", 0, PEER),
        ("10.0.0.1, 203.0.113.7", 0, PEER),
        ("", 1, PEER),
        ("203.0.113.7", 1, PEER),
        ("198.51.100.4, 203.0.113.7", 1, "198.51.100.4"),
        ("10.0.0.1, 198.51.100.4, 203.0.113.7", 1, "198.51.100.4"),
        ("10.0.0.1,198.51.100.4,203.0.113.7", 2, "10.0.0.1"),
        ("198.51.100.4, 203.0.113.7", 9, "198.51.100.4"),
        ("198.51.100.4", 1, "198.51.100.4"),  # a door that does not append the peer
        (" , ,", 1, PEER),
    ],
)
def test_as_many_hops_are_believed_as_there_are_trusted_proxies(forwarded_for: str, trusted: int, address: str) -> None:
    assert client_address(PEER, forwarded_for, trusted) == address


def test_a_trusted_proxy_is_believed_behind_every_door() -> None:
    """serverless-express#331: by an explicit rule, never by default."""
    for door in DOORS:
        headers = {"X-Forwarded-For": "10.0.0.1, 198.51.100.4"}
        app = make_app(trusted_proxies=1)
        assert Client(app, door).get("/empleados", headers=headers).json()["client"] == "198.51.100.4"
