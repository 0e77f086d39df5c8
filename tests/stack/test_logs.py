"""Nothing about a person, and no secret, is in any log: markers go every way there is, and all logs are searched."""

from __future__ import annotations

import json
import sys
from typing import Any

import httpx

from chalice_devserver.project import LOCAL_ACCOUNT
from local import resources
from local.sign_in import user_of
from tests.support.roles import RULES
from tests.support.waiting import PATIENCE_SECONDS

# None of them is part of an ordinary line.
SALARY = "7654321.09"
EMAIL = "marca-4f1c@example.com"
OTHER_EMAIL = "otra-marca-9b2e@example.com"
NAME = "Marcada Zzyzx"
WORD = "Qwertzuiop"
TOKEN = "eyJhbGciOiJub25lIn0.eyJtYXJjYSI6MX0.ZmlybWE"
PASSWORD = "Equivocada-2-marca"
COOKIE = "galletamarcada77"
WHOLE_EVENT = (
    "requestContext",
    "rawPath",
    "multiValueHeaders",
    "ocurrido_en",
    "fecha_contratacion",
    "receiptHandle",
)
MARKERS = (SALARY, "7654321", EMAIL, OTHER_EMAIL, NAME, WORD, TOKEN, PASSWORD, COOKIE)
# Lines of `make run` that are no log, and that AWS has none of: the postbox, and the table of who may sign in.
NO_LOG = ("aws        │ ✉", *(f"  {role}" for role in ("lector ", "rrhh ", "admin ")))

EMPLOYEE: dict[str, Any] = {"nombre": NAME, "email": EMAIL, "posicion": WORD, "salario": float(SALARY)}
BODIES: tuple[bytes, ...] = (
    json.dumps(EMPLOYEE).encode(),
    json.dumps({**EMPLOYEE, "email": OTHER_EMAIL}).encode(),
    json.dumps({**EMPLOYEE, "salario": SALARY, "email": f"{EMAIL} {WORD}", WORD: NAME}).encode(),
    json.dumps({"to": EMAIL, "subject": NAME, "body": f"{WORD} {SALARY}"}).encode(),
    json.dumps({"to": f"{EMAIL}\n", "subject": NAME * 99, "body": "", WORD: 1}).encode(),
    json.dumps(EMPLOYEE).encode()[:-1],
    f'{{"{WORD}": 1, "{WORD}": "{EMAIL}"}}'.encode(),
    json.dumps([EMPLOYEE]).encode() + b"\xff",
)
HEADERS: tuple[dict[str, str], ...] = (
    {"Content-Type": f"text/plain; x={WORD}"},
    {"If-Match": f'"{WORD}"', "If-None-Match": f'"{WORD}"', "User-Agent": EMAIL, "Referer": f"http://x/?q={EMAIL}"},
    {"If-Match": WORD, "Accept-Language": WORD, "Cookie": f"__Host-acceso={COOKIE}; otra={COOKIE}"},
)
QUERIES = (f"?q={NAME}&posicion={WORD}", f"?orden={WORD}&cursor={WORD}&limite={WORD}&{WORD}={EMAIL}")
PATHS = ("/{}", "/empleados/{}", "/empleados/{}/eventos", "/correos/{}", "/static/{}", "/sesion/{}", "/health?deep={}")


def provoke_logs(stack):
    """Send everything; the result is what else must not be found."""
    tokens = {role: stack.authorization(role) for role in ("lector", "admin")}
    for authorization in (*tokens.values(), f"Bearer {TOKEN}", f"Basic {TOKEN}", None):
        send_requests(stack.url, {"Authorization": authorization} if authorization else {})
    for port in ("CRUD_PORT", "EMAIL_PORT"):
        send_requests(stack.address(port), {"Authorization": f"Bearer {TOKEN}"})
    sign_in_wrongly(stack)
    break_the_queues(stack)
    stack.wait_for("the mails", lambda: stack.mails_about(NAME))
    forget_people(stack)
    stack.wait_for("empty queues", stack.has_empty_queues)
    return [token.rpartition(".")[2] for token in tokens.values()] + list(stack.sign_in().passwords.values())


def send_requests(base, headers):
    """Every operation with each body, each header and each query; and addresses that are none."""
    client = httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS)
    created = client.post("/empleados", json=EMPLOYEE)
    own_id = created.json()["id"] if created.status_code == 201 else 999999999
    for method, route in RULES:
        path = route.replace("{id}", str(own_id))
        for content in BODIES if method in {"POST", "PUT"} else ():
            client.request(method, path, content=content, headers={"Content-Type": "application/json"})
        for more in HEADERS:
            client.request(method, path, content=BODIES[1], headers=more)
        for query in QUERIES:
            client.request(method, path + query, json={})
    for path in PATHS:
        for marker in (EMAIL, WORD, TOKEN, SALARY):
            client.get(path.format(marker))
    client.delete(f"/empleados/{own_id}")
    client.close()


def sign_in_wrongly(stack):
    """At the issuer's own form, with a wrong password and with a right one."""
    sign_in = stack.sign_in()
    query = {"client_id": sign_in.page_client, "response_type": "code", "redirect_uri": f"{stack.url}/sesion/vuelta"}
    fields = {**query, "scope": "openid", "state": WORD}
    for user, password in ((EMAIL, PASSWORD), (user_of("admin"), PASSWORD), *sign_in.passwords.items()):
        with httpx.Client(base_url=sign_in.endpoint, trust_env=False, timeout=PATIENCE_SECONDS) as client:
            client.get("/oauth2/authorize", params=fields)
            answer = client.post("/login", data={**fields, "username": user, "password": password})
            assert answer.status_code < 500
            if "code=" in answer.headers.get("location", ""):
                client.get(answer.headers["location"], headers={"Cookie": f"__Host-entrada={COOKIE}"})


def forget_people(stack):
    """A command that knows people; what it prints counts as a log."""
    newest = stack.http.get("/eventos?limite=1").json()[0]["empleado"]["id"]
    for way in (["--email", EMAIL], ["--id", str(newest)], ["--months", "1"]):
        for variables in ({}, {"YES": "1"}):
            done = stack.run(sys.executable, "-m", "tools.forget", "--laptop", *way, **variables)
            with stack.log.open("a") as log:
                log.write(done.stdout + done.stderr)


def break_the_queues(stack):
    """Unreadable messages, and feedback about emails that were never sent."""
    sns, sqs = stack.client("sns"), stack.client("sqs")
    queue = sqs.get_queue_url(QueueName=resources.QUEUE)["QueueUrl"]
    event = {"version": 1, "id": WORD, "tipo": NAME, "actor": EMAIL, "empleado": EMPLOYEE}
    bounce = {"eventType": "Bounce", "mail": {"destination": [EMAIL], "tags": {WORD: [NAME]}}, "bounce": {WORD: EMAIL}}
    arn = f"arn:aws:sns:us-east-1:{LOCAL_ACCOUNT}:{resources.FEEDBACK_TOPIC}"
    for body in (json.dumps(event), f"{EMAIL} {SALARY}"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    for message in (json.dumps(bounce), EMAIL):
        sns.publish(TopicArn=arn, Message=message)
    for said in ("[Cola] Mensaje ilegible", "[SES] Evento ignorado"):
        stack.wait_for(said, lambda said=said: stack.log.read_text().count(said) >= 2)
    sqs.purge_queue(QueueUrl=queue)


def test_no_log_holds_what_was_sent_or_a_whole_event(stack):
    forbidden = (*MARKERS, *WHOLE_EVENT, *provoke_logs(stack))
    logs = [stack.log, stack.state / "postgres" / "log"]
    lines = [line for log in logs for line in log.read_text(errors="replace").splitlines()]

    found = [line for line in lines if not line.startswith(NO_LOG) and any(text in line for text in forbidden)]

    assert len(lines) > 1000
    for said in ("[SNS] Publicado", "emails emptied in the ledger", "[SES] Enviado"):
        assert any(said in line for line in lines), said
    assert found == []
