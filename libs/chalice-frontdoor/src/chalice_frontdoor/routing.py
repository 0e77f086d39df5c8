"""Match a path against Chalice's route templates.

At the first segment in which two templates differ, a literal wins over ``{parameter}``, which wins over ``{proxy+}``.
One trailing slash is ignored, as API Gateway and ``chalice local`` do. A parameter is one segment that is not empty;
``{proxy+}`` is one or more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable


_LITERAL, _PARAMETER, _REST = range(3)


#: A route's template and what the path holds for its parameters.
Match = tuple[str, dict[str, str]]


class Router:
    """The route templates of an app.

    They are grouped by shape: where they have literals, parameters and a rest. Templates of one shape differ in their
    literals only, so one lookup finds the one that fits. The shapes are tried in the order of what wins.
    """

    def __init__(self, templates: Iterable[str]) -> None:
        shapes: dict[tuple[int, ...], dict[tuple[str, ...], tuple[str, list[str]]]] = {}
        self.size = 0
        for template in templates:
            segments = split(template)
            shape = tuple(map(_kind_of, segments))
            literals = tuple("" if kind else segment for segment, kind in zip(segments, shape, strict=True))
            names = [segment.strip("{+}") for segment, kind in zip(segments, shape, strict=True) if kind]
            shapes.setdefault(shape, {})[literals] = (template, names)
            self.size += 1
        self._shapes = [
            (len(shape), _REST in shape, [place for place, kind in enumerate(shape) if kind], shapes[shape])
            for shape in sorted(shapes)
        ]

    def match(self, segments: list[str]) -> Match | None:
        """The route for the decoded segments of a path, or None."""
        count = len(segments)
        for length, has_rest, places, templates in self._shapes:
            if count != length and not (has_rest and count > length):
                continue
            literals, values = segments[:length], []
            for place in places:
                values.append(literals[place])
                literals[place] = ""
            found = templates.get(tuple(literals))
            if found and all(values):
                if has_rest:
                    values[-1] = "/".join(segments[length - 1 :])
                template, names = found
                return template, dict(zip(names, values))  # noqa: B905 - `strict` would cost as much as the rest
        return None


def _kind_of(segment: str) -> int:
    if not segment.startswith("{"):
        return _LITERAL
    return _REST if segment.endswith("+}") else _PARAMETER


def split(path: str, *, encoded: bool = False) -> list[str]:
    """The segments of a path: none for ``/``. Percent-encoding is undone after the cut, so ``%2F`` cuts nothing."""
    path = path.removesuffix("/")
    if path and not path.startswith("/"):
        return [""]  # "*" or "http://…": no route has an empty segment, so it is found nowhere
    segments = path.split("/")[1:]
    if encoded and "%" in path:
        return [unquote(segment) for segment in segments]
    return segments
