"""Read settings from environment variables, strictly.

::

    Exception
    └── SettingError    a variable is missing or malformed: 500, and a line in the log that names it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence

    T = TypeVar("T")

_FLAGS = {"true": True, "false": False}


class SettingError(Exception):
    """A variable is missing or malformed.

    The message names the variable and the rule, never the value, so that it may be logged.

    Args:
        name: the variable.
        rule: completes the sentence "… must be".
    """

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"The environment variable {name} must be {rule}")


class Environment:
    """Reads variables, each checked when it is read. An empty value counts as missing.

    Every method raises ``SettingError`` if the variable is malformed, or missing without a default.

    Args:
        variables: names to values, as ``os.environ``.
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

        def parse(text: str) -> str:
            if text not in choices:
                raise ValueError
            return text

        return self.read(name, " or ".join(choices), parse, default)

    def read_flag(self, name: str, *, default: bool | None = None) -> bool:
        """True or False: ``true`` or ``false`` in the environment."""

        def parse(text: str) -> bool:
            if text not in _FLAGS:
                raise ValueError
            return _FLAGS[text]

        return self.read(name, "true or false", parse, default)
