"""The routes and handlers, through the front doors and as Lambda calls them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from chalice.test import Client as ChaliceClient

from chalice_frontdoor import ANYBODY
from chalice_frontdoor.testing.client import Client
from chalice_frontdoor.testing.events import DOORS
from chalicelib.correos.event import DirectMail, read_message
from chalicelib.correos.mail import State
from chalicelib.correos.roles import RULES
from contract.roles import ROLES
from email_app.app import app

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_frontdoor.testing.client import Answer
    from tests.unit.email_app.fakes import FakeServices

MAIL = {"to": "ana@example.com", "subject": "Reunión", "body": "A las diez.\n"}
ID = re.compile(r"[0-9a-f-]{36}_[0-9a-f]{32}")


@pytest.fixture
def client(fakes: FakeServices) -> Client:  # noqa: ARG001 - the app that it reaches
    return Client(app, role="admin")


def errors(answer: Answer) -> list[tuple[str, str]]:
    return [(error["campo"], error["regla"]) for error in answer.json()["errores"]]


def sqs_event(*bodies: str) -> dict[str, Any]:
    """As Lambda polls it, with a message id for each record (Chalice's own test event gives all the same one)."""
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1732442400000"},
                "messageAttributes": {},
                "md5OfBody": "754ac2f7a12df38320e0c5eafd060145",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:crud-app-email-queue",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


# ---- health and description ------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
def test_health_touches_nothing(fakes: FakeServices, door: str) -> None:
    fakes.ledger.is_down = fakes.queue.is_down = True

    answer = Client(app, door).get("/health")

    assert (answer.status, answer.json()) == (200, {"estado": "ok"})


def test_the_description_names_every_route(client: Client) -> None:
    described = client.get("/openapi.json").json()["paths"]

    routes = {path: {method.lower() for method in methods} for path, methods in app.routes.items() if methods}
    assert {path: set(operations) for path, operations in described.items()} == routes


def test_the_description_names_the_role_that_each_operation_needs(client: Client) -> None:
    described = {
        (method.upper(), path): "".join(role for each in operation["security"] for role in each["acceso"])
        for path, operations in client.get("/openapi.json").json()["paths"].items()
        for method, operation in operations.items()
    }

    assert described == RULES


# ---- who may do what -------------------------------------------------------------------------------------------


def test_a_route_is_for_its_role_and_those_above(fakes: FakeServices) -> None:
    del fakes
    for role in (None, *ROLES):
        for (method, path), needed in RULES.items():
            status = Client(app, role=role).request(method, path.replace("{id}", "x")).status
            if needed == ANYBODY or (role is not None and ROLES.index(role) >= ROLES.index(needed)):
                assert status not in {401, 403}, (role, method, path)
            else:
                assert status == (403 if role else 401), (role, method, path)


def test_a_demonstration_lets_everybody_in(fakes: FakeServices) -> None:
    fakes.settings = replace(fakes.settings, is_demo=True)

    assert Client(app).get("/cola").status == 200


def test_a_demonstration_writes_to_no_stranger(fakes: FakeServices) -> None:
    fakes.settings = replace(fakes.settings, is_demo=True)
    anybody = Client(app)

    refused = anybody.post("/notify/email", json={**MAIL, "to": "victima@gmail.com"})

    assert (refused.status, errors(refused)) == (422, [("to", "demo")])
    assert not fakes.queue.sent
    assert anybody.post("/notify/email", json={**MAIL, "to": "Ana@Example.com"}).status == 202


# ---- POST /notify/email ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["http_api_1", "http_api_2", "rest"])
@pytest.mark.usefixtures("fakes")
def test_a_mail_is_queued_and_can_be_looked_at(door: str) -> None:
    client = Client(app, door, role="admin")

    answer = client.post("/notify/email", json=MAIL)

    assert answer.status == 202
    assert answer.json()["estado"] == "pendiente"
    assert answer.headers["Location"] == f"/correos/{answer.json()['id']}"
    assert client.get(answer.headers["Location"]).json() == answer.json()


def test_the_queued_message_becomes_the_mail(client: Client, fakes: FakeServices) -> None:
    id_ = client.post("/notify/email", json=MAIL).json()["id"]
    [body] = fakes.queue.sent

    assert fakes.sender.process(body) is None

    [taken] = fakes.mailer.taken
    assert (taken.mail.destinatario, taken.content.asunto) == ("ana@example.com", "Reunión")
    assert client.get(f"/correos/{id_}").json()["estado"] == "enviado"


def test_the_largest_mail_fits_into_a_queue_message(client: Client, fakes: FakeServices) -> None:
    answer = client.post("/notify/email", json={**MAIL, "body": "\U0001f600" * 100_000})

    assert answer.status == 202
    assert len(fakes.queue.sent[0].encode()) < 1024 * 1024


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"to": "ana"}, [("to", "formato")]),
        ({"to": "ana@example.com\nBcc: x@example.com"}, [("to", "formato")]),
        ({"to": "a@example.com,b@example.com"}, [("to", "formato")]),
        ({"to": "a" * 243 + "@example.com"}, [("to", "formato")]),
        ({"to": None}, [("to", "tipo")]),
        ({"to": ["ana@example.com"]}, [("to", "tipo")]),
        ({"subject": ""}, [("subject", "longitud")]),
        ({"subject": " "}, [("subject", "longitud")]),
        ({"subject": "x" * 201}, [("subject", "longitud")]),
        ({"subject": "Hola\r\nBcc: x@example.com"}, [("subject", "caracteres")]),
        ({"subject": "Hola\u2028"}, [("subject", "caracteres")]),
        ({"subject": 7}, [("subject", "tipo")]),
        ({"body": ""}, [("body", "longitud")]),
        ({"body": "x" * 100_001}, [("body", "longitud")]),
        ({"body": "\x00"}, [("body", "caracteres")]),
        ({"body": "\uffff"}, [("body", "caracteres")]),
        ({"body": {}}, [("body", "tipo")]),
        ({"cc": "eva@example.com"}, [("cc", "desconocido")]),
        (
            {"bcc": 1, "body": "\x01" * 100_001, "subject": False, "to": ""},
            [
                ("to", "formato"),
                ("subject", "tipo"),
                ("body", "longitud"),
                ("body", "caracteres"),
                ("bcc", "desconocido"),
            ],
        ),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_mail_that_breaks_rules_is_refused_with_all_of_them(
    client: Client, fakes: FakeServices, change: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    answer = client.post("/notify/email", json={**MAIL, **change})

    assert (answer.status, errors(answer)) == (422, expected)
    assert not fakes.queue.sent


@pytest.mark.parametrize(
    "change",
    [
        {"to": "a" * 64 + "@example.com"},
        {"to": "o'brien+hr@sub.example.co.uk"},
        {"subject": "x" * 200},
        {"subject": "<b>¡Hola!</b> \U0001f600"},
        {"body": "x"},
        {"body": "x" * 100_000},
        {"body": "\tuno\r\ndos"},
    ],
    ids=lambda change: str(change)[:50],
)
def test_a_mail_at_the_edge_of_the_rules_is_queued(client: Client, change: dict[str, str]) -> None:
    assert client.post("/notify/email", json={**MAIL, **change}).status == 202


def test_a_mail_without_fields_is_told_all_that_is_missing(client: Client) -> None:
    answer = client.post("/notify/email", json={})

    assert errors(answer) == [("to", "obligatorio"), ("subject", "obligatorio"), ("body", "obligatorio")]


@pytest.mark.parametrize("data", [[], "x", 1, [MAIL]])
def test_a_mail_that_is_no_object_is_refused(client: Client, data: object) -> None:
    assert errors(client.post("/notify/email", json=data)) == [("", "tipo")]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [(b"{", "application/json", 400), (b"\xff", "application/json", 400), (b"to=a", "text/plain", 415)],
)
def test_a_mail_that_is_no_json_is_refused(client: Client, body: bytes, content_type: str, status: int) -> None:
    assert client.post("/notify/email", body=body, content_type=content_type).status == status


def test_errors_are_told_in_the_language_of_the_client(client: Client) -> None:
    answers = [
        client.post("/notify/email", json={**MAIL, "to": "x"}, headers={"Accept-Language": language})
        for language in ("es", "en")
    ]

    assert [answer.json()["errores"][0]["mensaje"] for answer in answers] == [
        "Debe ser una dirección de correo.",
        "It must be an e-mail address.",
    ]


def test_a_queue_that_does_not_answer_closes_the_mail_and_says_that_nothing_was_done(
    client: Client, fakes: FakeServices
) -> None:
    fakes.queue.is_down = True

    answer = client.post("/notify/email", json=MAIL)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["resultado_desconocido"] is False
    [row] = fakes.ledger.newest(estado=None, empleado=None, before=None, limit=9)
    assert (row.estado, row.motivo) == (State.FAILED, "SinEncolar")


def test_a_message_that_reached_the_queue_after_all_sends_nothing_once_the_client_was_told_so(
    client: Client, fakes: FakeServices
) -> None:
    fakes.queue.before_the_answer_is_lost = lambda _: None

    assert client.post("/notify/email", json=MAIL).status == 503
    assert fakes.sender.process(fakes.queue.sent[0]) is None

    assert fakes.mailer.calls == 0


def test_a_mail_that_a_consumer_has_already_is_accepted_although_the_queue_did_not_answer(
    client: Client, fakes: FakeServices
) -> None:
    fakes.queue.before_the_answer_is_lost = fakes.sender.process

    answer = client.post("/notify/email", json=MAIL)

    assert answer.status == 202
    assert client.get(f"/correos/{answer.json()['id']}").json()["estado"] == "enviado"


def test_an_outcome_that_nobody_knows_is_called_so(client: Client, fakes: FakeServices) -> None:
    def lose_the_ledger(_: str) -> None:
        fakes.ledger.is_down = True

    fakes.queue.before_the_answer_is_lost = lose_the_ledger

    answer = client.post("/notify/email", json=MAIL)

    assert (answer.status, answer.json()["resultado_desconocido"]) == (503, True)
    assert ID.fullmatch(answer.json()["correo"])


# ---- GET /correos ----------------------------------------------------------------------------------------------


@pytest.fixture
def twelve_mails(client: Client, fakes: FakeServices) -> list[str]:
    """The ids of twelve mails, newest first."""
    ids = []
    for _ in range(12):
        ids.append(client.post("/notify/email", json=MAIL).json()["id"])
        fakes.clock.advance(timedelta(seconds=1))
    return ids[::-1]


def test_mails_are_listed_page_by_page(client: Client, twelve_mails: list[str]) -> None:
    path: str | None = "/correos?limite=5"
    pages = []
    while path:
        answer = client.get(path)
        pages.append([mail["id"] for mail in answer.json()])
        link = re.fullmatch(r'<(.+)>; rel="next"', answer.headers.get("Link", ""))
        path = link and link[1]

    assert pages == [twelve_mails[:5], twelve_mails[5:10], twelve_mails[10:]]


def test_a_page_that_is_exactly_full_is_the_last(client: Client, twelve_mails: list[str]) -> None:
    answer = client.get("/correos?limite=12")

    assert len(answer.json()) == len(twelve_mails)
    assert "Link" not in answer.headers


def test_the_next_page_keeps_the_filter(client: Client, fakes: FakeServices, twelve_mails: list[str]) -> None:
    for body in fakes.queue.sent[::2]:
        fakes.sender.process(body)

    first = client.get("/correos?estado=enviado&limite=4")
    path = first.headers["Link"].partition(">")[0].removeprefix("<")
    second = client.get(path)

    listed = [*first.json(), *second.json()]
    assert [mail["id"] for mail in listed] == twelve_mails[1::2]
    assert {mail["estado"] for mail in listed} == {"enviado"}


@pytest.mark.usefixtures("twelve_mails")
def test_the_mails_of_an_event_and_of_an_employee_are_found(
    client: Client, fakes: FakeServices, contract: Callable[..., dict[str, Any]]
) -> None:
    fakes.sender.process(json.dumps(contract("creado")))
    fakes.clock.advance(timedelta(seconds=1))
    fakes.sender.process(json.dumps(contract("eliminado")))

    of_event = client.get("/correos", query={"evento": contract("creado")["id"]}).json()
    of_employee = client.get("/correos?empleado=7").json()

    assert [mail["tipo"] for mail in of_event] == ["creado"]
    assert [mail["tipo"] for mail in of_employee] == ["eliminado", "creado"]


@pytest.mark.parametrize("by", ["evento", "empleado"])
def test_filters_are_combined(
    client: Client, fakes: FakeServices, contract: Callable[..., dict[str, Any]], by: str
) -> None:
    fakes.mailer.plan.append("refuses")
    fakes.sender.process(json.dumps(contract()))
    value = {"evento": contract()["id"], "empleado": "7"}[by]

    found = [client.get("/correos", query={by: value, "estado": estado}).json() for estado in ("fallido", "enviado")]
    others = client.get("/correos", query={"evento": contract()["id"], "empleado": "8"}).json()

    assert [len(mails) for mails in (*found, others)] == [1, 0, 0]


def test_a_forged_cursor_only_begins_the_list_elsewhere(client: Client, twelve_mails: list[str]) -> None:
    cursor = f"9999-99-99T99:99:99.999999Z_{'f' * 36}_{'f' * 32}"

    assert [mail["id"] for mail in client.get("/correos", query={"cursor": cursor}).json()] == twelve_mails


def test_the_mails_of_an_event_are_listed_page_by_page_too(
    client: Client, fakes: FakeServices, contract: Callable[..., dict[str, Any]]
) -> None:
    fakes.notify_to = ("a@example.com", "b@example.com", "c@example.com")
    fakes.sender.process(json.dumps(contract()))

    first = client.get("/correos", query={"evento": contract()["id"], "limite": "2"})
    second = client.get(first.headers["Link"].partition(">")[0].removeprefix("<"))

    assert len({mail["id"] for mail in [*first.json(), *second.json()]}) == 3
    assert "Link" not in second.headers


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limite=0", [("limite", "formato")]),
        ("limite=201", [("limite", "formato")]),
        ("limite=-1", [("limite", "formato")]),
        ("limite=1e2", [("limite", "formato")]),
        ("limite=%2B5", [("limite", "formato")]),
        ("limite=%D9%A5", [("limite", "formato")]),
        ("limite=", [("limite", "formato")]),
        ("limite=1&limite=2", [("limite", "repetido")]),
        ("estado=perdido", [("estado", "formato")]),
        ("estado=ENVIADO", [("estado", "formato")]),
        ("evento=7", [("evento", "formato")]),
        ("empleado=0", [("empleado", "formato")]),
        ("empleado=9223372036854775808", [("empleado", "formato")]),
        ("empleado=99999999999999999999999", [("empleado", "formato")]),
        ("cursor=", [("cursor", "formato")]),
        ("cursor=x", [("cursor", "formato")]),
        ("cursor=2026-11-24T12:00:00.000000Z", [("cursor", "formato")]),
        ("cursor=MjAyNi0xMS0yNA", [("cursor", "formato")]),
        ("orden=fecha", [("orden", "desconocido")]),
        (
            "x=1&estado=a&evento=b&empleado=c&limite=d&cursor=e",
            [
                ("x", "desconocido"),
                ("estado", "formato"),
                ("evento", "formato"),
                ("empleado", "formato"),
                ("limite", "formato"),
                ("cursor", "formato"),
            ],
        ),
    ],
)
def test_a_question_that_breaks_rules_is_refused_with_all_of_them(
    client: Client, query: str, expected: list[tuple[str, str]]
) -> None:
    answer = client.get(f"/correos?{query}")

    assert (answer.status, errors(answer)) == (422, expected)


def test_a_mail_is_shown_with_all_that_is_known(
    client: Client, fakes: FakeServices, contract: Callable[..., dict[str, Any]]
) -> None:
    fakes.sender.process(json.dumps(contract()))
    [mail] = client.get("/correos").json()

    assert mail == {
        "id": mail["id"],
        "evento": contract()["id"],
        "tipo": "creado",
        "empleado": 7,
        "destinatario": "rrhh@example.com",
        "asunto": "Alta: Ana Pérez, Analista",
        "estado": "enviado",
        "motivo": None,
        "envios": 1,
        "mensaje_id": "ses-1",
        "creado_en": "2026-11-24T12:00:00.000000Z",
        "actualizado_en": "2026-11-24T12:00:00.000000Z",
    }
    assert client.get(f"/correos/{mail['id']}").json() == mail


@pytest.mark.parametrize(
    "id_",
    ["7", "x_y", "0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11_" + "0" * 32, "%2e%2e", "a" * 5000, "ñ", "<script>"],
    ids=lambda id_: id_[:20],
)
def test_a_mail_that_does_not_exist_is_not_found(client: Client, id_: str) -> None:
    assert client.get(f"/correos/{id_}").status == 404


# ---- the queue -------------------------------------------------------------------------------------------------


def test_the_queue_is_counted(client: Client, fakes: FakeServices) -> None:
    client.post("/notify/email", json=MAIL)
    fakes.queue.dead_letters = 3

    assert client.get("/cola").json() == {
        "cola": {"visibles": 1, "en_proceso": 0, "retrasados": 0, "edad_maxima": 7},
        "fallidos": {"visibles": 3, "en_proceso": 0, "retrasados": 0, "edad_maxima": None},
    }


def test_dead_letters_are_brought_back(client: Client, fakes: FakeServices) -> None:
    fakes.queue.dead_letters = 3

    answer = client.post("/cola/reenviar")

    assert (answer.status, answer.json()) == (202, {"reenviados": 3, "quedan": 0})


# ---- AWS does not answer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/notify/email"),
        ("GET", "/correos"),
        ("GET", "/correos?estado=enviado"),
        ("GET", "/correos?evento=0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11"),
        ("GET", "/correos/0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11_" + "0" * 32),
        ("GET", "/cola"),
        ("POST", "/cola/reenviar"),
    ],
)
def test_a_part_that_does_not_answer_is_a_503_that_may_be_repeated(
    client: Client, fakes: FakeServices, method: str, path: str
) -> None:
    fakes.ledger.is_down = fakes.queue.is_down = True

    answer = client.request(method, path, json=MAIL if method == "POST" else None)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Content-Type"].startswith("application/problem+json")


# ---- handlers --------------------------------------------------------------------------------------------------


def test_the_consumer_reports_failed_messages_by_their_ids(
    fakes: FakeServices, contract: Callable[..., dict[str, Any]]
) -> None:
    event = sqs_event(json.dumps(contract("creado")), "no JSON", json.dumps(contract("eliminado")))

    with ChaliceClient(app) as client:
        answer = client.lambda_.invoke("enviar_correos", event).payload

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert len(fakes.mailer.taken) == 2


def test_an_event_of_ses_changes_the_state_of_its_mail(
    fakes: FakeServices, contract: Callable[..., dict[str, Any]]
) -> None:
    fakes.sender.process(json.dumps(contract()))
    [taken] = fakes.mailer.taken
    message = {
        "eventType": "Delivery",
        "mail": {
            "messageId": taken.mensaje_id,
            "tags": {"evento": [taken.mail.evento], "huella": [taken.mail.digest]},
        },
    }

    with ChaliceClient(app) as client:
        client.lambda_.invoke("registrar_resultado", client.events.generate_sns_event(json.dumps(message)))

    assert fakes.ledger.read(taken.mail.evento, taken.mail.digest).estado is State.DELIVERED


def test_the_queued_message_is_one_that_the_consumer_reads(client: Client, fakes: FakeServices) -> None:
    client.post("/notify/email", json=MAIL)

    assert isinstance(read_message(fakes.queue.sent[0]), DirectMail)
