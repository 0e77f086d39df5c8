"""The mails of the local stack: as files, and in a browser, where a mail can do nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from local.inbox import InboxPage, Mail, forget, keep

SENT_AT = datetime(2026, 11, 24, 9, 30, 0, tzinfo=UTC)
SCRIPT = "<script>alert('x')</script>"


def a_mail(subject="Bienvenida, señora Pérez", identifier="0123456789abcdef", to="ana@example.com", **body):
    """What an app asks of SES."""
    request = {
        "FromEmailAddress": "CrudEmpleados <directorio@example.com>",
        "Destination": {"ToAddresses": [to]},
        "Content": {
            "Simple": {
                "Subject": {"Data": subject},
                "Body": {kind: {"Data": text} for kind, text in body.items()},
                "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
            }
        },
    }
    return Mail(identifier, request, SENT_AT)


def test_a_mail_is_a_file_that_a_mail_program_opens(tmp_path):
    file = keep(a_mail(Text="¡Hola!\n", Html="<p>¡Hola!</p>\n"), tmp_path)
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert file.name == "2026-11-24T09-30-00 ana@example.com 01234567.eml"
    assert {name: str(value) for name, value in message.items() if name not in {"MIME-Version", "Content-Type"}} == {
        "From": "CrudEmpleados <directorio@example.com>",
        "To": "ana@example.com",
        "Subject": "Bienvenida, señora Pérez",
        "Date": "Tue, 24 Nov 2026 09:30:00 +0000",
        "Message-ID": "<0123456789abcdef>",
        "Auto-Submitted": "auto-generated",
    }
    parts = [message.get_body((kind,)) for kind in ("plain", "html")]
    assert [part and part.get_content() for part in parts] == ["¡Hola!\n", "<p>¡Hola!</p>\n"]


def test_an_address_cannot_lead_out_of_the_folder(tmp_path):
    mail = a_mail(Text="x")
    request: dict[str, Any] = {**mail.request, "Destination": {"ToAddresses": ["../../../etc/x@example.com"]}}
    assert keep(Mail("id", request, SENT_AT), tmp_path).parent == tmp_path


def test_a_forgotten_persons_mails_are_gone_and_no_others(tmp_path):
    other = keep(a_mail("Alta: Luz", "1", to="rrhh@example.com", Text="Correo: luz@example.org"), tmp_path)
    keep(a_mail("Alta: Ana", "2", to="rrhh@example.com", Html="<p>Correo: ANA@example.com</p>"), tmp_path)
    keep(a_mail("Bienvenida", "3", Text="Hola"), tmp_path)

    assert forget(["ana@example.com"], tmp_path) == 2
    assert list(tmp_path.iterdir()) == [other]


@pytest.fixture
def browser(tmp_path):
    page = InboxPage(tmp_path)
    page.start()
    with httpx.Client(base_url=page.url, trust_env=False) as client:
        yield client
    page.stop()


def test_the_list_has_the_newest_mail_first_and_looks_for_more(tmp_path, browser):
    assert "No mails yet." in browser.get("").text
    for identifier, subject in (("a", "Primero"), ("b", "Segundo")):  # sent in the same second
        keep(a_mail(subject, identifier, Text="1"), tmp_path)

    text = browser.get("").text

    assert text.index("Segundo") < text.index("Primero")
    assert "http-equiv='refresh'" in text
    assert browser.get("style.css").headers["content-type"] == "text/css; charset=utf-8"


def test_a_mail_is_shown_as_text_and_its_html_in_a_sandbox(tmp_path, browser):
    html = f"<p style='color:red'>¡Hola!</p>{SCRIPT}"
    file = keep(a_mail(SCRIPT, Text=SCRIPT, Html=html), tmp_path)
    address = f"mail/{quote(file.name)}"

    for path in ("", address):
        answer = browser.get(path)
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert f"<iframe sandbox title='HTML' src='{quote(file.name)}/html'>" in answer.text
    shown = browser.get(f"{address}/html")
    assert html in shown.text
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_nothing_else_is_there_and_nothing_without_the_secret_address(tmp_path, browser):
    name = quote(keep(a_mail(Text="solo"), tmp_path).name)
    (tmp_path / ".hidden.eml").write_text("x")
    others = ("mail/nothing.eml", "mail/..%2F..%2Fetc%2Fpasswd", "mail/.hidden.eml", "else", f"mail/{name}/html")
    for path in (*others, "/", f"/mail/{name}", "/x/", f"/x/mail/{name}", "/style.css"):
        address = f"http://127.0.0.1:{browser.base_url.port}{path}" if path.startswith("/") else path
        assert browser.get(address).status_code == 404, path
    assert browser.get("", headers={"Host": "evil.example"}).status_code == 403
