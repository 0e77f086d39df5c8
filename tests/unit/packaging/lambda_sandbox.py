"""A Lambda of our own: run by `python -I -S`, it sees the unpacked zip, what the Lambda runtime brings, and no more.

Arguments: the folder of the unpacked zip, and the folder with the runtime's packages. Standard input: a JSON list of
calls, each `{"handler": "app.app", "event": {…}}`. Standard output: `{"answers": […], "files": […], "modules": […]}`,
where `files` are those of all imported modules, and `modules` the names of those that the first call imported.
"""

import json
import sys
from importlib import import_module


class Context:
    """What Lambda hands over beside the event."""

    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    function_name = "function"

    def get_remaining_time_in_millis(self):
        return 20_000


def main():
    task_root, runtime = sys.argv[1:]
    sys.path[:0] = [task_root]
    sys.path.append(runtime)
    before = set(sys.modules)
    answers, modules = [], []
    for call in json.load(sys.stdin):
        module, name = call["handler"].split(".")
        handler = getattr(import_module(module), name)
        answers.append(handler(call["event"], Context()))
        modules = modules or sorted(set(sys.modules) - before)
    files = [file for each in list(sys.modules.values()) if (file := getattr(each, "__file__", None))]
    json.dump({"answers": answers, "files": files, "modules": modules}, sys.stdout)


main()
