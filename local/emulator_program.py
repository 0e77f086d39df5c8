"""ministack, whose answers to Terraform wait for a moment. It runs in `.emulator`, which has nothing of this project.

Terraform's AWS provider, in Go, closes a request's body once it has the answer. On loopback the answer may come while
another thread has yet to see that the body is at its end: then it is lost, the request is sent again, and what it made
or deleted is in its own way ("already exists", "not found"). Of 4,080 requests on a busy machine 16 were sent twice; of
8,160 whose answers waited, none.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Message, Receive, Send], Awaitable[None]]

# Much longer than a thread waits for a processor; short beside what the provider waits for on its own.
SECONDS = 0.05
# How it calls itself, among others: Terraform, the SDK, Go.
PROVIDER = b"terraform-provider-aws/"


def waits_for_terraform(application: Application) -> Application:
    """``application`` (ASGI), with each answer to Terraform held back for ``SECONDS``."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        async def send_later(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(SECONDS)
            await send(message)

        await application(scope, receive, send_later if _is_terraforms(scope) else send)

    return answer


def _is_terraforms(scope: Message) -> bool:
    return any(name == b"user-agent" and PROVIDER in value for name, value in scope.get("headers", ()))


if __name__ == "__main__":
    # Only there is it installed.
    from ministack import app as ministack

    ministack.app = waits_for_terraform(ministack.app)
    ministack.main()
