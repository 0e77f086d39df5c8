"""The layout of a mail."""

from __future__ import annotations

from email.header import Header
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.correos.layout import MAX_SUBJECT, Draft, lay_out, one_line

MARK = "<script>alert('x')</script> & \"quoted\""


def piece(**changes: object) -> Draft:
    members = {
        "idioma": "es",
        "asunto": "Asunto",
        "titulo": "Título",
        "parrafos": ("Primero.", "Segundo."),
        "datos": (("Nombre", "Ana"),),
        "pie": "Pie.",
        "color": "#1a7f4b",
    }
    return Draft(**{**members, **changes})


class Reader(HTMLParser):
    """Collects what a mail program would show, and the tags that it would obey."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


@pytest.mark.parametrize(
    "field",
    [
        {"asunto": MARK},
        {"titulo": MARK},
        {"parrafos": (MARK,)},
        {"datos": ((MARK, "x"),)},
        {"datos": (("x", MARK),)},
        {"pie": MARK},
    ],
    ids=lambda field: next(iter(field)),
)
def test_markup_in_any_field_is_shown_as_text(field):
    read = Reader(lay_out(piece(**field)).html)

    assert "script" not in read.tags
    assert MARK in read.text


@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_adds_a_tag_or_an_attribute(asunto, titulo, parrafo, valor):
    plain = Reader(lay_out(piece(parrafos=("x",), datos=(("Nombre", "y"),))).html)

    read = Reader(lay_out(piece(asunto=asunto, titulo=titulo, parrafos=(parrafo,), datos=(("Nombre", valor),))).html)

    assert [tag for tag in read.tags if tag != "br"] == plain.tags
    assert read.attributes == plain.attributes


@given(st.text())
def test_a_subject_is_one_printable_line_of_bounded_length(text):
    asunto = lay_out(piece(asunto=text)).asunto

    assert len(asunto) <= MAX_SUBJECT
    assert asunto.splitlines() in ([], [asunto])


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00"])
def test_a_subject_cannot_begin_another_header(separator):
    asunto = lay_out(piece(asunto=f"Hola{separator}Bcc: x@example.com")).asunto

    assert asunto == "Hola Bcc: x@example.com"
    assert "\n" not in str(Header(asunto))


def test_marks_that_turn_the_direction_of_a_text_are_left_out():
    assert one_line("Ana \u202egpj.exe\u2066") == "Ana gpj.exe"


def test_a_long_subject_is_cut_with_an_ellipsis():
    asunto = lay_out(piece(asunto="x" * 500)).asunto

    assert asunto == "x" * (MAX_SUBJECT - 1) + "…"


def test_the_lines_of_a_paragraph_stay_lines():
    content = lay_out(piece(parrafos=("uno\r\ndos\rtres\tcuatro\x00",)))

    assert "uno\ndos\ntres cuatro\n" in content.texto
    assert "uno<br>\ndos<br>\ntres cuatro<" in content.html


def test_text_and_html_say_the_same():
    content = lay_out(piece())

    for words in ("Título", "Primero.", "Segundo.", "Nombre", "Ana", "Pie."):
        assert words in content.texto
        assert words in Reader(content.html).text


def test_a_mail_without_data_has_no_table_for_it():
    assert Reader(lay_out(piece(datos=())).html).tags.count("table") == 2


def test_the_html_needs_nothing_from_elsewhere():
    read = Reader(lay_out(piece()).html)

    assert not {"img", "script", "link", "iframe"} & set(read.tags)
    assert not [name for name, _ in read.attributes if name in {"src", "href", "background"} or name.startswith("on")]


def test_the_html_names_its_language():
    assert ("lang", "en") in Reader(lay_out(piece(idioma="en")).html).attributes


@pytest.mark.parametrize("part", ["texto", "html"])
def test_no_line_is_longer_than_mail_allows(part):
    """RFC 5322 2.1.1: 998 characters; longer ones would have to be encoded."""
    assert all(len(line) < 998 for line in getattr(lay_out(piece()), part).splitlines())
