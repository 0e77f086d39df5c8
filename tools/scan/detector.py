"""Runs in the scanners' environment: looks for secrets in the changes that it reads, and writes those that it finds.

Reads, for each commit, a NUL, its name, a line's end and a diff. Writes a line of JSON for each place where it finds
something. `history.py` starts it.
"""

from __future__ import annotations

import json
import re
import sys

from detect_secrets.core.scan import scan_diff
from detect_secrets.settings import default_settings
from unidiff import PatchSet

UNWANTED = (
    # A comment beside a value would keep it out of the report, without a reason.
    "detect_secrets.filters.allowlist.is_line_allowlisted",
    # Files that are gone would be passed over: the point of a history.
    "detect_secrets.filters.common.is_invalid_file",
)
# Hashes of what is installed, as long as the line holds nothing else. The keys are what one filter of detect-secrets
# is called and takes.
HASHES = {
    "detect_secrets.filters.regex.should_exclude_line": {
        "pattern": [
            r"^\s*--hash=sha256:[0-9a-f]{64}( \\)?\s*$",
            r'^\s*"(h1:[0-9A-Za-z+/]{43}=|zh:[0-9a-f]{64})",\s*$',
        ]
    }
}

# detect-secrets, which sees one line of a diff at a time, wants the key on the line of its beginning.
PRIVATE_KEY = re.compile("BEGIN [A-Z0-9 ]*PRIVATE KEY-----")


def main() -> None:
    with default_settings() as settings:
        settings.disable_filters(*UNWANTED)
        settings.filters.update(HASHES)
        for change in sys.stdin.read().split("\0")[1:]:
            commit, _, diff = change.partition("\n")
            for secret in scan_diff(diff):
                if secret.is_added:
                    tell(commit, secret.filename, secret.line_number, secret.type, secret.secret_value)
            if PRIVATE_KEY.search(diff):
                find_private_keys(commit, diff)


def find_private_keys(commit: str, diff: str) -> None:
    for file in PatchSet.from_string(diff):
        for line in (line for hunk in file for line in hunk if line.is_added):
            if found := PRIVATE_KEY.search(line.value):
                tell(commit, file.path, line.target_line_no, "Private Key", found[0])


def tell(commit: str, path: str, line: int, kind: str, value: str) -> None:
    print(json.dumps({"commit": commit, "path": path, "line": line, "kind": kind, "value": value}))


if __name__ == "__main__":
    main()
