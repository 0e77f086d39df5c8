"""Checks planned values against botocore's models: AWS rejects what neither Terraform's provider nor the emulator does.

Terraform's names are AWS's in snake case, so most arguments find the member of the same name; operations.toml has the
others. An argument without a counterpart (a flag of the provider, a nested block of another shape) is not checked.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_TABLE = tomllib.loads(Path(__file__).with_name("operations.toml").read_text("utf-8"))
OPERATIONS: dict[str, str] = _TABLE["operations"]
RENAMED: dict[str, str] = _TABLE["renamed"]
#: Plural and singular differ, as do members that AWS calls by a longer name.
_ENDINGS = ("", "s", "es", "list")


@dataclass
class Conformance:
    """What was checked, and what AWS would reject."""

    checked: int = 0
    types: set[str] = field(default_factory=set)
    unmapped: set[str] = field(default_factory=set)
    violations: set[str] = field(default_factory=set)


def check_values(changes: Iterable[Mapping[str, Any]]) -> Conformance:
    """Check the known values of a plan's ``resource_changes``."""
    result = Conformance()
    for change in changes:
        kind = change["type"]
        if change["mode"] != "managed" or change["change"]["after"] is None:
            continue
        if kind not in OPERATIONS:
            result.unmapped.add(kind)
            continue
        result.types.add(kind)
        arguments = {RENAMED.get(f"{kind}.{name}", name): value for name, value in change["change"]["after"].items()}
        for path, shape, value in _pairs(input_of(OPERATIONS[kind]), arguments, change["address"]):
            result.checked += 1
            if rule := _broken_rule(shape, value):
                result.violations.add(f"{path} = {value!r}: {OPERATIONS[kind]} requires {rule}")
    return result


@cache
def input_of(operation: str) -> Shape:
    service, name, *member = operation.split()
    shape = ServiceModel(Loader().load_service_model(service, "service-2")).operation_model(name).input_shape
    assert shape is not None
    return shape.members[member[0]] if member else shape


def _pairs(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, Shape, Any]]:
    """Each known value in ``value`` with the shape that AWS gives it."""
    if value is None or value == []:  # a block that is not there
        return
    if isinstance(value, list) and isinstance(shape, ListShape):
        yield path, shape, value
    if not isinstance(value, list | dict):
        yield path, shape, value
    for inner_shape, inner, name in _inside(shape, value):
        yield from _pairs(inner_shape, inner, f"{path}.{name}" if name else path)


def _inside(shape: Shape, value: Any) -> Iterator[tuple[Shape, Any, str]]:
    """What ``value`` consists of, and the names in it: Terraform writes a nested structure as a list of one block."""
    match value:
        case list() if isinstance(shape, ListShape):
            yield from ((shape.member, item, "") for item in value)
        case list() if isinstance(shape, StructureShape) and "Items" in shape.members:
            yield shape.members["Items"], value, ""  # a list of CloudFront's, which carries its length
        case list():
            yield from ((shape, block, "") for block in value)
        case dict() if isinstance(shape, StructureShape):
            yield from ((member, value[name], name) for name in value if (member := _member(shape, name)))
        case dict() if isinstance(shape, MapShape):
            for name, inner in value.items():
                yield shape.key, name, ""
                yield shape.value, inner, name


def _member(shape: StructureShape, name: str) -> Shape | None:
    members = {member.lower(): inner for member, inner in shape.members.items()}
    plain = name.replace("_", "").lower()
    return next((members[plain + ending] for ending in _ENDINGS if plain + ending in members), None)


def _broken_rule(shape: Shape, value: Any) -> str | None:
    """What the shape requires of the value and the value does not satisfy."""
    limits = shape.metadata
    if allowed := limits.get("enum"):
        return None if value in allowed else f"one of {', '.join(allowed)}"
    if isinstance(value, bool):
        return None
    size = value if isinstance(value, int | float) else len(value)
    if not limits.get("min", size) <= size <= limits.get("max", size):
        return f"between {limits.get('min', 0)} and {limits.get('max', 'any number')}, not {size}"
    pattern = limits.get("pattern")
    return f"the pattern {pattern}" if pattern and isinstance(value, str) and not _matches(pattern, value) else None


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # Java's \p{L} and possessive quantifiers
        return True
