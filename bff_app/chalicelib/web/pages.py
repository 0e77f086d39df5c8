"""The web page: the files of the folder ``page``, as a browser should get them, and the declaration of the fields.

The document `/` names the version of all other files in their addresses. So they may be kept for ever, a page never
mixes files of two versions, and a new version is seen at the next visit, because only the document is asked for again.
There is no build step: the files are served as they are written, compressed once a process.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cached_property
from html import escape
from string import Template
from typing import TYPE_CHECKING

from chalice.app import Response

from chalicelib.web.headers import accepts_gzip, compress
from contract.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    _Headers = dict[str, str | list[str]]

_DOCUMENT = "index.html"
_START = "main.js"
# Ask who has come, and for rows, while the rest is on its way.
_FIRST = ("session.js", "rows.js")
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Nothing from elsewhere, nothing inline, no markup from strings (Trusted Types), in nobody's frame.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_DOCUMENT_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
}
_FILE_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable"}
_COMMON_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}
# `import … from './name.js';` at the beginning of a line, over several lines where the list of names is long.
_STATIC_IMPORT = re.compile(r"^import\s[^;]*?from '\./([\w.-]+)';", re.MULTILINE)


class FileUnknown(LookupError):
    """There is no such file in this version of the page; it becomes a 404."""


class Page:
    """The page as it is in one folder.

    Args:
        folder: with ``index.html`` and all that it needs, without folders of its own.
        inbox_url: where the mails of a laptop can be looked at; empty where there is no such place.
    """

    def __init__(self, folder: Path, inbox_url: str) -> None:
        self._sources = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in _CONTENT_TYPES}
        self._sources["declaration.js"] = _declare_fields().encode()
        self._inbox_url = inbox_url
        self._compressed: dict[str, bytes] = {}

    @cached_property
    def version(self) -> str:
        """Changes with every byte of any file."""
        content = hashlib.sha256()
        for name, source in sorted(self._sources.items()):
            content.update(f"{name}\n{len(source)}\n".encode() + source)
        return content.hexdigest()[:16]

    def document(self, headers: Mapping[str, str]) -> Response:
        """The document, or 304 for who has this one already."""
        # Weak: compressed and plain are the same document in different bytes.
        tag = f'W/"{hashlib.sha256(self._document).hexdigest()[:16]}"'
        answer_headers: _Headers = {**_COMMON_HEADERS, **_DOCUMENT_HEADERS, "ETag": tag}
        if tag in (known.strip() for known in headers.get("If-None-Match", "").split(",")):
            return Response(None, headers=answer_headers, status_code=304)
        return self._response(_DOCUMENT, self._document, headers, answer_headers)

    def file(self, version: str, name: str, headers: Mapping[str, str]) -> Response:
        """One of the other files.

        Raises:
            FileUnknown: there is none of that name, or not in that version.
        """
        if version != self.version or name == _DOCUMENT or name not in self._sources:
            raise FileUnknown(name)
        return self._response(name, self._sources[name], headers, {**_COMMON_HEADERS, **_FILE_HEADERS})

    def _response(self, name: str, content: bytes, request_headers: Mapping[str, str], headers: _Headers) -> Response:
        described: _Headers = {**headers, "Content-Type": _CONTENT_TYPES[name[name.rindex(".") :]]}
        if not accepts_gzip(request_headers):
            return Response(content, headers=described)
        if name not in self._compressed:
            self._compressed[name] = compress(content)
        return Response(self._compressed[name], headers={**described, "Content-Encoding": "gzip"})

    @cached_property
    def _document(self) -> bytes:
        static = f"/static/{self.version}"
        links = (
            f'<link rel="modulepreload" href="{static}/{name}" fetchpriority="{priority}" />'
            for name, priority in self._first_modules().items()
        )
        preloads = "\n    ".join(links)
        template = Template(self._sources[_DOCUMENT].decode())
        return template.substitute(static=static, preloads=preloads, inbox=escape(self._inbox_url)).encode()

    def _first_modules(self) -> dict[str, str]:
        """What the first view needs, with its priority, so that a browser fetches all of it at once.

        A browser has six connections: the rows must not queue behind the modules that draw them. Of these the largest
        come first, so that none of them is still on its way when all others are there.
        """
        first = {name: "high" for start in _FIRST for name in self._modules_of(start)}
        others = sorted(
            set(self._modules_of(_START)) - first.keys(), key=lambda name: (-len(self._sources[name]), name)
        )
        largest_first = sorted(others, key=lambda name: (-len(self._sources[name]), name))
        return first | dict.fromkeys(largest_first, "low")

    def _modules_of(self, start: str) -> list[str]:
        names = [start]
        for name in names:
            imported = _STATIC_IMPORT.findall(self._sources[name].decode())
            names += [other for other in dict.fromkeys(imported) if other not in names]
        return names


def _declare_fields() -> str:
    """The fields of an employee as a module: the page has no list of its own."""
    fields = [
        {
            "name": each.name,
            "kind": each.kind,
            "labels": each.labels,
            "aliases": each.aliases,
            "isConfidential": each.is_confidential,
            "isSortable": each.is_sortable,
            "isNullable": each.is_nullable,
        }
        for each in FIELDS
    ]
    return f"export const FIELDS = {json.dumps(fields, ensure_ascii=False)};\n"
