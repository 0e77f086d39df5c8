"""The home page: files of the folder ``home``, with the headers that a browser needs to trust them."""

from __future__ import annotations

from pathlib import Path

from chalice.app import Response

_FOLDER = Path(__file__).with_name("home")
# Nothing but our own style sheet; the empty icon keeps browsers from asking for /favicon.ico.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def home_page(language: str) -> Response:
    """The page in ``language`` (``es`` or ``en``)."""
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-cache"}
    return _file(f"index.{language}.html", "text/html; charset=utf-8", headers)


def style_sheet() -> Response:
    """The page's style."""
    return _file("style.css", "text/css; charset=utf-8", {"Cache-Control": "max-age=3600"})


def _file(name: str, content_type: str, headers: dict[str, str]) -> Response:
    security = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }
    body = (_FOLDER / name).read_text(encoding="utf-8")
    return Response(body, headers={"Content-Type": content_type, **security, **headers})
