"""The emulator's answers to Terraform."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from local.emulator_program import SECONDS, waits_for_terraform

if TYPE_CHECKING:
    from local.emulator import Emulator

PROVIDER = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.13.1 (+https://www.terraform.io) terraform-provider-aws/5.100.0 "
    "(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.23.8"
)
HEALTH = "/_ministack/health"


def seconds_until_answered(emulator: Emulator, agent: str) -> float:
    begin = time.monotonic()
    with httpx.Client(base_url=emulator.endpoint, headers={"User-Agent": agent}, trust_env=False) as client:
        assert client.get(HEALTH).raise_for_status().json()
    return time.monotonic() - begin


def test_the_emulator_lets_terraforms_provider_wait(emulator: Emulator) -> None:
    assert seconds_until_answered(emulator, PROVIDER) >= SECONDS


@pytest.mark.parametrize(
    ("agent", "waits"),
    [(PROVIDER, [SECONDS]), ("Boto3/1.40.0 md/Botocore#1.40.0", []), ("", [])],
    ids=["provider", "boto3", "nobody"],
)
def test_the_answer_waits_once_and_for_the_provider_alone(
    agent: str, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    sent: list[str] = []

    async def sleep(seconds: float) -> None:
        assert sent == []
        waited.append(seconds)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async def receive() -> Any:
        return {"type": "http.request"}

    async def application(_: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.request"
        await send({"type": "http.response.start"})
        await send({"type": "http.response.body"})

    monkeypatch.setattr(asyncio, "sleep", sleep)
    scope = {"type": "http", "headers": [(b"host", b"localhost"), (b"user-agent", agent.encode())]}
    asyncio.run(waits_for_terraform(application)(scope, receive, send))

    assert waited == waits
    assert sent == ["http.response.start", "http.response.body"]


def test_what_is_no_request_is_passed_on() -> None:
    scopes: list[Any] = []

    async def application(scope: Any, *_: Any) -> None:
        scopes.append(scope)

    async def nobody(*_: Any) -> Any:
        raise AssertionError

    asyncio.run(waits_for_terraform(application)({"type": "lifespan"}, nobody, nobody))

    assert scopes == [{"type": "lifespan"}]
