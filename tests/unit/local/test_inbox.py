"""Mails as files."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest

from local.inbox import Inbox, Mail

if TYPE_CHECKING:
    from pathlib import Path

SENT_AT = datetime(2026, 11, 24, 9, 30, 0, tzinfo=UTC)
SIMPLE: dict[str, Any] = {
    "FromEmailAddress": "CrudEmpleados <directorio@example.com>",
    "Destination": {"ToAddresses": ["ana@example.com"], "BccAddresses": ["jefa@example.com"]},
    "Content": {
        "Simple": {
            "Subject": {"Data": "Bienvenida, señora Pérez", "Charset": "UTF-8"},
            "Body": {"Text": {"Data": "¡Hola!\n"}, "Html": {"Data": "<p>¡Hola!</p>\n"}},
            "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
        }
    },
    "EmailTags": [{"Name": "evento", "Value": "e-1"}],
    "ConfigurationSetName": "crud-app-correos",
}


def kept(inbox: Inbox, request: dict[str, Any]) -> Path:
    return inbox.keep(Mail("0123456789abcdef", request, SENT_AT))


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


def test_a_mail_is_a_file_that_a_mail_program_opens(inbox: Inbox) -> None:
    message = message_from_bytes(kept(inbox, SIMPLE).read_bytes(), policy=policy.default)
    assert message["From"] == "CrudEmpleados <directorio@example.com>"
    assert message["To"] == "ana@example.com"
    assert message["Bcc"] is None
    assert message["Subject"] == "Bienvenida, señora Pérez"
    assert message["Date"].datetime == SENT_AT
    assert message["Message-ID"] == "<0123456789abcdef>"
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text
    assert html
    assert (text.get_content(), html.get_content()) == ("¡Hola!\n", "<p>¡Hola!</p>\n")


def test_the_names_of_the_files_sort_by_time_and_say_for_whom_they_are(inbox: Inbox) -> None:
    assert kept(inbox, SIMPLE).name == "2026-11-24T09-30-00 ana@example.com,jefa@example.com 01234567.eml"


def test_an_address_cannot_lead_out_of_the_folder(inbox: Inbox, tmp_path: Path) -> None:
    request = SIMPLE | {"Destination": {"ToAddresses": ["../../../etc/x@example.com"]}}
    assert kept(inbox, request).parent == tmp_path / "inbox"


def test_mails_of_one_second_do_not_replace_each_other(inbox: Inbox, tmp_path: Path) -> None:
    for message_id in ("aaaaaaaa-1", "bbbbbbbb-2"):
        inbox.keep(Mail(message_id, SIMPLE, SENT_AT))
    assert len(list((tmp_path / "inbox").iterdir())) == 2


def test_a_raw_mail_is_kept_as_it_is(inbox: Inbox) -> None:
    raw = b"From: a@example.com\nTo: b@example.com\nSubject: hola\n\ntexto\n"
    request = {
        "Destination": {"ToAddresses": ["b@example.com"]},
        "Content": {"Raw": {"Data": base64.b64encode(raw).decode()}},
    }
    mail = Mail("id", request, SENT_AT)
    assert (mail.sender, mail.subject) == ("a@example.com", "hola")
    assert inbox.keep(mail).read_bytes() == raw


def test_a_mail_of_text_alone_has_one_part(inbox: Inbox) -> None:
    content = {"Simple": {"Subject": {"Data": "hola"}, "Body": {"Text": {"Data": "texto"}}}}
    message = message_from_bytes(kept(inbox, SIMPLE | {"Content": content}).read_bytes(), policy=policy.default)
    assert message.get_content_type() == "text/plain"
