"""What packaging refuses.

PackagingError            the build stops; the message says what to change
├── ChaliceFailedError    `chalice package` failed, or left a dependency out with no more than a warning
├── UnknownTemplateError  Chalice wrote something that no rule of `module.py` covers
└── OverBudgetError       a package is larger than its budget
"""

from __future__ import annotations


class PackagingError(Exception):
    """A package cannot be built; the message is for the person who builds it."""


class ChaliceFailedError(PackagingError):
    """Chalice's own step failed, or would have deployed a package in which a dependency is missing."""


class UnknownTemplateError(PackagingError):
    """Chalice's template holds a resource or an expression that the adaptation does not know.

    Letting it through would deploy something that nobody reviewed, such as a second public door.
    """


class OverBudgetError(PackagingError):
    """A package outgrew its budget: a dependency came in unnoticed, or the budget needs a reason to grow."""
