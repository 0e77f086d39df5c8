"""A Lambda of our own: ``python -I -S -B runner.py FOLDER…`` sees the given folders and the standard library only.

Each line of standard input is a JSON object: a handler (``app.app``), its events as JSON texts, and how often to call
it. Each line of standard output answers one: the microseconds of each call, the last answer, and the files of the
modules that were imported so far. Reading the event and writing the answer do not count: Lambda does that for every
function.

``-B`` stands for Lambda's read-only folder: what is not compiled in the package is compiled again in each new process.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from functools import cache
from importlib import import_module
from typing import Any

OWN_MODULES = set(sys.modules)


class Context:
    """What Lambda hands over beside the event."""

    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    function_name = "function"
    memory_limit_in_mb = "512"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"

    def get_remaining_time_in_millis(self) -> int:
        return 20_000


class Nowhere:
    """A stream for log lines: they are made, and go no further."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        """Nothing is kept."""


@cache
def handler_of(name: str) -> Any:
    """The handler of a module, which is imported at the first call."""
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)


def carry_out(order: dict[str, Any]) -> dict[str, Any]:
    """Call a handler as often as is asked, with the events in turn."""
    handler, context, events = handler_of(order["handler"]), Context(), order["events"]
    microseconds, answer = [], None
    for number in range(order["calls"]):
        event = json.loads(events[number % len(events)])
        begin = time.perf_counter_ns()
        answer = handler(event, context)
        microseconds.append((time.perf_counter_ns() - begin) / 1000)
    imported = {name: getattr(sys.modules[name], "__file__", None) for name in sys.modules.keys() - OWN_MODULES}
    return {"microseconds": microseconds, "answer": answer, "modules": imported}


def main() -> None:
    sys.path[:0] = sys.argv[1:]
    # Lambda has put a handler on the root logger before the function is imported, at INFO with its JSON format.
    logging.basicConfig(stream=Nowhere(), level=logging.INFO)
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        answers.write(json.dumps(carry_out(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
