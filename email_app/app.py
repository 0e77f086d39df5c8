"""Sends the emails of the queue, records what became of each, and shows it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalice.app import Response

from chalice_frontdoor import ANYBODY, apply_defaults, read_json
from chalice_frontdoor.idempotency import read_key
from chalice_frontdoor.logs import log_refusal
from chalice_frontdoor.openapi import describe, json_of, list_of, object_of, operation, ref
from chalicelib.correos import openapi
from chalicelib.correos.bootstrap import prepare, services
from chalicelib.correos.dead_letters import describe as describe_letter
from chalicelib.correos.direct_mail import check_request, queue_mail
from chalicelib.correos.mail_query import COUNTED_BY, as_dict, check_query, count_mails, find_mail, list_mails
from chalicelib.correos.problems import PROBLEMS
from chalicelib.correos.ses_feedback import record_result
from chalicelib.correos.users import INVITATION, ROLE, UserRefused
from contract.api import TOKEN, guard, make_app
from contract.body import read_fields
from contract.roles import ADMIN, LECTOR, RRHH

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice.app import SNSEvent, SQSEvent

    from chalice_frontdoor.request import FrontDoorRequest

#: Who may do what. A route that is not in the table is closed. A role that writes the directory also sees the emails
#: about it. A reader does not: that an email was sent reveals that something changed, possibly a salary.
RULES = {
    ("GET", "/correos"): RRHH,
    ("GET", "/correos/total"): RRHH,
    ("GET", "/correos/{id}"): RRHH,
    ("POST", "/notify/email"): ADMIN,
    ("GET", "/cola"): ADMIN,
    ("POST", "/cola/reenviar"): ADMIN,
    ("GET", "/cola/fallidos"): ADMIN,
    ("POST", "/cola/fallidos/{id}/reenviar"): ADMIN,
    ("DELETE", "/cola/fallidos/{id}"): ADMIN,
    ("GET", "/usuarios"): ADMIN,
    ("GET", "/usuarios/yo"): LECTOR,
    ("POST", "/usuarios"): ADMIN,
    ("PUT", "/usuarios/{id}"): ADMIN,
    ("DELETE", "/usuarios/{id}"): ADMIN,
    ("POST", "/usuarios/{id}/reenviar"): ADMIN,
    ("GET", "/health"): ANYBODY,
    ("GET", "/openapi.json"): ANYBODY,
}

apply_defaults(os.environ)
app = make_app("email_app", "http_api")
app.register_problems(PROBLEMS)
guard(app, RULES, is_demo=lambda: services().settings.is_demo)


@app.middleware("http")
def require_current_admin(request: FrontDoorRequest, get_response: Callable[[Any], Response]) -> Response:
    """A token says for minutes what its owner was. What needs an administrator asks the pool as well; a program has no
    account there.
    """
    method = "GET" if request.method == "HEAD" else request.method
    if RULES.get((method, request.path)) == ADMIN and "username" in request.claims:
        try:
            services().users.require_admin(app.caller.name)
        except UserRefused:
            log_refusal(request, "insufficient_role")
            raise
    return get_response(request)


app.on_snapshot(before=prepare, after=services.forget)


@app.route(
    "/health",
    spec=operation("Whether the function answers.", {200: json_of(object_of({"estado": {"const": "ok"}}))}),
)
def get_health() -> dict[str, str]:
    return {"estado": "ok"}


@app.route("/openapi.json", spec=operation("This document.", {200: json_of({"type": "object"}, "OpenAPI 3.1.")}))
def get_openapi() -> dict[str, object]:
    return describe(app, openapi.INFO, openapi.components(), rules=RULES, scheme=TOKEN)


@app.route(
    "/notify/email",
    methods=["POST"],
    spec=operation(
        "Queue an email in the caller's own words.",
        {202: json_of(ref("Correo"), "It is queued.", openapi.LOCATION)},
        problems=(409,),
        parameters=[openapi.IDEMPOTENCY_KEY],
        body=openapi.DIRECT_MAIL,
    ),
)
def post_email() -> Response:
    parts, request = services(), app.current_request
    key, body = read_key(request.headers), read_json(request)
    message = check_request(body, id=parts.new_id(), now=parts.now(), is_demo=parts.settings.is_demo)
    mail = queue_mail(message, caller=app.caller.name, key=key, ledger=parts.ledger, queue=parts.queue)
    return Response(as_dict(mail), headers={"Location": f"/correos/{mail.id}"}, status_code=202)


@app.route(
    "/correos",
    spec=operation(
        "Emails that match all parameters, newest first.", {200: openapi.page("Correo")}, parameters=openapi.LISTING
    ),
)
def get_emails() -> Response:
    mails, next_query = list_mails(services().ledger, check_query(_parameters()))
    return _page("/correos", [as_dict(mail) for mail in mails], next_query)


@app.route(
    "/correos/total",
    spec=operation(
        "How many emails match all parameters, as far as a badge needs it.",
        {200: json_of(ref("Total"))},
        parameters=openapi.COUNTING,
    ),
)
def get_total() -> dict[str, object]:
    return count_mails(services().ledger, check_query(_parameters(), COUNTED_BY))


@app.route("/correos/{id}", spec=operation("One email, as it is at this moment.", {200: json_of(ref("Correo"))}))
def get_email(id: str) -> dict[str, object]:  # noqa: A002 - Chalice takes the name from the route
    return as_dict(find_mail(services().ledger, id))


@app.route(
    "/cola",
    spec=operation(
        "How many messages wait in the queue, and how many failed.",
        {200: json_of(object_of({"cola": ref("Depth"), "fallidos": ref("Depth")}))},
    ),
)
def get_queue() -> dict[str, dict[str, int | None]]:
    return services().queue.depths()


@app.route(
    "/cola/reenviar",
    methods=["POST"],
    spec=operation(
        "Bring the messages that failed back to the queue, for some seconds. May be repeated.",
        {202: json_of(ref("Redrive"), "They are queued again.")},
    ),
)
def post_redrive() -> Response:
    return Response(services().queue.redrive(), status_code=202)


@app.route(
    "/cola/fallidos",
    spec=operation(
        "The messages that failed, one by one: up to 100, in no order.",
        {200: json_of(list_of(ref("DeadLetter")), "Those that no other request is reading right now.")},
    ),
)
def get_dead_letters() -> list[dict[str, object]]:
    return [describe_letter(letter) for letter in services().queue.list_dead_letters()]


@app.route(
    "/cola/fallidos/{id}/reenviar",
    methods=["POST"],
    spec=operation(
        "Bring one message that failed back to the queue. If it fails again, it comes back under a new id.",
        {202: json_of(ref("DeadLetter"), "It is queued again.")},
    ),
)
def post_dead_letter(id: str) -> Response:  # noqa: A002
    return Response(describe_letter(services().queue.take(id, resend=True)), status_code=202)


@app.route(
    "/cola/fallidos/{id}",
    methods=["DELETE"],
    spec=operation("Drop one message that failed.", {204: openapi.GONE}),
)
def delete_dead_letter(id: str) -> Response:  # noqa: A002
    services().queue.take(id, resend=False)
    return Response(None, status_code=204)


@app.route(
    "/usuarios",
    spec=operation(
        "The people who may sign in.",
        {200: openapi.page("Usuario")},
        problems=(404,),
        parameters=[openapi.USER_CURSOR],
    ),
)
def get_users() -> Response:
    found, cursor = services().users.list(next(iter(_parameters().get("cursor", [])), None))
    return _page("/usuarios", found, cursor and urlencode({"cursor": cursor}))


@app.route("/usuarios/yo", spec=operation("The caller's own account.", {200: openapi.USER}, problems=(404,)))
def get_own_user() -> dict[str, object]:
    return services().users.find(app.caller.name)


@app.route(
    "/usuarios",
    methods=["POST"],
    spec=operation(
        "Invite a person, who gets an email with a temporary password.",
        {201: openapi.USER},
        problems=(404, 409),
        body=openapi.INVITATION,
    ),
)
def post_user() -> Response:
    invitation = read_fields(read_json(app.current_request), INVITATION)
    return Response(services().users.invite(invitation["email"], invitation["rol"]), status_code=201)


@app.route(
    "/usuarios/{id}",
    methods=["PUT"],
    spec=operation("Change a person's role.", {200: openapi.USER}, problems=(409,), body=openapi.ROLE),
)
def put_user(id: str) -> dict[str, object]:  # noqa: A002
    return services().users.change_role(id, read_fields(read_json(app.current_request), ROLE)["rol"])


@app.route(
    "/usuarios/{id}",
    methods=["DELETE"],
    spec=operation("Remove a person's account and end the sessions.", {204: openapi.GONE}, problems=(409,)),
)
def delete_user(id: str) -> Response:  # noqa: A002
    services().users.remove(id)
    return Response(None, status_code=204)


@app.route(
    "/usuarios/{id}/reenviar",
    methods=["POST"],
    content_types=["*/*"],
    spec=operation("Send an invitation again, with a new temporary password.", {200: openapi.USER}, problems=(409,)),
)
def post_invitation(id: str) -> dict[str, object]:  # noqa: A002
    return services().users.invite_again(id)


@app.on_sqs_message(queue="crud-app-email-queue", batch_size=10)
def enviar_correos(event: SQSEvent) -> dict[str, Any]:
    """Answer with the messages that failed, so that only those are delivered again."""
    failed = services().sender.process_batch([record.to_dict() for record in event])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


@app.on_sns_message(topic="crud-app-ses-feedback")
def registrar_resultado(event: SNSEvent) -> None:
    parts = services()
    record_result(parts.ledger, event.message, parts.now)


def _page(path: str, rows: list[dict[str, object]], next_query: str | None) -> Response:
    return Response(rows, headers={"Link": f'<{path}?{next_query}>; rel="next"'} if next_query else {})


def _parameters() -> dict[str, list[str]]:
    parameters = app.current_request.query_params
    return {name: parameters.getlist(name) for name in parameters} if parameters else {}
