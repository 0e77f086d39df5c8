"""Which of our modules one `POST /empleados` passes, from the load balancer's event to the e-mail.

The three apps run in this process, each invoked with the event that AWS would send: bff_app's request reaches crud_app,
which writes to PostgreSQL, and email_app gets what crud_app published. AWS is a server in this process. A module counts
when one of its functions runs during an invocation; the limit is for processes that are warm. What only a process's
first request passes (settings, composition) is listed apart.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from benchmarks.bench.measuring import Table, Target
from benchmarks.bench.runner import Context
from benchmarks.bench.workshop import ROOT, event
from bff_app.app import app as bff_app
from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.events import Wire, event_for
from chalicelib.web import bootstrap
from crud_app.app import app as crud_app
from email_app.app import enviar_correos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from benchmarks.bench.workshop import Workshop

MOST_MODULES = 40
OURS = ("bff_app", "crud_app", "email_app", "libs", "shared")
# What is a server here, and what is named.
ADDRESSES = ("AWS_ENDPOINT_URL", "CRUD_API_URL", "EMAIL_API_URL", "EMAIL_QUEUE_URL", "EMAIL_DLQ_URL")
SETTINGS = {
    "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "LEDGER_TABLE": "c",
    "SNS_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:topic", "COGNITO_CLIENT_ID": "x", "COGNITO_CLIENT_SECRET": "x",
    "EMAIL_FROM": "a@example.com", "NOTIFY_TO": "b@example.com", "NOTIFY_EMPLOYEE": "false", "MAIL_RATE": "100",
    "SES_CONFIGURATION_SET": "c", "COGNITO_ISSUER": "http://a.example.com/p", "COGNITO_DOMAIN": "http://a.example.com",
}  # fmt: skip
CONTEXT = Context()


class Path:
    """What one creation passes: the files of ours that have a function of which a call began."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.published: list[str] = []
        self.mails = 0

    def note(self, frame: FrameType, _event: str, _argument: object) -> None:
        if frame.f_code.co_flags & inspect.CO_OPTIMIZED:  # a function, not the body of a module or of a class
            name = os.path.relpath(os.path.realpath(frame.f_code.co_filename), ROOT)
            if name.startswith(OURS) and "/testing/" not in name:
                self.modules.add(name)

    def create(self, number: int) -> None:
        """Invoke the apps for one new employee, tracing this thread and those that start meanwhile."""
        employee = {"nombre": "Ana", "email": f"nueva{number}@bench.example.com", "posicion": "Analista", "salario": 1}
        sent = json.loads(event("POST", "/empleados", employee, door="alb_multi"))
        cookie, site = ["__Host-acceso=header.payload.signature"], ["same-origin"]
        sent["multiValueHeaders"] |= {"host": ["a.example.com"], "cookie": cookie, "sec-fetch-site": site}
        before = sys.gettrace()
        threading.settrace(self.note)
        sys.settrace(self.note)
        try:
            answer = bff_app(sent, CONTEXT)
            assert answer["statusCode"] == 201, answer
            record = {
                "messageId": "m",
                "receiptHandle": "r",
                "body": self.published.pop(),
                "attributes": {"ApproximateReceiveCount": "1"},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:crud-app-email-queue",
            }
            assert enviar_correos({"Records": [record]}, CONTEXT) == {"batchItemFailures": []}
        finally:
            sys.settrace(before)
            threading.settrace(before)
        assert self.mails == 1


class Answer(BaseHTTPRequestHandler):
    """AWS: the HTTP API before crud_app, SNS, DynamoDB and SES."""

    protocol_version = "HTTP/1.1"
    path_of_creation: Path

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        path, body, status, headers = self.path_of_creation, b"{}", 200, {}
        if self.path == "/empleados":
            wire = Wire("POST", self.path, "", tuple(self.headers.items()), content, person("rrhh"))
            answer = crud_app(event_for("http_api_2", wire, ("/empleados",)), CONTEXT)
            body, status, headers = answer["body"].encode(), answer["statusCode"], answer["headers"]
        elif self.path.startswith("/v2/email"):
            path.mails += 1
            body = b'{"MessageId": "ses-1"}'
        elif "X-Amz-Target" not in self.headers:
            sent = parse_qs(content.decode())
            path.published.append(sent["PublishBatchRequestEntries.member.1.Message"][0])
            entry = b"<member><Id>0</Id><MessageId>sns-1</MessageId></member>"
            body = b"<r><PublishBatchResult><Successful>" + entry + b"</Successful></PublishBatchResult></r>"
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing of it is shown."""


@contextmanager
def running_apps(database_url: str) -> Iterator[type[Answer]]:
    """The environment of the apps, and AWS, for the length of a ``with`` block."""
    handler = type("Handler", (Answer,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    url, before = f"http://127.0.0.1:{server.server_port}", dict(os.environ)
    os.environ |= dict.fromkeys(ADDRESSES, url) | SETTINGS | {"DATABASE_URL": database_url}
    threading.Thread(target=server.serve_forever).start()
    try:
        yield handler
    finally:
        server.shutdown()
        server.server_close()
        os.environ.clear()
        os.environ |= before


def measure(workshop: Workshop, *, is_quick: bool) -> Table:
    del is_quick  # a count says as much as many
    target = Target("modules of a warm creation, event to e-mail", ("all", "warm"), most=MOST_MODULES)
    table = Table("The modules that one POST /empleados passes", "files", [target])
    with running_apps(workshop.address()) as handler:
        paths = {"first request": Path(), "warm": Path()}
        for number, path in enumerate(paths.values()):
            bootstrap.client.forget()  # its worker threads start anew, with tracing on
            handler.path_of_creation = path
            path.create(number)
    bootstrap.client.forget()
    workshop.remove_created()
    for name, path in paths.items():
        for folder in OURS:
            table.add((folder, name), sum(module.startswith(folder) for module in path.modules))
        table.add(("all", name), len(path.modules))
    first, warm = (path.modules for path in paths.values())
    print("\n".join(sorted(warm)), f"only in a first request: {', '.join(sorted(first - warm))}", sep="\n")
    return table
