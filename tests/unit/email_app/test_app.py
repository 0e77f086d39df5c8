"""The routes and handlers, through the front doors and as Lambda calls them."""

import json
import re

import boto3
import pytest

from chalice_frontdoor.testing.client import Client
from chalicelib.correos.aws import SqsQueue, client_config
from chalicelib.correos.mail import State
from contract.roles import ROLES
from email_app.app import RULES, app
from tests.unit.email_app.fakes import event_id, golden, mail, ses_event

MAIL = {"to": "ana@example.com", "subject": "Reunión", "body": "A las diez.\n"}
UNKNOWN_ID = "0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11_" + "0" * 32


@pytest.fixture
def client(fakes):  # noqa: ARG001 - the app that it reaches
    return Client(app, role="admin")


def test_health_touches_nothing(fakes):
    fakes.ledger = fakes.queue = fakes.users = None

    for door in ("http_api_1", "http_api_2", "chalice_local"):
        answer = Client(app, door).get("/health")
        assert (answer.status, answer.json()) == (200, {"estado": "ok"}), door


def test_the_description_names_every_route_with_its_role_and_a_weaker_role_is_refused(client):
    described = {
        (method.upper(), path): "".join(role for each in operation["security"] for role in each["acceso"])
        for path, operations in client.get("/openapi.json").json()["paths"].items()
        for method, operation in operations.items()
    }

    assert described == RULES
    assert described.keys() == {(method, path) for path, methods in app.routes.items() for method in methods}
    assert {rule for rule, role in RULES.items() if not role} == {("GET", "/health"), ("GET", "/openapi.json")}
    for (method, path), role in RULES.items():
        for weaker in ROLES[: ROLES.index(role)] if role else ():
            assert Client(app, role=weaker).request(method, path).status == 403, (method, path)


# ---- GET /correos ----------------------------------------------------------------------------------------------


def pages(client, path):
    """The ids of the pages from this path on."""
    found = []
    while path:
        answer = client.get(path)
        found.append([row["id"] for row in answer.json()])
        link = re.fullmatch(r'<(.+)>; rel="next"', answer.headers.get("Link", ""))
        path = link and link[1]
    return found


def test_emails_are_listed_page_by_page_with_their_filter(client, fakes):
    rows = [fakes.ledger.create(mail(n, state=State.SENT if n % 2 else State.FAILED)) for n in range(12)]
    ids = [row.id for row in reversed(rows)]
    event = "&evento=" + fakes.ledger.create(mail(99, "eva@example.com", event_id=rows[0].event_id)).event_id

    assert pages(client, "/correos?limite=5&empleado=7")[1:] == [ids[4:9], ids[9:]]
    assert pages(client, "/correos?limite=12&estado=enviado") == [ids[::2]]
    assert pages(client, "/correos?limite=3&estado=fallido") == [ids[1::2][:3], ids[1::2][3:]]
    assert pages(client, f"/correos?limite=2&estado=fallido{event}") == [[rows[0].id]]
    assert len(pages(client, f"/correos?limite=1{event}")) == 2
    assert pages(client, f"/correos?empleado=8{event}") == [[]]
    both = "estado=fallido&estado=enviado"
    assert pages(client, f"/correos?limite=7&{both}")[1:] == [ids[7:]]
    assert client.get(f"/correos/total?{both}").json() == {"total": 12, "exacto": True}
    assert client.get(f"/correos/total?estado=fallido{event}").json() == {"total": 1, "exacto": True}
    assert client.get("/correos/total?limite=5").status == 422
    forged = f"/correos?limite=3&cursor=9999-99-99T99:99:99.999999Z_{UNKNOWN_ID}"
    assert pages(client, forged) == pages(client, "/correos?limite=3"), "it only begins the list elsewhere"


def test_emails_are_counted_as_far_as_a_badge_needs_it(client, fakes):
    for number in range(201):
        fakes.ledger.create(mail(number, state=State.BOUNCED))

    assert client.get("/correos/total?estado=rebotado").json() == {"total": 200, "exacto": False}


def test_a_query_that_breaks_rules_is_refused_with_all_of_them(client):
    def errors(query):
        answer = client.get(f"/correos?{query}")
        assert answer.status == 422, query
        return [(error["campo"], error["regla"]) for error in answer.json()["errores"]]

    for name, values in {
        "limite": ["0", "201", "-1", "1e2", "%2B5", "%D9%A5", ""],
        "estado": ["perdido", "ENVIADO"],
        "evento": ["7"],
        "empleado": ["0", "9223372036854775808", "99999999999999999999999"],
        "cursor": ["", "x", "2026-11-24T12:00:00.000000Z", "MjAyNi0xMS0yNA"],
    }.items():
        for value in values:
            assert errors(f"{name}={value}") == [(name, "formato")], value
    several = [("estado", "formato"), ("limite", "repetido"), ("cursor", "formato"), ("x", "desconocido")]
    assert errors("x=1&estado=a&limite=1&limite=2&cursor=e") == several


def test_an_email_is_shown_with_all_that_is_known(client, fakes):
    fakes.sender.process(json.dumps(golden()))
    [row] = client.get("/correos").json()

    assert row == {
        "id": row["id"],
        "evento": golden()["id"],
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
    assert client.get(f"/correos/{row['id']}").json() == row


def test_an_email_that_does_not_exist_is_not_found(client):
    for id_ in ("7", "x_y", UNKNOWN_ID, "%2e%2e", "a" * 5000, "ñ", "<script>"):
        assert client.get(f"/correos/{id_}").status == 404, id_[:20]


# ---- the queue -------------------------------------------------------------------------------------------------


def test_dead_letters_are_inspected_resent_and_dropped_one_by_one(client, fakes, queue):
    direct = client.post("/notify/email", json=MAIL).json()["evento"]
    events = (golden(), golden(id="secreto"), golden("lote"), *(golden(id=event_id(number)) for number in range(2, 10)))
    for body in (*fakes.queue.sent, *map(json.dumps, events)):
        queue.sqs.send_message(QueueUrl=queue.dlq_url, MessageBody=body)
    fakes.queue = queue

    letters = {letter["evento"]: letter for letter in client.get("/cola/fallidos").json()}

    assert len(letters) == 12
    assert {letter["intentos"] for letter in letters.values()} == {1}
    assert all(re.fullmatch(r"20\d\d-.+\.\d{6}Z", letter["recibido_en"]) for letter in letters.values())
    members = ("motivo", "detalle", "tipo", "empleado")
    assert [
        [letters[event][name] for name in members] for event in (golden()["id"], direct, golden("lote")["id"], None)
    ] == [
        ["sin_enviar", None, "creado", 7],
        ["sin_enviar", None, "directo", None],
        ["sin_enviar", None, "lote", None],
        ["ilegible", "id is not a UUID", None, None],
    ]
    resent, dropped = (letters[event]["id"] for event in (direct, None))
    answer = client.post(f"/cola/fallidos/{resent}/reenviar")
    assert (answer.status, answer.json()) == (202, letters[direct] | {"intentos": 2})
    assert client.delete(f"/cola/fallidos/{dropped}").status == 204
    assert client.get("/cola").json()["cola"]["visibles"] == 1
    left = {letter["evento"] for letter in client.get("/cola/fallidos").json()}
    assert left == letters.keys() - {direct, None}
    for answer in (client.post(f"/cola/fallidos/{dropped}/reenviar"), client.delete(f"/cola/fallidos/{resent}")):
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert (client.post("/cola/reenviar").status, client.get("/cola/fallidos").json()) == (202, [])


def test_a_part_that_does_not_answer_is_a_503_that_may_be_repeated(client, fakes, closed_port):
    url = f"http://127.0.0.1:{closed_port}"
    clients = (boto3.client(name, endpoint_url=url, config=client_config(attempts=1)) for name in ("sqs", "cloudwatch"))
    fakes.queue = SqsQueue(*clients, f"{url}/cola", f"{url}/dlq")
    calls = [("GET", "/cola"), ("GET", "/cola/fallidos"), ("POST", "/cola/reenviar"), ("DELETE", "/cola/fallidos/m1")]
    answers = [client.request(*call) for call in calls]
    answers.append(client.post("/notify/email", json=MAIL))
    fakes.ledger.is_down = True
    answers.append(client.post("/notify/email", json=MAIL))
    answers += [
        client.get(path) for path in ("/correos", f"/correos?evento={UNKNOWN_ID[:36]}", f"/correos/{UNKNOWN_ID}")
    ]

    for answer in answers:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert answer.headers["Content-Type"].startswith("application/problem+json")


# ---- handlers --------------------------------------------------------------------------------------------------


def test_the_consumer_reports_failed_messages_by_their_ids(client, fakes):
    bodies = [json.dumps(golden()), "no JSON", json.dumps(golden("eliminado"))]
    [record, _] = golden("aws/sqs")["Records"]
    event = {"Records": [record | {"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}

    answer = client.lambda_.invoke("enviar_correos", event).payload

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert len(fakes.mailer.taken) == 2


def test_an_event_of_ses_changes_the_state_of_its_email(client, fakes):
    row = fakes.ledger.create(mail(state=State.SENT))
    event = golden("aws/sns")
    event["Records"][0]["Sns"]["Message"] = ses_event("Delivery", row)

    client.lambda_.invoke("registrar_resultado", event)

    assert fakes.ledger.read(row.event_id, row.digest).state is State.DELIVERED
