"""Who gets which mail, and what it says."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from chalicelib.correos.event import DirectMail, read_message
from chalicelib.correos.notices import mails_for, pending_direct_mail, write_direct, write_greeting, write_notice
from chalicelib.correos.settings import LANGUAGES
from chalicelib.correos.wording import WORDINGS, Wording
from contract.fields import FIELDS
from tests.unit.email_app.fakes import SETTINGS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DIRECTO = DirectMail(
    id="0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11",
    ocurrido_en=NOW,
    para="ana@example.com",
    asunto="Reunión",
    cuerpo="A las diez.\nEn la sala.",
)
GREETING = replace(SETTINGS, notify_employee=True)


@pytest.fixture
def event(contract):
    """Reads a golden event, with some members changed."""
    return lambda tipo="creado", /, **changes: read_message(json.dumps(contract(tipo, **changes)))


def recipients(message, settings):
    return [envio.mail.destinatario for envio in mails_for(message, settings, NOW)]


@pytest.mark.parametrize("tipo", ["creado", "actualizado", "eliminado"])
def test_each_hr_address_gets_a_notice_of_each_event(event, tipo):
    settings = replace(SETTINGS, notify_to=("a@example.com", "b@example.com"))

    assert recipients(event(tipo), settings) == ["a@example.com", "b@example.com"]


def test_a_new_employee_is_greeted_when_that_is_wanted(event):
    assert recipients(event(), GREETING) == ["rrhh@example.com", "ana@example.com"]


@pytest.mark.parametrize("tipo", ["actualizado", "eliminado"])
def test_an_employee_is_not_written_to_otherwise(event, tipo):
    assert recipients(event(tipo), GREETING) == ["rrhh@example.com"]


def test_an_employee_who_gets_the_notices_is_not_greeted_too(event):
    settings = replace(GREETING, notify_to=("ANA@example.com",))

    assert recipients(event(), settings) == ["ANA@example.com"]


def test_the_mails_of_an_event_have_ids_of_their_own(event):
    mails = mails_for(event(), GREETING, NOW)

    assert len({envio.mail.id for envio in mails}) == 2


def test_the_same_message_asks_for_the_same_mails_each_time(event):
    later = NOW.replace(hour=23)

    first, second = (mails_for(event(), GREETING, moment) for moment in (NOW, later))

    assert [envio.mail.id for envio in first] == [envio.mail.id for envio in second]
    assert [envio.content for envio in first] == [envio.content for envio in second]


def test_the_row_tells_what_the_mail_is_about(event):
    [envio] = mails_for(event(), SETTINGS, NOW)

    row = envio.mail
    assert (row.evento, row.tipo, row.empleado) == (event().id, "creado", 7)
    assert (row.asunto, row.creado_en) == (envio.content.asunto, NOW)


def test_a_direct_mail_goes_to_its_recipient_only():
    assert recipients(DIRECTO, GREETING) == ["ana@example.com"]


def test_a_direct_mail_is_queued_under_the_id_that_it_will_be_sent_with():
    [envio] = mails_for(DIRECTO, SETTINGS, NOW)

    assert pending_direct_mail(DIRECTO, SETTINGS, NOW) == envio.mail


@pytest.mark.parametrize("idioma", LANGUAGES)
def test_a_direct_mail_keeps_its_own_words(idioma):
    content = write_direct(DIRECTO, idioma)

    assert content.asunto == "Reunión"
    assert "A las diez.\nEn la sala." in content.texto
    assert WORDINGS[idioma].direct_footer in content.texto


@pytest.mark.parametrize(
    ("idioma", "tipo", "asunto"),
    [
        ("es", "creado", "Alta: Ana Pérez, Analista"),
        ("es", "actualizado", "Cambios en la ficha de Ana Pérez"),
        ("es", "eliminado", "Baja: Ana Pérez, Jefa de análisis"),
        ("en", "creado", "New employee: Ana Pérez, Analista"),
        ("en", "actualizado", "Changes to the record of Ana Pérez"),
        ("en", "eliminado", "Removed: Ana Pérez, Jefa de análisis"),
    ],
)
def test_the_subject_says_what_happened_to_whom(event, idioma, tipo, asunto):
    assert write_notice(event(tipo), idioma).asunto == asunto


def test_a_notice_of_a_change_names_the_fields_and_the_moment(event):
    content = write_notice(event("actualizado", cambios=["posicion", "salario"]), "es")

    assert "Ha cambiado: Posición, Salario" in content.texto
    assert "Fecha: 24 de noviembre de 2026, 10:15 UTC" in content.texto


def test_a_field_without_a_name_is_shown_as_it_is_called(event):
    assert "Changed: unknown" in write_notice(event("actualizado", cambios=["unknown"]), "en").texto


@pytest.mark.parametrize("change", [("actualizado", []), ("creado", ["nombre"])], ids=str)
def test_a_notice_names_no_changes_where_there_are_none(event, change):
    tipo, cambios = change

    assert "Ha cambiado" not in write_notice(event(tipo, cambios=cambios), "es").texto


def test_a_notice_tells_who_did_it(event):
    assert "Hecho por: eva@example.com" in write_notice(event(actor="eva@example.com"), "es").texto
    assert "Done by: not signed in" in write_notice(event(actor="anonimo"), "en").texto


def test_a_notice_of_an_event_never_shows_a_salary(event):
    content = write_notice(event(salario=98765), "es")

    assert "98765" not in content.texto + content.html


@pytest.mark.parametrize("idioma", LANGUAGES)
def test_a_greeting_addresses_the_employee_by_name(event, idioma):
    content = write_greeting(event(), idioma)

    assert "Ana Pérez" in content.asunto
    assert "ana@example.com" in content.texto


def test_braces_in_a_name_are_only_braces(event, contract):
    empleado = {**contract()["empleado"], "nombre": "{posicion} {0} %s"}

    assert write_notice(event(empleado=empleado), "es").asunto == "Alta: {posicion} {0} %s, Analista"


@pytest.mark.parametrize("idioma", LANGUAGES)
def test_each_language_has_twelve_months_and_every_text(idioma):
    wording = WORDINGS[idioma]

    assert len(wording.months) == 12
    assert all(getattr(wording, field.name) for field in fields(Wording))
    assert wording.notices.keys() == {"creado", "actualizado", "eliminado"}
    assert list(wording.campos) == [each.name for each in FIELDS]
