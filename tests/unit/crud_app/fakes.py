"""What stands in for AWS where AWS is not the point, and what tests do to answers and connections."""

import select
import threading
from itertools import count

from chalicelib.directorio.errors import PublishFailed


class FakePublisher:
    """Remembers what is published; fails on request."""

    def __init__(self):
        self.published = []
        self.batches = []
        #: Every call fails while it is set.
        self.is_down = False
        #: Employees whose events are not taken.
        self.refused = set()
        self._lock = threading.Lock()

    def publish(self, eventos):
        if self.is_down:
            raise PublishFailed("EndpointConnectionError")
        self.batches.append(list(eventos))
        taken = [each for each in eventos if each.empleado_id not in self.refused]
        with self._lock:
            self.published += taken
            return {each.id: f"message-{self.published.index(each) + 1}" for each in taken}


class FakeContext:
    """Lambda's context: answers how much time is left, a second less each time it is asked."""

    def __init__(self, seconds=60):
        self._seconds = count(seconds, -1)  # batches ask at the same time, and each gets another answer

    def get_remaining_time_in_millis(self):
        return next(self._seconds) * 1000


def next_link(answer):
    return answer.headers.get("Link", "").removeprefix("<").partition(">")[0]


def pages_of(client, path):
    """What the pages hold, from this one on."""
    pages = []
    while path:
        answer = client.get(path)
        pages.append(answer.json())
        path = next_link(answer)
    return pages


def rules_of(answer):
    return {each["campo"]: each["regla"] for each in answer.json()["errores"]}


def idle_connection(database):
    idle = database._idle.get()  # noqa: SLF001
    database._idle.put(idle)  # noqa: SLF001
    assert idle is not None
    return idle


def wait_for_the_end(database):
    """Wait until the end of the idle connection has arrived."""
    assert select.select([idle_connection(database)._usock], [], [], 60)[0]  # noqa: SLF001
