"""The API behind a BFF, as quick as Python gets: every request is answered with the same bytes.

``python upstream.py [CERTIFICATE]`` prints the port it listens on, and ends with its standard input. With a file that
holds a key and a certificate it speaks TLS. It keeps connections open, as an HTTP API does, and answers as soon as a
request's head has come.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys

EMPLEADO = {
    "id": 7,
    "nombre": "Ana Pérez",
    "email": "ana.perez@example.com",
    "posicion": "Analista",
    "salario": 5000.0,
    "fecha_contratacion": "2026-11-24",
}
ROWS = 50
BODY = json.dumps([EMPLEADO] * ROWS).encode()
ANSWER = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)) + BODY


class Connection(asyncio.Protocol):
    """Counts the ends of heads: no request here has a body."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._head = b""

    def data_received(self, data: bytes) -> None:
        self._head += data
        while b"\r\n\r\n" in self._head:
            _, _, self._head = self._head.partition(b"\r\n\r\n")
            self._transport.write(ANSWER)


async def serve(certificate: str | None) -> None:
    """Listen on a free port of the loopback interface until standard input ends."""
    tls = None
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, ssl=tls)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1] if len(sys.argv) > 1 else None))
