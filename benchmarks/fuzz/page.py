"""The page's reader of CSV under a coverage-guided fuzzer: V8 tells which blocks of it an input reached.

What libFuzzer is to the readers in Python is here a loop of a few lines: change an input that is worth it, let Chromium
read it, and keep it if it led somewhere new.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import random
import time
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error

from benchmarks.fuzz.fuzzing import LEARNT, Fuzzed
from benchmarks.fuzz.targets import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, CDPSession, Page, Route

NAME = "page_csv"
PAGE = ROOT / "bff_app" / "chalicelib" / "web" / "page"
ORIGIN = "http://page.test"
#: So many inputs are read at once: asking Chromium takes longer than reading them.
BATCH = 50
#: Milliseconds for a batch: who takes longer hangs.
MOST_MILLISECONDS = 10_000
LONGEST = 2_000
SEEDS = (
    b"nombre;email\r\nAna;ana@example.com\r\n",
    b'\xef\xbb\xbfa,b\n"x\ny","say ""hi"""\n',
    b"a\tb\r'=1\t2",
    b"a;b\n\xe9;\xf1",
    b'"',
)
#: What means something to the reader.
WORDS = (
    b'"', b'""', b";", b",", b"\t", b"\r\n", b"\n", b"\r", b"'", b"'=", b"=", b"-1", b"\xef\xbb\xbf", b"\xef\xbc\x9d",
    b"\xff", b"\x00", b" ", b"a", b"\xc3\xa9", b"\xe2\x80\xa8", b'";"', b'"\n"',
)  # fmt: skip

# What is read is refused by a CsvError, or is the same when it is written and read again.
CHECK = """
const module = await import('/csv.js');
globalThis.check = (text) => {
  const { CsvError, decode, readCsv, writeCsv } = module;
  let read;
  try {
    read = readCsv(decode(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer).text, 100);
  } catch (error) {
    if (error instanceof CsvError) return;
    throw error;
  }
  const lines = read.records.map((record) => record.line);
  if (lines.some((line, at) => line <= (lines[at - 1] ?? 0))) throw new Error(`lines ${lines}`);
  const cells = read.records.map((record) => record.cells);
  // The separator is told by the first line: of headings that have others in them, or a second line, it is a guess.
  if (cells[0]?.some((heading) => /[;,\\t\\r\\n]/.test(heading))) return;
  const again = readCsv(writeCsv(cells, read.separator), 100);
  const found = JSON.stringify(again.records.map((record) => record.cells));
  if (found !== JSON.stringify(cells)) throw new Error(`${JSON.stringify(cells)} became ${found}`);
};
"""

#: A block of the module, and how often it ran, as a power of two.
Feature = tuple[int, int, int]


def fuzz_page(
    browser: Browser,
    seconds: float,
    *,
    inputs: float = math.inf,
    folder: Path = LEARNT,
    source: str | None = None,
) -> Fuzzed:
    """Fuzz the reader for so long.

    Args:
        browser: a running one.
        seconds: how long.
        inputs: after so many it is enough.
        folder: where the inputs are kept, in ``page_csv``, and what broke it, in ``found``.
        source: of the module, instead of the page's own.
    """
    with browser.new_page() as page:
        started = time.monotonic()
        search = Search(Reader(page, source or (PAGE / "csv.js").read_text("utf-8")), folder)
        while not search.words and search.inputs < inputs and time.monotonic() - started < seconds:
            search.go_on()
    return Fuzzed(
        target=NAME,
        seconds=time.monotonic() - started,
        inputs=search.inputs,
        branches=len({(start, end) for start, end, _ in search.seen}),
        kept=len(search.kept),
        finding=search.finding,
        words=search.words,
    )


class Search:
    """What has been learnt so far. It begins with what was learnt before.

    Args:
        reader: what reads the inputs.
        folder: see `fuzz_page`.
    """

    def __init__(self, reader: Reader, folder: Path) -> None:
        self._reader = reader
        self._corpus, self._found = folder / NAME, folder / "found"
        self._corpus.mkdir(parents=True, exist_ok=True)
        self._chance = random.Random(0)  # noqa: S311 - nothing is secret
        self._seen_by_batches: set[Feature] = set()
        self.seen: set[Feature] = set()
        self.kept: list[bytes] = []
        self.inputs = 0
        self.finding = self.words = ""
        self._read([*SEEDS, *(file.read_bytes() for file in sorted(self._corpus.iterdir()))])

    def go_on(self) -> None:
        """Read another batch."""
        chance, kept = self._chance, self.kept
        self._read([change(chance.choice(kept), chance.choice(kept), chance) for _ in range(BATCH)])

    def _read(self, batch: Sequence[bytes]) -> None:
        self.inputs += len(batch)
        words, reached = self._reader.read(batch)
        if words or not reached <= self._seen_by_batches:
            self._seen_by_batches |= reached
            self._find_out_which(batch)
            self.words = self.words or words  # of all together, though of none alone

    def _find_out_which(self, batch: Sequence[bytes]) -> None:
        for data in batch:
            self.words, reached = self._reader.read([data])
            if self.words:
                self.finding = _save(self._found, data, f"{NAME}-")
                return
            if not reached <= self.seen:
                self.seen |= reached
                self.kept.append(data)
                _save(self._corpus, data)


class Reader:
    """The module in a tab of Chromium.

    Args:
        page: an empty one.
        source: of the module.
    """

    def __init__(self, page: Page, source: str) -> None:
        def answer(route: Route) -> None:
            is_module = route.request.url.endswith("/csv.js")
            route.fulfill(
                body=source if is_module else "", content_type="text/javascript" if is_module else "text/html"
            )

        page.route("**/*", answer)
        page.goto(ORIGIN)
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Profiler.enable")
        self._session.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": True})
        page.evaluate(f"async () => {{ {CHECK} }}")

    def read(self, batch: Sequence[bytes]) -> tuple[str, set[Feature]]:
        """What went wrong with some inputs ("" if nothing did), and where they led together."""
        expression = f"{json.dumps([base64.b64encode(data).decode() for data in batch])}.forEach(check)"
        try:
            told = self._session.send("Runtime.evaluate", {"expression": expression, "timeout": MOST_MILLISECONDS})
        except Error as error:  # it was ended
            return str(error), set()
        coverage = self._session.send("Profiler.takePreciseCoverage")
        return failure(told), features(coverage)


def failure(told: dict[str, Any]) -> str:
    """What ``Runtime.evaluate`` says went wrong."""
    details = told.get("exceptionDetails")
    if details is None:
        return ""
    return str(details.get("exception", {}).get("description") or details["text"])


def features(coverage: dict[str, Any]) -> set[Feature]:
    """The blocks that ran since the last time."""
    return {
        (part["startOffset"], part["endOffset"], int(part["count"]).bit_length())
        for script in coverage["result"]
        if script["url"].endswith("/csv.js")
        for function in script["functions"]
        for part in function["ranges"]
        if part["count"]
    }


def change(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """``data`` with some places changed, perhaps to what ``other`` has."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        start, end = sorted(chance.randint(0, len(data)) for _ in range(2))
        match chance.randrange(6):
            case 0:
                data = data[:start] + data[end:]
            case 1:
                data = data[:end] + data[start:]  # twice
            case 2:
                data = data[:start] + other[chance.randint(0, len(other)) :]
            case 3:
                data = data[:start] + chance.randbytes(1) + data[start + 1 :]
            case _:
                data = data[:start] + chance.choice(WORDS) + data[start:]
    return data[:LONGEST]


def _save(folder: Path, data: bytes, prefix: str = "") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{prefix}{hashlib.sha256(data).hexdigest()[:16]}"
    file.write_bytes(data)
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)
