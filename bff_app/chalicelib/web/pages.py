"""Serves the web page: the files of the folder ``page`` as they are, and the declaration of the fields as a module.

The document `/` puts a version into the addresses of all other files. Browsers keep those for ever and ask only for the
document again, so that a page never mixes files of two versions and the next visit shows a new version. There is no
build step; each process compresses a file once.
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

from chalice_frontdoor import Problem
from chalicelib.web.headers import accepts_gzip, compress
from contract.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chalicelib.web.settings import PageSettings

    _Headers = dict[str, str | list[str]]

_DOCUMENT = "index.html"
_START = "main.js"
# Request the session and the rows while the rest of the page still loads.
_FIRST = ("session.js", "rows.js")
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Nothing from other origins, nothing inline, no markup from strings (Trusted Types), no frames.
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
_COMMON_HEADERS = {"Cross-Origin-Resource-Policy": "same-origin", "Vary": "Accept-Encoding"}
# `import … from './name.js';` at the start of a line, over several lines where the names do not fit in one.
_STATIC_IMPORT = re.compile(r"^import\s[^;]*?from '\./([\w.-]+)';", re.MULTILINE)


class Page:
    """The page in one folder: ``index.html`` and the files it needs, without subfolders."""

    def __init__(self, folder: Path, settings: PageSettings) -> None:
        self._sources = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in _CONTENT_TYPES}
        self._sources["declaration.js"] = _declare(settings).encode()
        self._inbox_url = settings.inbox_url
        self._compressed: dict[str, bytes] = {}

    @cached_property
    def version(self) -> str:
        """A digest of all files."""
        content = hashlib.sha256()
        for name, source in sorted(self._sources.items()):
            content.update(f"{name}\n{len(source)}\n".encode() + source)
        return content.hexdigest()[:16]

    def document(self, headers: Mapping[str, str]) -> Response:
        """Return the document, or 304 if the client has it."""
        # Weak: compressed and plain are the same document in different bytes.
        tag = f'W/"{hashlib.sha256(self._document).hexdigest()[:16]}"'
        answer_headers: _Headers = {**_COMMON_HEADERS, **_DOCUMENT_HEADERS, "ETag": tag}
        if tag in (known.strip() for known in headers.get("If-None-Match", "").split(",")):
            return Response(None, headers=answer_headers, status_code=304)
        return self._response(_DOCUMENT, self._document, headers, answer_headers)

    def file(self, version: str, name: str, headers: Mapping[str, str]) -> Response:
        """Return another file.

        Raises:
            Problem: 404, no file has that name in that version.
        """
        if version != self.version or name == _DOCUMENT or name not in self._sources:
            raise Problem(404)
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
        """The modules of the first view with their priorities, so that a browser fetches all of them at once.

        A browser opens six connections: the rows must not queue behind the modules that draw them. The largest of those
        come first, so that none of them is still loading when the others are there.
        """
        first = {name: "high" for start in _FIRST for name in self._modules_of(start)}
        others = [name for name in self._modules_of(_START) if name not in first]
        largest_first = sorted(others, key=lambda name: (-len(self._sources[name]), name))
        return first | dict.fromkeys(largest_first, "low")

    def _modules_of(self, start: str) -> list[str]:
        names = [start]
        for name in names:
            if name not in self._sources:
                raise FileNotFoundError(f"The page has no {name}: `make install` fetches its libraries.")
            imported = _STATIC_IMPORT.findall(self._sources[name].decode())
            names += [other for other in dict.fromkeys(imported) if other not in names]
        return names


def _declare(settings: PageSettings) -> str:
    """Render the fields of an employee, and what their values mean, as a module."""
    fields = [
        {
            "name": each.name,
            "kind": each.kind,
            "labels": each.labels,
            "aliases": each.aliases,
            "isConfidential": each.is_confidential,
            "isSortable": each.is_sortable,
            "isNullable": each.is_nullable,
            "isRequired": each.is_required,
        }
        for each in FIELDS
    ]
    salaries = {"currency": settings.currency, "salaryPeriod": settings.salary_period}
    return "".join(
        f"export const {name} = {json.dumps(each, ensure_ascii=False)};\n"
        for name, each in {"FIELDS": fields, "SALARIES": salaries}.items()
    )
