"""The responses: rows and pages are JSON text that PostgreSQL built, sent unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice.app import Response

from chalicelib.directorio.etag import is_known

if TYPE_CHECKING:
    from chalicelib.directorio.repository import Found, Page, Saved

JSON = "application/json"


def created(saved: Saved) -> Response:
    """201: the new row and its location."""
    headers = {"Location": f"/empleados/{saved.id}", "ETag": saved.etag}
    return _json(saved.body, headers, status=201)


def row(found: Found | Saved) -> Response:
    """200: a row and its version."""
    return _json(found.body, {"ETag": found.etag})


def row_unless_known(found: Found, if_none_match: str | None) -> Response:
    """200, or 304 if the client has this version already."""
    if is_known(if_none_match, found.etag):
        return Response(None, {"ETag": found.etag}, 304)
    return row(found)


def page(found: Page, path: str) -> Response:
    """200: an array, and a link to the next page while there are more."""
    link = {} if found.next_query is None else {"Link": f'<{path}?{found.next_query}>; rel="next"'}
    return _json(found.body, link)


def json_text(body: str) -> Response:
    """200: JSON text."""
    return _json(body, {})


def nothing() -> Response:
    """204."""
    return Response(None, status_code=204)


def _json(body: str, headers: dict[str, Any], *, status: int = 200) -> Response:
    return Response(body, {"Content-Type": JSON, **headers}, status)
