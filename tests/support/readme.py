"""The commands of the README and what it says that they print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# What is another one each time. The README may cut any of them short with an ellipsis.
CHANGING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # an id
    r"|[0-9a-f]{8}(?=[-…])"  # the beginning of one
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+Z)?"  # a day, a moment
    r"|…"
)
# HTTP/1.1 201 Created, and the headers that the README shows; a front door adds its own between them.
HEADER = re.compile(r"[A-Za-z-]+: .*|HTTP/1\.1 .*")


@dataclass(frozen=True)
class Step:
    """A command, and what it prints."""

    command: str
    output: str

    def is_shown_by(self, printed: str) -> bool:
        """Whether ``printed`` is what the README shows, but for what is another one each time."""
        lines = self.output.splitlines()
        headers = [line for line in lines if HEADER.fullmatch(line)]
        body = "".join(line for line in lines if not HEADER.fullmatch(line))
        got = printed.replace("\r\n", "\n")
        # The name of a header has no case, and CloudFront writes some in one of its own.
        return all(re.search(f"^{_pattern(line)}$", got, re.MULTILINE | re.IGNORECASE) for line in headers) and _holds(
            # The README breaks long lines.
            got.replace(" ", "").replace("\n", ""),
            _pieces(body.replace(" ", "")),
        )


def read_steps(readme: Path, program: str) -> list[Step]:
    """The steps of all console blocks whose command is ``program``, in their order."""
    blocks = re.findall(r"^```console\n(.*?)^```", readme.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    steps = [
        Step(" ".join(match["command"].split("\\\n")), match["output"].strip())
        for block in blocks
        for match in re.finditer(r"^\$ (?P<command>(?:.*\\\n)*.*)\n(?P<output>(?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    ]
    return [step for step in steps if step.command.startswith(program)]


def _pattern(text: str) -> str:
    """A regular expression for ``text`` with anything in place of what is another one each time."""
    return ".*?".join(map(re.escape, _pieces(text)))


def _holds(text: str, pieces: list[str]) -> bool:
    """Whether ``text`` has the pieces one after the other. A regular expression takes minutes on a long list."""
    for piece in pieces:
        _, found, text = text.partition(piece) if piece else ("", "-", text)
        if not found:
            return False
    return True


def _pieces(text: str) -> list[str]:
    """What of ``text`` is always the same."""
    return CHANGING.split(text)
