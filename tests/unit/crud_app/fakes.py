"""What stands in for AWS where AWS is not the point, and for people where their input is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from chalicelib.directorio.errors import PublishFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.directorio.event import Evento


class FakePublisher:
    """Remembers what is published; fails as it is told."""

    def __init__(self) -> None:
        self.published: list[Evento] = []
        self.batches: list[list[Evento]] = []
        #: Every call fails while it is set.
        self.is_down = False
        #: Employees whose events are not taken.
        self.refused: set[int] = set()
        self._lock = threading.Lock()

    def publish(self, evento: Evento) -> str:
        if self.is_down:
            raise PublishFailed("EndpointConnectionError")
        with self._lock:
            self.published.append(evento)
            return f"message-{len(self.published)}"

    def publish_batch(self, eventos: Sequence[Evento]) -> dict[str, str]:
        self.batches.append(list(eventos))
        return {each.id: self.publish(each) for each in eventos if each.empleado_id not in self.refused}


class FakeContext:
    """Lambda's context: answers how much time is left, a second less each time it is asked."""

    def __init__(self, seconds: int = 60) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        self.seconds -= 1
        return (self.seconds + 1) * 1000
