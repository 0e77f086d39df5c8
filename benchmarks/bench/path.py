"""Which of our modules one `POST /empleados` passes, from the load balancer's event to the e-mail.

The three apps run in this process, each invoked with the event that AWS would send: bff_app's request reaches crud_app,
which writes to PostgreSQL, and email_app gets what crud_app published. AWS is the emulator. A module counts when one of
its functions runs during an invocation; the limit is for processes that are warm. What only a process's first request
passes (settings, composition) is listed apart.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.bench.measuring import Table, Target
from benchmarks.bench.runner import Context
from benchmarks.bench.workshop import ROOT, event
from bff_app.app import app as bff_app
from chalice_devserver.http import HttpResponse, LoopbackServer
from chalice_devserver.pump.queue import lambda_record
from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.events import event_for
from chalicelib.correos import bootstrap as correos
from chalicelib.directorio import bootstrap as directorio
from chalicelib.web import bootstrap as web
from crud_app.app import app as crud_app
from email_app.app import enviar_correos
from local.emulator import Emulator, client_of
from local.resources import CONFIGURATION_SET, LEDGER_TABLE, QUEUE, TOPIC, create_resources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from benchmarks.bench.workshop import Workshop
    from chalice_frontdoor.testing.events import Wire

MOST_MODULES = 40
OURS = ("bff_app", "crud_app", "email_app", "libs", "shared")
NOT_DEPLOYED = ("/testing/", "/chalice_devserver/")
SETTINGS = {
    "SNS_TOPIC_ARN": f"arn:aws:sns:us-east-1:000000000000:{TOPIC}", "LEDGER_TABLE": LEDGER_TABLE, "MAIL_RATE": "100",
    "SES_CONFIGURATION_SET": CONFIGURATION_SET, "EMAIL_FROM": "a@example.com", "NOTIFY_TO": "b@example.com",
    "NOTIFY_EMPLOYEE": "false", "COGNITO_CLIENT_ID": "x", "COGNITO_CLIENT_SECRET": "x",
    "COGNITO_ISSUER": "http://a.example.com/p", "COGNITO_DOMAIN": "http://a.example.com",
}  # fmt: skip
CONTEXT = Context()


class HttpApi(LoopbackServer):
    """What is before crud_app."""

    def answer(self, request: Wire) -> HttpResponse:
        sent = event_for("http_api_2", replace(request, claims=person("rrhh")), ("/empleados",))
        answer = crud_app(sent, CONTEXT)
        return HttpResponse(answer["statusCode"], [*answer["headers"].items()], answer["body"].encode())


def create_employee(sqs: Any, number: int) -> set[str]:
    """The files of ours that have a function which ran while the apps were invoked for one new employee."""
    employee = {"nombre": "Ana", "email": f"nueva{number}@bench.example.com", "posicion": "Analista", "salario": 1}
    sent = json.loads(event("POST", "/empleados", employee, door="alb_multi"))
    cookie, site = ["__Host-acceso=header.payload.signature"], ["same-origin"]
    sent["multiValueHeaders"] |= {"host": ["a.example.com"], "cookie": cookie, "sec-fetch-site": site}
    queue_url, modules = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"], set()

    def note(frame: FrameType, _event: str, _argument: object) -> None:
        if frame.f_code.co_flags & inspect.CO_OPTIMIZED:  # a function, not the body of a module or of a class
            modules.add(os.path.relpath(os.path.realpath(frame.f_code.co_filename), ROOT))

    with traced(note):
        answer = bff_app(sent, CONTEXT)
    assert answer["statusCode"] == 201, answer
    (message,) = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=20)["Messages"]
    record = lambda_record(message, f"arn:aws:sqs:us-east-1:000000000000:{QUEUE}")
    record["attributes"]["ApproximateReceiveCount"] = "1"
    with traced(note):
        assert enviar_correos({"Records": [record]}, CONTEXT) == {"batchItemFailures": []}
    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return {name for name in modules if name.startswith(OURS) and not any(each in name for each in NOT_DEPLOYED)}


@contextmanager
def traced(note: Any) -> Iterator[None]:
    """Have ``note`` called at each call in this thread and in those that start meanwhile."""
    before = sys.gettrace()
    threading.settrace(note)
    sys.settrace(note)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(before)


def forget_what_was_made() -> None:
    """What the apps make once in a process belongs to the environment of that moment."""
    for made in (web.client, web.services, directorio.system, correos.services):
        made.forget()


@contextmanager
def running_apps(workshop: Workshop) -> Iterator[Any]:
    """The environment of the apps, and AWS, for the length of a ``with`` block; its value is a client of the queue."""
    server, before = HttpApi(max_request_bytes=10_000), dict(os.environ)
    server.start()
    with Emulator(workshop.folder / "emulator.log") as emulator:
        create_resources(partial(client_of, endpoint=emulator.endpoint))
        urls = dict.fromkeys(("EMAIL_QUEUE_URL", "EMAIL_DLQ_URL"), f"{emulator.endpoint}/000000000000/{QUEUE}")
        urls |= dict.fromkeys(("CRUD_API_URL", "EMAIL_API_URL"), f"http://127.0.0.1:{server.port}")
        os.environ |= emulator.environment | urls | SETTINGS | {"DATABASE_URL": workshop.address()}
        forget_what_was_made()
        try:
            yield client_of("sqs", emulator.endpoint)
        finally:
            server.stop()
            directorio.system().database.close()
            forget_what_was_made()
            os.environ.clear()
            os.environ |= before


def measure(workshop: Workshop, *, is_quick: bool) -> Table:
    del is_quick  # a count says as much as many
    target = Target("modules of a warm creation, event to e-mail", ("all", "warm"), most=MOST_MODULES)
    table = Table("The modules that one POST /empleados passes", "files", [target])
    paths: dict[str, set[str]] = {}
    with running_apps(workshop) as sqs:
        for number, name in enumerate(("first request", "warm")):
            web.client.forget()  # its worker threads start anew, with tracing on
            paths[name] = create_employee(sqs, number)
    workshop.remove_created()
    for name, modules in paths.items():
        for folder in OURS:
            table.add((folder, name), sum(module.startswith(folder) for module in modules))
        table.add(("all", name), len(modules))
    first, warm = paths.values()
    print("\n".join(sorted(warm)), f"only in a first request: {', '.join(sorted(first - warm))}", sep="\n")
    return table
