"""The terminal of `make run`: the lines of all processes, each with the name of its process before it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from rich.console import Console as RichConsole
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAME_WIDTH = 10  # of the longest name
STYLES = {"bff": "cyan", "crud": "green", "email": "magenta", "aws": "yellow", "migrate": "yellow"}


class _Terminal(RichConsole):
    def on_broken_pipe(self) -> None:
        """Rich would end the process here."""
        raise BrokenPipeError


class Console:
    """Writes lines, from any thread. Once they cannot be written any more, ``on_broken`` is called."""

    def __init__(self, stream: TextIO, *, on_broken: Callable[[], None]) -> None:
        self._rich = _Terminal(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._on_broken = on_broken

    def line(self, name: str, text: str) -> None:
        style = "red" if text.startswith(("ERROR", "CRITICAL", "Traceback")) else ""
        style = "yellow" if text.startswith("WARNING") else style
        name_style = STYLES.get(name.removesuffix("-pump"), "bold")
        self._print(Text.assemble((f"{name:<{NAME_WIDTH}} │ ", name_style), (text, style)))

    def ready(self, addresses: Mapping[str, str]) -> None:
        width = max(map(len, addresses))
        lines = [Text.assemble(f"  {name:<{width}}  ", (address, "bold")) for name, address in addresses.items()]
        # At once: other threads write lines, too.
        self._print(Text("\n").join([Text(), Text("ready", "bold green"), *lines, Text()]))

    def _print(self, text: Text) -> None:
        try:
            self._rich.print(text)
            self._rich.file.flush()
        except OSError:  # the terminal was closed, or `head` has read enough
            # Python would exit with 120: https://docs.python.org/3/library/signal.html#note-on-sigpipe
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._rich.file.fileno())
            self._on_broken()
