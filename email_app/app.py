"""Sends the mails of the queue, records what became of each, and shows it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chalice.app import Response

from chalice_frontdoor import FrontDoor, Problem, read_json
from chalice_frontdoor.idempotency import key_in_flight, key_reused, read_key
from chalicelib.correos import problems, roles
from chalicelib.correos.aws import AwsUnavailable
from chalicelib.correos.bootstrap import bootstrap
from chalicelib.correos.consumer import Received
from chalicelib.correos.direct_mail import MailOutcomeUnknown, check_request, queue_mail_once
from chalicelib.correos.field_errors import InvalidFields
from chalicelib.correos.idempotency import KeyInFlight, KeyReused, requested
from chalicelib.correos.mail_query import CorreoNotFound, as_dict, check_query, find_mail, list_mails
from chalicelib.correos.openapi import read_openapi
from chalicelib.correos.ses_feedback import record_result

if TYPE_CHECKING:
    from chalice.app import SNSEvent, SQSEvent

app = FrontDoor(app_name="email_app", languages=("es", "en"))
app.on_snapshot(before=bootstrap.prepare, after=bootstrap.forget)
roles.guard(app, is_demo=lambda: bootstrap.services().settings.is_demo)


@app.route("/health", methods=["GET"])
def get_health() -> dict[str, str]:
    """Touches nothing."""
    return {"estado": "ok"}


@app.route("/openapi.json", methods=["GET"])
def get_openapi() -> Response:
    return Response(read_openapi(), headers={"Content-Type": "application/json"})


@app.route("/notify/email", methods=["POST"])
def post_email() -> Response:
    services = bootstrap.services()
    settings, request = services.settings, app.current_request
    clave, body = read_key(request.headers), read_json(request)
    message = check_request(body, id=services.new_id(), now=services.now(), is_demo=settings.is_demo)
    correo = queue_mail_once(
        message,
        requested(app.caller.name, clave, message),
        peticiones=services.peticiones,
        ledger=services.ledger,
        queue=services.queue,
        settings=settings,
    )
    return Response(as_dict(correo), headers={"Location": f"/correos/{correo.id}"}, status_code=202)


@app.route("/correos", methods=["GET"])
def get_emails() -> Response:
    parameters = app.current_request.query_params
    consulta = check_query({name: parameters.getlist(name) for name in parameters} if parameters else {})
    pagina = list_mails(bootstrap.services().ledger, consulta)
    response = Response([as_dict(correo) for correo in pagina.correos])
    if pagina.next_query:
        response.headers["Link"] = f'</correos?{pagina.next_query}>; rel="next"'
    return response


@app.route("/correos/{id}", methods=["GET"])
def get_email(id: str) -> dict[str, object]:  # noqa: A002 - Chalice takes the name from the route
    return as_dict(find_mail(bootstrap.services().ledger, id))


@app.route("/cola", methods=["GET"])
def get_queue() -> dict[str, object]:
    cola, fallidos = bootstrap.services().queue.depths()
    return {"cola": asdict(cola), "fallidos": asdict(fallidos)}


@app.route("/cola/reenviar", methods=["POST"])
def post_redrive() -> Response:
    return Response(asdict(bootstrap.services().queue.redrive()), status_code=202)


@app.on_sqs_message(queue="crud-app-email-queue", batch_size=10)
def enviar_correos(event: SQSEvent) -> dict[str, Any]:
    """Answer with the messages that must come again, so that one that fails does not bring its neighbours back."""
    records = [record.to_dict() for record in event]
    messages = [
        Received(message_id=record["messageId"], receipt_handle=record["receiptHandle"], body=record["body"])
        for record in records
    ]
    failed = bootstrap.services().sender.process_batch(messages)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


@app.on_sns_message(topic="crud-app-ses-feedback")
def registrar_resultado(event: SNSEvent) -> None:
    services = bootstrap.services()
    record_result(services.ledger, event.message, services.now)


@app.problem_for(InvalidFields)
def invalid_fields(error: InvalidFields) -> Problem:
    return problems.invalid_fields(error)


@app.problem_for(KeyInFlight)
def request_in_flight(_error: KeyInFlight) -> Problem:
    return key_in_flight()


@app.problem_for(KeyReused)
def key_of_another_request(_error: KeyReused) -> Problem:
    return key_reused()


@app.problem_for(CorreoNotFound)
def correo_not_found(_error: CorreoNotFound) -> Problem:
    return problems.correo_not_found()


@app.problem_for(AwsUnavailable)
def aws_unavailable(_error: AwsUnavailable) -> Problem:
    return problems.aws_unavailable()


@app.problem_for(MailOutcomeUnknown)
def outcome_unknown(error: MailOutcomeUnknown) -> Problem:
    return problems.outcome_unknown(error)
