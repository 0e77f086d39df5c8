"""What a process reads and makes once: its settings, and the services made from them.

::

    Exception
    └── SettingError    a variable is missing or malformed: 500, and a line in the log that names it
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, MutableMapping, Sequence

T = TypeVar("T")
_DEFAULT = "DEFAULT_"


class SettingError(Exception):
    """A variable is missing, or is not what it must be.

    The message names the variable and the rule, never the value, so that it may be logged.
    """

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"The environment variable {name} must be {rule}")


def apply_defaults(variables: MutableMapping[str, str]) -> None:
    """Give each variable that is not set the value of ``DEFAULT_<name>``, if there is one.

    `chalice local` overwrites the shell's variables with those of its stage. A stage that sets ``DEFAULT_<name>``
    leaves the last word to the shell. Call this at the top of ``app.py`` with ``os.environ``.
    """
    for name in [name for name in variables if name.startswith(_DEFAULT)]:
        wanted = name.removeprefix(_DEFAULT)
        variables[wanted] = variables.get(wanted) or variables[name]


class Environment:
    """Reads variables, such as ``os.environ``, each checked when it is read. An empty value counts as missing.

    Every method raises ``SettingError`` if the variable is malformed, or missing without a default.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def read(self, name: str, rule: str, parse: Callable[[str], T], default: T | None = None) -> T:
        """The value that ``parse`` makes of the text; ``parse`` raises ``ValueError`` if it does not fit the rule."""
        text = self._variables.get(name)
        if not text:
            if default is None:
                raise SettingError(name, rule)
            return default
        try:
            return parse(text)
        except ValueError:
            raise SettingError(name, rule) from None

    def read_text(
        self, name: str, rule: str = "set", *, pattern: re.Pattern[str] | None = None, default: str | None = None
    ) -> str:
        """The text, which must match ``pattern`` completely."""

        def parse(text: str) -> str:
            if pattern is not None and not pattern.fullmatch(text):
                raise ValueError
            return text

        return self.read(name, rule, parse, default)

    def read_whole(self, name: str, *, least: int, most: int, default: int | None = None) -> int:
        """A whole number from ``least`` to ``most``, both included and neither negative."""

        def parse(text: str) -> int:
            if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
                raise ValueError
            return int(text)

        return self.read(name, f"a whole number from {least} to {most}", parse, default)

    def read_choice(self, name: str, choices: Sequence[str], *, default: str | None = None) -> str:
        """One of ``choices``."""
        return self.read(name, " or ".join(choices), lambda text: choices[choices.index(text)], default)

    def read_flag(self, name: str, *, default: bool | None = None) -> bool:
        """True or False: ``true`` or ``false`` in the environment."""
        return self.read(name, "true or false", lambda text: bool(("false", "true").index(text)), default)


class PerProcess(Generic[T]):
    """Makes an object at the first call, and returns it at every call after that. Threads share it.

    If ``make`` raises, the next call tries again. ``close`` is called with an object that is replaced or forgotten.
    """

    def __init__(self, make: Callable[[], T], *, close: Callable[[T], object] = lambda _: None) -> None:
        self._make = make
        self._close = close
        self._lock = threading.Lock()
        self._made: T | None = None

    def __call__(self) -> T:
        """The object."""
        made = self._made
        if made is None:
            with self._lock:
                made = self._made
                if made is None:
                    made = self._made = self._make()
        return made

    def replace(self, made: T | None) -> None:
        """Use ``made`` from now on, as tests do with fakes; with None, make a new object at the next call."""
        with self._lock:
            if self._made is not None:
                self._close(self._made)
            self._made = made

    def forget(self) -> None:
        """Make a new object at the next call: the connections of a restored snapshot belong to another process."""
        self.replace(None)
