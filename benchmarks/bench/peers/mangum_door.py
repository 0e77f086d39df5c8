"""A peer's front door: Mangum, and the smallest ASGI application behind it."""

from __future__ import annotations

from mangum import Mangum


async def application(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}"})


handler = Mangum(application, lifespan="off")
