"""A server that is some milliseconds away."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from benchmarks.bench.distance import far_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.bench.distance import Distance


@pytest.fixture
def distance(tmp_path: Path) -> Iterator[Distance]:
    """Before a server that answers each line with the same line, in capitals."""
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        def serve() -> None:
            peer, _ = listener.accept()
            with peer, peer.makefile("rwb", buffering=0) as lines:
                for line in lines:
                    lines.write(line.upper())

        thread = threading.Thread(target=serve)
        thread.start()
        with far_database(path) as found:
            yield found
        thread.join()


def ask(peer: socket.socket, text: bytes) -> tuple[bytes, float]:
    """The answer, and the seconds that it took."""
    begin = time.monotonic()
    peer.sendall(text)
    answer = peer.recv(100)
    return answer, time.monotonic() - begin


def test_every_answer_is_late_by_as_much_as_was_said(distance: Distance) -> None:
    with socket.create_connection(("127.0.0.1", distance.port)) as peer:
        answer, near = ask(peer, b"near\n")
        assert answer == b"NEAR\n"
        distance.seconds = 0.2
        answer, far = ask(peer, b"far\n")
        assert answer == b"FAR\n"
    assert far >= 0.2 > near


def test_answers_are_counted_and_not_their_parts(distance: Distance) -> None:
    with socket.create_connection(("127.0.0.1", distance.port)) as peer:
        for _ in range(3):
            ask(peer, b"a\n")
        assert distance.trips == 3


def test_who_asks_twice_at_once_waits_once(distance: Distance) -> None:
    with socket.create_connection(("127.0.0.1", distance.port)) as peer:
        distance.seconds = 0.1
        begin = time.monotonic()
        peer.sendall(b"a\nb\n")
        received = b""
        while received != b"A\nB\n":
            received += peer.recv(100)
        assert time.monotonic() - begin < 0.2
