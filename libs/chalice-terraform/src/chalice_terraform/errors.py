"""What stops a build."""

from __future__ import annotations


class PackagingFailed(Exception):
    """A package cannot be built; the message says what to change."""
