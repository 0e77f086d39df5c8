"""What packaging refuses.

PackagingFailed            the build stops; the message says what to change
├── ChaliceFailed    `chalice package` failed, or left a dependency out with no more than a warning
├── UnknownTemplate  Chalice wrote something that no rule of `module.py` covers
└── OverBudget       a package is larger than the project allows
"""

from __future__ import annotations


class PackagingFailed(Exception):
    """A package cannot be built; the message is for the person who builds it."""


class ChaliceFailed(PackagingFailed):
    """Chalice's own step failed, or would have deployed a package in which a dependency is missing."""


class UnknownTemplate(PackagingFailed):
    """Chalice's template holds a resource or an expression that the adaptation does not know.

    Letting it through would deploy something that nobody reviewed, such as a second public door.
    """


class OverBudget(PackagingFailed):
    """The zip is larger than ``max_bytes``: a dependency came in unnoticed, or the limit needs a reason to grow."""
