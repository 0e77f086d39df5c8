"""The employee directory: routes and the schedule. Each parses, makes one call, and answers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from chalice.app import Response

from chalice_frontdoor import ANYBODY, apply_defaults, read_json
from chalice_frontdoor.idempotency import read_key
from chalice_frontdoor.openapi import describe, json_of, list_of, object_of, operation, ref
from chalicelib.directorio import answers, openapi
from chalicelib.directorio.bootstrap import prepare, system
from chalicelib.directorio.employee import Audience, read_row_id
from chalicelib.directorio.errors import PROBLEMS
from chalicelib.directorio.query import asks_database, read_filters, read_history, read_leavers, read_listing
from contract.api import TOKEN, guard, make_app
from contract.roles import LECTOR, RRHH

if TYPE_CHECKING:
    from chalice.app import CloudWatchEvent

    from chalicelib.directorio.outbox import LambdaContext

#: Who may do what. A route that is not in the table is closed.
RULES = {
    ("GET", "/empleados"): LECTOR,
    ("POST", "/empleados"): RRHH,
    ("GET", "/empleados/total"): LECTOR,
    ("GET", "/empleados/{id}"): LECTOR,
    ("PUT", "/empleados/{id}"): RRHH,
    ("DELETE", "/empleados/{id}"): RRHH,
    ("GET", "/empleados/{id}/eventos"): LECTOR,
    ("GET", "/bajas"): RRHH,
    ("GET", "/bajas/{id}"): RRHH,
    ("POST", "/bajas/{id}/restaurar"): RRHH,
    ("POST", "/lotes/{id}"): RRHH,
    ("POST", "/lotes/{id}/cierre"): RRHH,
    ("GET", "/eventos"): LECTOR,
    ("GET", "/resumen"): LECTOR,
    ("GET", "/health"): ANYBODY,
    ("GET", "/openapi.json"): ANYBODY,
}

apply_defaults(os.environ)
app = make_app("crud_app", "http_api")
app.register_problems(PROBLEMS)
guard(app, RULES, is_demo=lambda: system().is_demo)
app.on_snapshot(before=prepare, after=system.forget)


@app.route(
    "/empleados",
    spec=operation(
        "A page of the directory",
        {200: openapi.page("Empleado", "EmpleadoPublico", **{"X-Search": openapi.SEARCH})},
        parameters=openapi.LISTING,
    ),
)
def list_empleados() -> Response:
    listing = read_listing(app.current_request.query_pairs, _audience())
    return answers.page(system().repository.list(listing), "/empleados")


@app.route(
    "/empleados/total",
    spec=operation(
        "How many employees the same filters find", {200: json_of(ref("Total"))}, parameters=openapi.FILTERS
    ),
)
def count_empleados() -> dict[str, object]:
    total, is_exact = system().repository.count(read_filters(app.current_request.query_pairs, _audience()))
    return {"total": total, "exacto": is_exact}


@app.route(
    "/empleados",
    methods=["POST"],
    spec=operation(
        "Add an employee",
        {201: openapi.row("Empleado", Location=openapi.LOCATION)},
        problems=(409,),
        parameters=[openapi.IDEMPOTENCY_KEY],
        body=ref("NuevoEmpleado"),
    ),
)
def create_empleado() -> Response:
    request = app.current_request
    key = read_key(request.headers)
    return answers.created(system().directorio.create(read_json(request), app.caller.name, key))


@app.route(
    "/empleados/{id}",
    spec=operation(
        "One employee",
        {
            200: openapi.row("Empleado", "EmpleadoPublico"),
            304: {"description": "The employee is still in the version that If-None-Match names."},
        },
        parameters=[openapi.ID, openapi.IF_NONE_MATCH],
    ),
)
def find_empleado(id: str) -> Response:  # noqa: A002 - Chalice passes path parameters by name
    audience = _audience()
    found = system().repository.find(read_row_id(id), audience)
    if_none_match = app.current_request.headers.get("if-none-match")
    return answers.row_unless_known(found, if_none_match, shows_version=audience is Audience.RRHH)


@app.route(
    "/empleados/{id}",
    methods=["PUT"],
    spec=operation(
        "Change the fields that are sent; the others stay. What changes nothing makes no new version",
        {200: openapi.row("Empleado")},
        problems=(409, 412),
        parameters=[openapi.ID, openapi.IF_MATCH],
        body=ref("CambiosDeEmpleado"),
    ),
)
def update_empleado(id: str) -> Response:  # noqa: A002
    body = read_json(app.current_request)
    return answers.row(system().directorio.update(read_row_id(id), body, app.caller.name, _versions()))


@app.route(
    "/empleados/{id}",
    methods=["DELETE"],
    spec=operation(
        "Make an employee a leaver, who can be restored for some time",
        {204: {"description": "The employee is among the leavers, and the address is free."}},
        problems=(400, 412),
        parameters=[openapi.ID, openapi.IF_MATCH],
    ),
)
def delete_empleado(id: str) -> Response:  # noqa: A002
    system().directorio.delete(read_row_id(id), app.caller.name, _versions())
    return Response(None, status_code=204)


@app.route(
    "/bajas",
    spec=operation("A page of the leavers, the newest first", {200: openapi.page("Baja")}, parameters=openapi.LEAVERS),
)
def list_bajas() -> Response:
    listing = read_leavers(app.current_request.query_pairs)
    return answers.page(system().repository.list_leavers(listing, system().leaver_days), "/bajas")


@app.route("/bajas/{id}", spec=operation("One leaver", {200: openapi.row("Baja")}, parameters=[openapi.ID]))
def find_baja(id: str) -> Response:  # noqa: A002
    return answers.row(system().repository.find_leaver(read_row_id(id), system().leaver_days))


@app.route(
    "/bajas/{id}/restaurar",
    methods=["POST"],
    spec=operation(
        "Make a leaver an employee again, with the old number",
        {200: openapi.row("Empleado")},
        problems=(400, 409, 412),
        parameters=[openapi.ID, openapi.IF_MATCH],
    ),
)
def restore_empleado(id: str) -> Response:  # noqa: A002
    return answers.row(system().directorio.restore(read_row_id(id), app.caller.name, _versions()))


@app.route(
    "/empleados/{id}/eventos",
    spec=operation(
        "An employee's history, newest first, also after deletion",
        {200: openapi.page("Evento", "EventoPublico")},
        parameters=[openapi.ID, *openapi.PAGING],
    ),
)
def list_eventos_of_empleado(id: str) -> Response:  # noqa: A002
    row_id = read_row_id(id)
    page = system().repository.history_of(row_id, read_history(app.current_request.query_pairs), _audience())
    return answers.page(page, f"/empleados/{row_id}/eventos")


@app.route(
    "/lotes/{id}",
    methods=["POST"],
    spec=operation(
        "Do many changes at once, as a part of a batch; those that conflict are reported and skipped",
        {200: json_of(ref("Resultados"), "What became of each operation, in their order.")},
        problems=(409,),
        parameters=[openapi.BATCH_ID, openapi.IDEMPOTENCY_KEY],
        body=ref("Lote"),
    ),
)
def apply_lote(id: str) -> Response:  # noqa: A002
    request = app.current_request
    key = read_key(request.headers)
    name = app.caller.name
    return answers.page(system().directorio.apply_batch(id, read_json(request), name, key), "/lotes")


@app.route(
    "/lotes/{id}/cierre",
    methods=["POST"],
    spec=operation(
        "Close a batch: one event tells of all its changes, with one email or none. What follows opens it again, and a "
        "batch left idle for 15 minutes is closed with an email",
        {200: json_of(ref("Recuento"), "What the batch has changed.")},
        parameters=[openapi.BATCH_ID],
        body=object_of({"aviso": {"type": "boolean", "description": "Whether an email is sent."}}),
    ),
)
def close_lote(id: str) -> Response:  # noqa: A002
    body = read_json(app.current_request)
    return answers.json_text(system().directorio.close_batch(id, body, app.caller.name).body)


@app.route(
    "/eventos",
    spec=operation(
        "The whole history, newest first; of a batch its own event, unless `lote` or `empleado` asks for the others",
        {200: openapi.page("Evento", "EventoPublico", "EventoDeLote")},
        parameters=openapi.HISTORY,
    ),
)
def list_eventos() -> Response:
    history = read_history(app.current_request.query_pairs, has_filters=True)
    return answers.page(system().repository.history(history, _audience()), "/eventos")


@app.route(
    "/resumen",
    spec=operation(
        "Head count and salaries by position, the largest first (head count alone for `lector`)",
        {200: json_of(list_of(openapi.any_of("ResumenDePosicion", "RecuentoDePosicion")))},
    ),
)
def summarise_empleados() -> Response:
    return answers.json_text(system().repository.summarise(_audience()))


@app.route(
    "/health",
    spec=operation(
        "Whether it works",
        {200: json_of(object_of({"estado": {"const": "ok"}}), "This process answers, and with deep=1 the database.")},
        problems=(503,),
        parameters=[openapi.DEEP],
    ),
)
def check_health() -> dict[str, str]:
    if asks_database(app.current_request.query_pairs):
        system().database.ping()
    return {"estado": "ok"}


@app.route("/openapi.json", spec=operation("This document", {200: json_of({"type": "object"}, "OpenAPI 3.1.")}))
def describe_api() -> dict[str, object]:
    return describe(app, openapi.INFO, openapi.components(), rules=RULES, scheme=TOKEN)


@app.schedule("rate(1 minute)")
def publicar_pendientes(event: CloudWatchEvent) -> None:
    """Publish the events that requests left behind, and erase the leavers whose time is up."""
    system().outbox.publish_pending(cast("LambdaContext", event.context))
    system().erasure.forget_leavers(system().leaver_days)


def _audience() -> Audience:
    """What the caller may see."""
    return Audience.RRHH if RRHH in app.caller.roles else Audience.LECTOR


def _versions() -> list[int] | None:
    """The versions that the request may change; None is any."""
    return answers.versions_wanted(app.current_request.headers.get("if-match"))
