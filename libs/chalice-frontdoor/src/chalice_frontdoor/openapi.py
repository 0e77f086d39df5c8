"""Describe an app in OpenAPI 3.1, each route beside its view.

::

    @app.route("/books/{id}", methods=["GET"], spec=operation("One book", {200: json_of(ref("Book"), "The book.")}))
    def find_book(id): ...

``describe`` puts the operations together. What it cannot know, it is given: the document's title, the schemas, and the
rules of ``Access``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_frontdoor.access import ANYBODY
from chalice_frontdoor.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalice_frontdoor.app import FrontDoor

Schema = dict[str, Any]


def describe(
    app: FrontDoor,
    info: Schema,
    components: Schema,
    *,
    rules: Mapping[tuple[str, str], str] | None = None,
    scheme: str = "",
) -> Schema:
    """The OpenAPI document of the routes that have a ``spec``, in the order of their registration.

    With the ``rules`` of ``Access`` each operation names its role in the security ``scheme``.

    What follows from an operation need not be written: the name in its path as a parameter, and those of the problems
    in ``components`` that any operation with a body (400, 415, 422), query parameters (422), a name in its path (404)
    or a role (401, 403, 503) may answer with.
    """
    paths: Schema = {}
    known = components.get("responses", {})
    for path, entries in app.routes.items():
        for method, entry in entries.items():
            spec = app.specs.get((method, path))
            if spec is None:
                continue
            described = {"operationId": entry.view_function.__name__, **spec}
            names = [name for name in entry.view_args if name not in {each["name"] for each in spec["parameters"]}]
            described["parameters"] = [*(in_path(name, {"type": "string"}) for name in names), *spec["parameters"]]
            role = ANYBODY if rules is None else rules[method, path]
            if rules is not None:
                described["security"] = [{scheme: [role]}] if role != ANYBODY else []
            expected = [status for status in _expected_problems(described, role) if str(status) in known]
            described["responses"] = _problems(expected) | spec["responses"]
            paths.setdefault(path, {})[method.lower()] = described
    return {"openapi": "3.1.0", "info": info, "servers": [{"url": "/"}], "paths": paths, "components": components}


def _expected_problems(operation: Schema, role: str) -> set[int]:
    places = {each["in"] for each in operation["parameters"]}
    return {
        *((400, 415, 422) if "requestBody" in operation else ()),
        *((422,) if "query" in places else ()),
        *((404,) if "path" in places else ()),
        *(() if role == ANYBODY else (401, 403, 503)),
    }


def operation(  # noqa: PLR0913 - an operation has that many parts
    summary: str,
    responses: Mapping[int, Schema],
    *,
    problems: Iterable[int] = (),
    parameters: Iterable[Schema] = (),
    body: Schema | None = None,
    security: list[Schema] | None = None,
) -> Schema:
    """What one method of a route does.

    The response of each status in ``problems`` is the component of that name; those that ``describe`` knows need not be
    named. ``body`` is the schema of a required JSON body, ``security`` the ways in, for routes without rules.
    """
    described: Schema = {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {str(status): response for status, response in responses.items()} | _problems(problems),
    }
    if body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if security is not None:
        described["security"] = security
    return described


def _problems(statuses: Iterable[int]) -> Schema:
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}


def json_of(schema: Schema, description: str = "OK", headers: Schema | None = None) -> Schema:
    return {"description": description, "headers": headers or {}, "content": {"application/json": {"schema": schema}}}


def problem_of(schema: Schema, description: str, headers: Schema | None = None) -> Schema:
    return {"description": description, "headers": headers or {}, "content": {MEDIA_TYPE: {"schema": schema}}}


def header(description: str, kind: str = "string", **rules: object) -> Schema:
    return {"description": description, "schema": {"type": kind, **rules}}


def query(name: str, schema: Schema, description: str, **more: object) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


def in_path(name: str, schema: Schema, **more: object) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": schema, **more}


def in_header(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "header", "description": description, "schema": schema}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def object_of(properties: Mapping[str, Schema], *, required: Iterable[str] | None = None, **more: object) -> Schema:
    """An object with these members and no others; all are required unless ``required`` names those that are."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties if required is None else required),
        "additionalProperties": False,
        **more,
    }
