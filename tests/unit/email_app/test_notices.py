"""Who gets which email, what it says, and how it is laid out."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.correos.event import DIRECTO, Message, read_message
from chalicelib.correos.notices import MAX_SUBJECT, Letter, lay_out, mails_for, one_line
from chalicelib.correos.wording import TEXTS
from contract.events import EVENT_TYPES
from tests.unit.email_app.fakes import NOW, event_id, golden, settings_with

HR, ANA = "rrhh@example.com", "ana@example.com"
GREETING = {"NOTIFY_EMPLOYEE": "true"}
PAGE = "https://d111.cloudfront.net"
LOTE = golden("lote")["lote"]
MARK = "<script>alert('x')</script> & \"quoted\""


def mails(kind="creado", variables=None, **changes):
    """The emails of the golden event with some members changed, under the defaults with some variables changed."""
    return mails_for(read_message(json.dumps(golden(kind, **changes))), settings_with(**variables or {}), NOW)


def notice(*arguments, **changes):
    return mails(*arguments, **changes)[0].content


# ---- who gets which --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "variables", "changes", "recipients"),
    [
        *((kind, {"NOTIFY_TO": "a@example.com,b@example.com"}, {}, ["a@example.com", "b@example.com"])
          for kind in (*EVENT_TYPES, "lote")),
        *((kind, GREETING, {}, [HR, ANA] if kind == "creado" else [HR]) for kind in (*EVENT_TYPES, "lote")),
        ("creado", GREETING | {"NOTIFY_TO": "ANA@example.com"}, {}, [ANA]),
        ("creado", GREETING, {"lote": LOTE}, []),
        ("creado", {}, {"lote": None}, [HR]),
        ("lote", GREETING, {"aviso": False}, []),
    ],
)  # fmt: skip
def test_notices_go_to_hr_and_a_greeting_to_a_new_employee_who_gets_none(kind, variables, changes, recipients):
    assert [outgoing.mail.recipient for outgoing in mails(kind, variables, **changes)] == recipients


def test_the_same_message_has_the_same_emails_each_time_with_ids_of_their_own():
    message = read_message(json.dumps(golden()))
    first, second = (mails_for(message, settings_with(**GREETING), moment) for moment in (NOW, NOW.replace(hour=23)))

    assert [(each.mail.id, each.content) for each in first] == [(each.mail.id, each.content) for each in second]
    assert len({each.mail.id for each in first}) == 2
    row = first[0].mail
    assert (row.event_id, row.type, row.employee) == (golden()["id"], "creado", 7)
    assert (row.subject, row.created_at) == (first[0].content.subject, NOW)
    [digest] = mails("lote")
    assert (digest.mail.type, digest.mail.employee) == ("lote", None)


def test_a_direct_email_goes_to_its_recipient_with_its_own_words():
    words = {"para": ANA, "asunto": "Reunión", "cuerpo": "A las diez.\nEn la sala."}
    message = Message(DIRECTO, event_id(1), NOW, {"correo": words})

    [outgoing] = mails_for(message, settings_with(), NOW)

    assert (outgoing.mail.recipient, outgoing.mail.subject, outgoing.content.subject) == (ANA, "Reunión", "Reunión")
    assert "A las diez.\nEn la sala." in outgoing.content.text
    assert TEXTS["direct.footer"][0] in outgoing.content.text


# ---- what it says ----------------------------------------------------------------------------------------------


def test_a_notice_names_the_changed_fields_the_moment_and_the_actor_and_no_salary():
    content = notice("actualizado", cambios=["posicion", "salario", "unknown"], salario=98765)

    assert "Ha cambiado: Posición, Salario, unknown" in content.text
    assert "Fecha: 24 de noviembre de 2026, 10:15 UTC" in content.text
    assert f"Hecho por: {HR}" in content.text
    assert "98765" not in content.text + content.html
    assert "Done by: not signed in" in notice(variables={"MAIL_LANGUAGE": "en"}, actor="anonimo").text
    for other in (notice("actualizado", cambios=[]), notice(cambios=["nombre"])):
        assert "Ha cambiado" not in other.text


def test_a_notice_has_local_time_and_a_link_to_the_employee_while_there_is_one():
    variables = {"TIME_ZONE": "Europe/Madrid", "PAGE_URL": PAGE}
    changed, removed = (notice(kind, variables) for kind in ("actualizado", "eliminado"))

    assert "Fecha: 24 de noviembre de 2026, 11:15 CET" in changed.text
    assert f"Abrir la ficha: {PAGE}/#/empleados/7" in changed.text
    assert f' href="{PAGE}/#/empleados/7"' in changed.html
    assert "href" not in removed.html + notice().html


def test_a_greeting_addresses_the_employee_by_name():
    _, greeting = mails(variables=GREETING)

    assert "Ana Pérez" in greeting.content.subject
    assert TEXTS["greeting.footer"][0] in greeting.content.text
    assert ANA in greeting.content.text


@pytest.mark.parametrize(
    ("language", "subject", "other"),
    [
        ("es", "Importación: 1.200 altas, 1 persona restaurada", "Varios cambios"),
        ("en", "Import: 1,200 new employees, 1 person restored", "Several changes"),
    ],
)
def test_a_digest_sums_up_the_batch_and_leads_to_its_changes(language, subject, other):
    counts = {"creados": 1200, "actualizados": 0, "eliminados": 0, "restaurados": 1}
    variables = {"MAIL_LANGUAGE": language, "PAGE_URL": PAGE}

    content = notice("lote", variables, resumen=counts)

    assert content.subject == subject
    assert f"{PAGE}/#/actividad?lote={LOTE}" in content.text
    assert HR in content.text
    assert notice("lote", variables, origen="nuevo").subject.startswith(other)


def test_braces_in_a_name_are_only_braces():
    employee = {**golden()["empleado"], "nombre": "{posicion} {0} %s"}

    assert notice(empleado=employee).subject == "Alta: {posicion} {0} %s, Analista"


# ---- how it is laid out ----------------------------------------------------------------------------------------


def laid_out(**parts):
    letter = Letter("Asunto", "Título", "Uno.\nDos.", "Pie.", (("Nombre", "Ana"),))
    return lay_out(letter._replace(**parts), "creado", "en")


def tags(html):
    """The tags with their attributes, but for line ends."""
    return re.findall(r"<(?!br>)[^>]*>", html)


PLAIN = laid_out().html


@given(st.text(max_size=30))
@example(MARK)
def test_no_text_adds_a_tag_an_attribute_or_a_line_of_the_subject(text):
    content = laid_out(subject=text, title=text, paragraph=text, facts=((text, text),), footer=text)
    shown = unescape(content.html)

    assert tags(content.html) == tags(PLAIN)
    assert text != MARK or shown.count(MARK) == len(("subject", "preview", "title", "paragraph", *"12", "footer"))
    assert content.subject.splitlines() in ([], [content.subject])


def test_a_subject_is_one_line_without_disguise_of_bounded_length():
    for separator in ("\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00"):
        subject = laid_out(subject=f"Hola{separator}Bcc: x@example.com").subject
        assert subject == "Hola Bcc: x@example.com"
    assert one_line("Ana \u202egpj.exe\u2066") == "Ana gpj.exe"
    assert laid_out(subject="x" * 500).subject == "x" * (MAX_SUBJECT - 1) + "…"


def test_the_lines_of_a_paragraph_stay_lines():
    content = laid_out(paragraph="uno\r\ndos\rtres\tcuatro\x00")

    assert "uno\ndos\ntres cuatro\n" in content.text
    assert "uno<br>\ndos<br>\ntres cuatro<" in content.html


def test_the_html_names_its_language_and_needs_nothing_from_elsewhere():
    assert '<html lang="en"' in PLAIN
    assert re.findall(r"<(?:img|script|link|iframe)\b|\s(?:src|href|background|on\w+)\s*=", PLAIN) == []
