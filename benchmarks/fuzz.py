"""`make fuzz`: what comes from outside is made up at random until something breaks.

Every reader of untrusted input has property tests; here they get many more examples than in `make test`. `FULL=1` lets
schemathesis ask the whole local stack as well.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.stack import ROOT, Stack
from tools.command_line import OneSentenceParser, whole_number

EXAMPLES, REQUESTS = 500, 100_000
BIN = Path(sys.executable).parent
ROLES = ("admin", "rrhh", "lector")
SHOWN = 12_000  # characters of what a round of schemathesis found: findings come last but for the summary
# The page's CSV runs in Chromium.
PROPERTIES = ("libs", "tests/unit", "tests/browser/test_modules.py")


def run_properties(examples: int) -> bool:
    """Run every property test with this many examples; True if all pass."""
    command = [str(BIN / "pytest"), "--numprocesses=auto", "--quiet", "-m", "hypothesis", "--hypothesis-profile=fuzz"]
    # Long runs are expected; the time-out is for a test that hangs.
    environment = {**os.environ, "EXAMPLES": str(examples)}
    return (
        subprocess.run([*command, "--timeout=3600", *PROPERTIES], cwd=ROOT, env=environment, check=False).returncode
        == 0
    )


def ask_at_random(requests: int) -> bool:
    """No crash of the stack, no 5xx, nothing that its description does not say; whether nothing was found.

    A round is one process for each role: threads of one process would share Python's parser, which CPython 3.11 cannot
    do ("AST constructor recursion depth mismatch"). It takes minutes: less than an access token lives.
    """
    asked, findings = 0, ""
    with TemporaryDirectory(prefix="fuzz-") as folder:
        stack = Stack(Path(folder))
        stack.start()
        try:
            while asked < requests and not findings:
                with ThreadPoolExecutor() as pool:
                    rounds = list(pool.map(partial(ask_as, stack, seed=asked), ROLES))
                asked += sum(made for made, _ in rounds)
                print(f"schemathesis: {asked} requests so far", flush=True)
                log = stack.log.read_text(errors="replace")
                findings = "".join(found for _, found in rounds) or log.partition("Traceback")[2][:SHOWN]
        finally:
            stack.stop()
            stack.http.close()
    print(findings)
    return not findings


def ask_as(stack: Stack, role: str, *, seed: int) -> tuple[int, str]:
    """How many requests were made, and what was found."""
    command = [
        BIN / "schemathesis",
        f"--config-file={ROOT / 'tests' / 'stack' / 'schemathesis.toml'}",
        *("run", f"{stack.url}/openapi.json", f"--header=Authorization: {stack.authorization(role)}"),
        *("--max-examples=100", f"--seed={seed}", "--continue-on-failure", "--no-color"),
        # Others than an admin are rightly refused what is valid: tests/stack/test_roles.py knows what.
        *(() if role == ROLES[0] else ("--exclude-checks=positive_data_acceptance",)),
    ]
    done = subprocess.run(command, cwd=stack.folder, capture_output=True, text=True, check=False)
    made = re.search(r"^  (\d+) generated", done.stdout, re.MULTILINE)
    return int(made[1]) if made else 0, (done.stdout + done.stderr)[-SHOWN:] if done.returncode else ""


def main() -> int:
    """Fuzz; 0 when nothing was found, 1 when something was."""
    parser = OneSentenceParser("make fuzz", "Make up what comes from outside until something breaks.")
    parser.add_argument("--examples", type=whole_number("EXAMPLES", 1, 10**7), default=EXAMPLES, help="of a property")
    parser.add_argument("--full", action="store_true", help=f"then {REQUESTS:,} requests of schemathesis")
    options = parser.parse_args()
    is_clean = run_properties(options.examples)
    if options.full:
        is_clean = ask_at_random(REQUESTS) and is_clean
    print("make fuzz: found nothing" if is_clean else "make fuzz: found something")
    return int(not is_clean)


if __name__ == "__main__":
    sys.exit(main())
