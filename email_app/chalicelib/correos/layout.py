"""Lays a mail out as text and as HTML. All that comes in is plain text: escaping happens here and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template

MAX_SUBJECT = 150
"""Characters; longer subjects are cut. Mail programs show 40 to 80 of them."""

# Line and paragraph separators and control characters end a header or a line; direction marks disguise a text.
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_DISGUISES = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")

_PARRAFO = (
    '<p class="texto" style="margin:0 0 16px;font-size:16px;line-height:24px;color:#1a2129;'
    'overflow-wrap:anywhere;word-break:break-word;">{texto}</p>'
)
_TABLA = (
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:4px 0 12px;">\n'
    "{filas}\n</table>"
)
_FILA = (
    '<tr><td class="etiqueta linea tenue" width="132" valign="top" style="padding:9px 12px 9px 0;'
    'border-top:1px solid #e3e8ed;font-size:14px;line-height:20px;color:#5a6672;">{etiqueta}</td>'
    '<td class="valor linea texto" valign="top" style="padding:9px 0;border-top:1px solid #e3e8ed;'
    'font-size:15px;line-height:20px;color:#1a2129;overflow-wrap:anywhere;word-break:break-word;">{valor}</td></tr>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a mail says, in plain text, before it is laid out."""

    idioma: str
    asunto: str
    titulo: str
    parrafos: tuple[str, ...]
    """The first one is also what a list of mails shows beside the subject."""
    datos: tuple[tuple[str, str], ...] = ()
    """Labels and values."""
    pie: str
    color: str
    """Of the line above the card, as CSS writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A mail that is ready to be sent."""

    asunto: str
    texto: str
    html: str


def lay_out(draft: Draft) -> Content:
    asunto = one_line(draft.asunto)
    if len(asunto) > MAX_SUBJECT:
        asunto = asunto[: MAX_SUBJECT - 1] + "…"
    return Content(asunto=asunto, texto=_write_text(draft), html=_write_html(draft, asunto))


def one_line(text: str) -> str:
    """The text as one line that is what it looks like."""
    return _DISGUISES.sub("", _BREAKS.sub(" ", text)).strip()


def _paragraph(text: str) -> str:
    """The text with its lines, and without control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _DISGUISES.sub("", _CONTROLS.sub("", lines))


def _write_text(draft: Draft) -> str:
    parts = [one_line(draft.titulo), *map(_paragraph, draft.parrafos)]
    if draft.datos:
        parts.append("\n".join(f"{one_line(etiqueta)}: {one_line(valor)}" for etiqueta, valor in draft.datos))
    # "-- " and a line end begin a signature, which mail programs fold (RFC 3676 4.3).
    return "\n\n".join([*parts, f"-- \n{draft.pie}\n"])


def _write_html(draft: Draft, asunto: str) -> str:
    filas = [
        _FILA.format(etiqueta=escape(one_line(etiqueta)), valor=escape(one_line(valor)))
        for etiqueta, valor in draft.datos
    ]
    return _template().substitute(
        idioma=draft.idioma,
        asunto=escape(asunto),
        entradilla=escape(one_line(draft.parrafos[0])),
        titulo=escape(one_line(draft.titulo)),
        parrafos="\n".join(_PARRAFO.format(texto=_html_lines(parrafo)) for parrafo in draft.parrafos),
        datos=_TABLA.format(filas="\n".join(filas)) if filas else "",
        pie=escape(draft.pie),
        color=draft.color,
    )


def _html_lines(text: str) -> str:
    return escape(_paragraph(text)).replace("\n", "<br>\n")


@cache
def _template() -> Template:
    return Template(Path(__file__).with_name("layout.html").read_text(encoding="utf-8"))
