"""Who gets which email, what it says, and how it is laid out."""

from __future__ import annotations

import json
from dataclasses import replace
from email.header import Header
from html.parser import HTMLParser

import pytest
from dateutil.tz import gettz
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.correos.event import DirectMail, read_message
from chalicelib.correos.notices import MAX_SUBJECT, direct_row, lay_out, mails_for, one_line, write_notice
from chalicelib.correos.settings import LANGUAGES
from chalicelib.correos.wording import Wording
from contract.events import EVENT_TYPES
from tests.unit.email_app.fakes import NOW, SETTINGS, event_id, golden

ES, EN = Wording("es"), Wording("en")
DIRECT = DirectMail(
    id=event_id(1), occurred_at=NOW, to="ana@example.com", subject="Reunión", body="A las diez.\nEn la sala."
)
GREETING = replace(SETTINGS, notify_employee=True)
MARK = "<script>alert('x')</script> & \"quoted\""


def event(kind="creado", **changes):
    return read_message(json.dumps(golden(kind, **changes)))


def recipients(message, settings):
    return [outgoing.mail.recipient for outgoing in mails_for(message, settings, NOW)]


# ---- who gets which --------------------------------------------------------------------------------------------


def test_each_hr_address_gets_a_notice_and_a_new_employee_is_greeted_if_configured():
    for kind in EVENT_TYPES:
        settings = replace(SETTINGS, notify_to=("a@example.com", "b@example.com"))
        assert recipients(event(kind), settings) == ["a@example.com", "b@example.com"]
        greeted = ["ana@example.com"] if kind == "creado" else []
        assert recipients(event(kind), GREETING) == ["rrhh@example.com", *greeted]


def test_an_employee_who_gets_the_notices_is_not_greeted_too():
    assert recipients(event(), replace(GREETING, notify_to=("ANA@example.com",))) == ["ANA@example.com"]


def test_the_same_message_has_the_same_emails_each_time_with_ids_of_their_own():
    first, second = (mails_for(event(), GREETING, moment) for moment in (NOW, NOW.replace(hour=23)))

    assert [(each.mail.id, each.content) for each in first] == [(each.mail.id, each.content) for each in second]
    assert len({each.mail.id for each in first}) == 2
    row = first[0].mail
    assert (row.event_id, row.type, row.employee) == (event().id, "creado", 7)
    assert (row.subject, row.created_at) == (first[0].content.subject, NOW)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_direct_email_goes_to_its_recipient_with_its_own_words(language):
    [outgoing] = mails_for(DIRECT, replace(GREETING, mail_language=language), NOW)

    assert outgoing.mail == direct_row(DIRECT, NOW)
    assert (outgoing.mail.recipient, outgoing.content.subject) == ("ana@example.com", "Reunión")
    assert "A las diez.\nEn la sala." in outgoing.content.text
    assert Wording(language).say("direct.footer") in outgoing.content.text


def test_a_batch_has_one_email_if_people_want_it_and_none_for_each_person():
    assert recipients(event("lote"), GREETING) == ["rrhh@example.com"]
    assert recipients(event("lote", aviso=False), GREETING) == []
    assert recipients(event(lote=golden("lote")["lote"]), GREETING) == []
    [outgoing] = mails_for(event("lote"), GREETING, NOW)
    assert (outgoing.mail.type, outgoing.mail.employee) == ("lote", None)


# ---- what it says ----------------------------------------------------------------------------------------------


def test_a_notice_names_the_changed_fields_the_moment_and_the_actor_and_no_salary():
    content = write_notice(
        event("actualizado", cambios=["posicion", "salario", "unknown"], salario=98765), ES, SETTINGS
    )

    assert "Ha cambiado: Posición, Salario, unknown" in content.text
    assert "Fecha: 24 de noviembre de 2026, 10:15 UTC" in content.text
    assert "Hecho por: rrhh@example.com" in content.text
    assert "98765" not in content.text + content.html
    assert "Done by: not signed in" in write_notice(event(actor="anonimo"), EN, SETTINGS).text


def test_a_notice_has_local_time_and_a_link_to_the_employee_while_there_is_one():
    settings = replace(SETTINGS, time_zone=gettz("Europe/Madrid"), page_url="https://d111.cloudfront.net")
    changed, removed = (write_notice(event(kind), ES, settings) for kind in ("actualizado", "eliminado"))
    url = "https://d111.cloudfront.net/#/empleados/7"

    assert "Fecha: 24 de noviembre de 2026, 11:15 CET" in changed.text
    assert f"Abrir la ficha: {url}" in changed.text
    assert ("href", url) in Reader(changed.html).attributes
    assert "href" not in removed.html + write_notice(event(), ES, SETTINGS).html


@pytest.mark.parametrize(("kind", "changes"), [("actualizado", []), ("creado", ["nombre"])])
def test_a_notice_names_no_changes_where_there_are_none(kind, changes):
    assert "Ha cambiado" not in write_notice(event(kind, cambios=changes), ES, SETTINGS).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_greeting_addresses_the_employee_by_name(language):
    _, greeting = mails_for(event(), replace(GREETING, mail_language=language), NOW)

    assert "Ana Pérez" in greeting.content.subject
    assert Wording(language).say("greeting.footer") in greeting.content.text
    assert "ana@example.com" in greeting.content.text


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("es", "Importación: 1.200 altas, 1 persona restaurada"),
        ("en", "Import: 1,200 new employees, 1 person restored"),
    ],
)
def test_a_digest_sums_up_the_batch_and_leads_to_its_changes(language, subject):
    counts = {"creados": 1200, "actualizados": 0, "eliminados": 0, "restaurados": 1}
    settings = replace(SETTINGS, mail_language=language, page_url="https://d111.cloudfront.net")

    [outgoing] = mails_for(event("lote", resumen=counts), settings, NOW)

    assert outgoing.content.subject == subject
    assert f"https://d111.cloudfront.net/#/actividad?lote={golden('lote')['lote']}" in outgoing.content.text
    assert "rrhh@example.com" in outgoing.content.text
    other = mails_for(event("lote", origen="nuevo"), settings, NOW)[0].content.subject
    assert other.startswith(Wording(language).say("batch"))


def test_braces_in_a_name_are_only_braces():
    employee = {**golden()["empleado"], "nombre": "{posicion} {0} %s"}

    assert write_notice(event(empleado=employee), ES, SETTINGS).subject == "Alta: {posicion} {0} %s, Analista"


# ---- how it is laid out ----------------------------------------------------------------------------------------


def laid_out(subject="Asunto", title="Título", paragraph="Uno.\nDos.", facts=(("Nombre", "Ana"),), footer="Pie."):
    return lay_out(subject, title, paragraph, facts, language="en", footer=footer, kind="creado")


class Reader(HTMLParser):
    """Collects what a mail program would show, and the tags that it would obey."""

    def __init__(self, html):
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.tags.append(tag)
            self.attributes += attrs

    def handle_data(self, data):
        self.text += data


PLAIN = Reader(laid_out().html)


def test_markup_in_any_field_is_shown_as_text():
    for field in ("subject", "title", "paragraph", "facts", "footer"):
        read = Reader(laid_out(**{field: ((MARK, MARK),) if field == "facts" else MARK}).html)
        assert (read.tags, read.attributes) == (PLAIN.tags, PLAIN.attributes)
        assert MARK in read.text


@given(st.text(max_size=30))
def test_no_text_adds_a_tag_an_attribute_or_a_line_of_the_subject(text):
    content = laid_out(text, text, text, ((text, text),))
    read = Reader(content.html)

    assert (read.tags, read.attributes) == (PLAIN.tags, PLAIN.attributes)
    assert content.subject.splitlines() in ([], [content.subject])


def test_a_subject_is_one_line_without_disguise_of_bounded_length():
    for separator in ("\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00"):
        subject = laid_out(f"Hola{separator}Bcc: x@example.com").subject
        assert subject == "Hola Bcc: x@example.com"
        assert "\n" not in str(Header(subject))
    assert one_line("Ana \u202egpj.exe\u2066") == "Ana gpj.exe"
    assert laid_out("x" * 500).subject == "x" * (MAX_SUBJECT - 1) + "…"


def test_the_lines_of_a_paragraph_stay_lines():
    content = laid_out(paragraph="uno\r\ndos\rtres\tcuatro\x00")

    assert "uno\ndos\ntres cuatro\n" in content.text
    assert "uno<br>\ndos<br>\ntres cuatro<" in content.html


def test_the_html_names_its_language_and_needs_nothing_from_elsewhere():
    names = {name for name, _ in PLAIN.attributes}

    assert ("lang", "en") in PLAIN.attributes
    assert not {"img", "script", "link", "iframe"} & set(PLAIN.tags)
    assert not {"src", "href", "background"} & names
    assert not [name for name in names if name.startswith("on")]
    assert len(PLAIN.tags) - len(Reader(laid_out(facts=()).html).tags) == len(["table", "tr", "td", "td"])
