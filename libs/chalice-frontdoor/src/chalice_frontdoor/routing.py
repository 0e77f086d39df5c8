"""Match a path against Chalice's route templates.

At each segment a literal wins over ``{parameter}``, which wins over ``{proxy+}``; the search goes back when a choice
leads nowhere, so ``/a/{x}/c`` is found for ``/a/b/c`` although ``/a/b/d`` exists. One trailing slash is ignored, as API
Gateway and ``chalice local`` do. A parameter is one segment that is not empty; ``{proxy+}`` is one or more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable


class Match(NamedTuple):
    """A route's template and what the path holds for its parameters."""

    template: str
    parameters: dict[str, str]


class _Node:
    """What may follow one prefix of segments."""

    __slots__ = ("literals", "names", "parameter", "rest", "rest_names", "template")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.rest: str | None = None
        self.rest_names: list[str] = []
        self.template: str | None = None
        self.names: list[str] = []


class Router:
    """The route templates of an app as a tree. A lookup visits each node at most once, whatever the path."""

    def __init__(self, templates: Iterable[str]) -> None:
        self._root = _Node()
        self._fixed: dict[tuple[str, ...], str] = {}
        self.size = 0
        for template in templates:
            self._add(template)
            self.size += 1

    def match(self, segments: list[str]) -> Match | None:
        """The route for the decoded segments of a path, or None."""
        fixed = self._fixed.get(tuple(segments))  # all literals, which win: no need to search
        return Match(fixed, {}) if fixed is not None else _descend(self._root, segments, 0, [])

    def _add(self, template: str) -> None:
        node = self._root
        names: list[str] = []
        segments = split(template)
        for segment in segments:
            if segment.endswith("+}"):
                node.rest, node.rest_names = template, [*names, segment[1:-2]]
                return
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        node.template, node.names = template, names
        if not names:
            self._fixed[tuple(segments)] = template


def _descend(node: _Node, segments: list[str], depth: int, values: list[str]) -> Match | None:
    if depth == len(segments):
        return None if node.template is None else Match(node.template, dict(zip(node.names, values, strict=True)))
    segment = segments[depth]
    found = None
    literal = node.literals.get(segment)
    if literal is not None:
        found = _descend(literal, segments, depth + 1, values)
    if found is None and node.parameter is not None and segment:
        found = _descend(node.parameter, segments, depth + 1, [*values, segment])
    if found is None and node.rest is not None and segment:
        rest = "/".join(segments[depth:])
        found = Match(node.rest, dict(zip(node.rest_names, [*values, rest], strict=True)))
    return found


def split(path: str, *, encoded: bool = False) -> list[str]:
    """The segments of a path: none for ``/``. Percent-encoding is undone after the cut, so ``%2F`` cuts nothing."""
    path = path.removesuffix("/")
    if path and not path.startswith("/"):
        return [""]  # "*" or "http://…": no route has an empty segment, so it is found nowhere
    segments = path.split("/")[1:]
    if encoded and "%" in path:
        return [unquote(segment) for segment in segments]
    return segments
