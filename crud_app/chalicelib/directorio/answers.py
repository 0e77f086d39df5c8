"""The responses, and their entity tags (RFC 9110, section 8.8.3) with the conditions on them.

Rows and pages are JSON text that PostgreSQL built, sent unchanged. For callers who may change a row its tag is the
version in quotes. For readers it is a digest of what they see: the version would tell them how often confidential
fields changed.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from chalice.app import Response

from chalice_frontdoor.logs import note
from chalicelib.directorio.employee import MAX_INTEGER
from chalicelib.directorio.errors import MalformedPrecondition

if TYPE_CHECKING:
    from chalicelib.directorio.repository import Page, Row

#: Salaries in one answer that are nothing to remember.
MANY_SALARIES = 20
ENTITY_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAG = re.compile(ENTITY_TAG)
TAG_LIST = re.compile(rf"[ \t,]*{ENTITY_TAG}(?:[ \t]*,[ \t,]*{ENTITY_TAG})*[ \t,]*")
VERSION_TAG = re.compile(r'"([1-9][0-9]{0,9})"')


def created(saved: Row) -> Response:
    """201: the new row and its location."""
    headers = {"Location": f"/empleados/{saved.id}", "ETag": etag_of(saved.version)}
    return json_text(saved.body, headers, status=201)


def row(found: Row) -> Response:
    """200: a row and its version."""
    return json_text(found.body, {"ETag": etag_of(found.version)})


def row_unless_known(found: Row, if_none_match: str | None, *, shows_version: bool) -> Response:
    """200, or 304 if the client has this version already."""
    etag = etag_of(found.version) if shows_version else digest_of(found.body)
    if is_known(if_none_match, etag):
        return Response(None, {"ETag": etag}, 304)
    return json_text(found.body, {"ETag": etag})


def page(found: Page, path: str) -> Response:
    """200: an array, and a link to the next page while there are more.

    If it has many salaries, the access line says how many.
    """
    if found.salaries > MANY_SALARIES:
        note("salarios_leidos", found.salaries)  # infra/metrics.tf makes a metric of it
    link = {} if found.next_query is None else {"Link": f'<{path}?{found.next_query}>; rel="next"'}
    return json_text(found.body, link | ({"X-Search": found.search} if found.search else {}))


def json_text(body: str, headers: dict[str, Any] | None = None, *, status: int = 200) -> Response:
    """A body that is JSON text already."""
    return Response(body, {"Content-Type": "application/json", **(headers or {})}, status)


def etag_of(version: int) -> str:
    """The strong tag of a row in this version."""
    return f'"{version}"'


def digest_of(body: str) -> str:
    """The strong tag of an answer by its text."""
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'


def versions_wanted(if_match: str | None) -> list[int] | None:
    """The versions that ``If-Match`` allows to be changed; None means any, when it is absent or ``*``.

    Weak tags, and tags that this app does not issue, never match (section 13.1.1: strong comparison).

    Raises:
        MalformedPrecondition: it is no such list. Ignoring it would overwrite what the client wanted to protect.
    """
    if if_match is None or if_match.strip(" \t") == "*":
        return None
    if not TAG_LIST.fullmatch(if_match):
        raise MalformedPrecondition
    tags = (VERSION_TAG.fullmatch(tag) for tag in TAG.findall(if_match))
    return [version for tag in tags if tag and (version := int(tag[1])) <= MAX_INTEGER]


def is_known(if_none_match: str | None, etag: str) -> bool:
    """Whether ``If-None-Match`` names this tag, so that the response is not sent again.

    A malformed value matches nothing: the client gets the full response (section 13.1.2: weak comparison).
    """
    if if_none_match is None:
        return False
    if if_none_match.strip(" \t") == "*":
        return True
    if not TAG_LIST.fullmatch(if_none_match):
        return False
    return etag in (tag.removeprefix("W/") for tag in TAG.findall(if_none_match))
