"""`make fuzz`: what comes from outside is made up at random until something breaks.

Every reader of untrusted input has property tests; here they get many more examples than in `make test`. `FULL=1` lets
schemathesis ask the whole local stack as well (`tests/stack/test_contract.py`), as often as there are seeds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.command_line import OneSentenceParser, whole_number

ROOT = Path(__file__).resolve().parents[1]
# Long runs are expected; the time-out is for a test that hangs.
PYTEST = (Path(sys.executable).with_name("pytest"), "--numprocesses=auto", "--quiet", "--timeout=3600")
# The page's CSV runs in Chromium.
PROPERTIES = ("-m", "hypothesis", "--hypothesis-profile=fuzz", "libs", "tests/unit", "tests/browser")
APIS = ("tests/stack/test_contract.py",)
EXAMPLES, SEEDS = 500, 7


def main() -> int:
    """Fuzz; 0 when nothing was found, 1 when something was."""
    parser = OneSentenceParser("make fuzz", "Make up what comes from outside until something breaks.")
    parser.add_argument("--examples", type=whole_number("EXAMPLES", 1, 10**7), default=EXAMPLES, help="of a property")
    parser.add_argument("--full", action="store_true", help="then the APIs: about 100,000 requests of schemathesis")
    options = parser.parse_args()
    environment = {**os.environ, "EXAMPLES": str(options.examples), "SEEDS": str(SEEDS)}
    runs = [PROPERTIES, *([APIS] if options.full else [])]
    found = [subprocess.run([*PYTEST, *run], cwd=ROOT, env=environment, check=False).returncode for run in runs]
    print("make fuzz: found something" if any(found) else "make fuzz: found nothing")
    return int(any(found))


if __name__ == "__main__":
    sys.exit(main())
