"""What is fuzzed: each thing that reads what strangers send, with what it may do: give a value, or refuse.

A target imports what it tests when it is loaded, so that the fuzzer can instrument it.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    #: Reads any bytes. What it raises is a bug.
    Reader = Callable[[bytes], None]

ROOT = Path(__file__).resolve().parents[2]
IMPORTED = (
    ".",
    "crud_app",
    "email_app",
    "bff_app",
    "libs/chalice-frontdoor/src",
    "libs/chalice-frontdoor/tests",
)
CONTRACTS = ROOT / "tests" / "contracts"


@dataclass(frozen=True)
class Target:
    """Args:
    load: imports what is tested, and gives the function that reads.
    seeds: what to begin with.
    is_json: whether it is worth while to change the JSON rather than its bytes.
    """

    load: Callable[[], Reader]
    seeds: Callable[[], list[bytes]]
    is_json: bool = True

    def prepare(self) -> Reader:
        """Load it: what it tests is importable in an environment that knows nothing of this project, too."""
        sys.path[:0] = [str(ROOT / folder) for folder in IMPORTED]
        return self.load()


def _events() -> Reader:
    from chalice_frontdoor.testing.client import LambdaContext
    from chalice_frontdoor.testing.events import DOORS
    from chalice_frontdoor.testing.responses import Refused, check_response
    from sample_app import make_app

    app = make_app()
    routes = set(app.routes)

    def read(data: bytes) -> None:
        event = _json(data)
        answer = app(event, LambdaContext())
        assert answer["statusCode"] < 500, answer
        assert set(app.routes) == routes, "the route table grew"
        refusals = []
        for door in DOORS:
            try:
                check_response(door, answer)
            except Refused as refusal:
                refusals.append(refusal)
        assert len(refusals) < len(DOORS), refusals

    return read


def _event_seeds() -> list[bytes]:
    from chalice_frontdoor.testing.events import DOORS, Wire, event_for, health_check_event

    headers = (("Content-Type", "application/json"), ("Cookie", "a=b"), ("Accept-Language", "en"))
    wire = Wire("POST", "/empleados/a%20b", "q=ana&q=%25", headers, b'{"nombre": "Ana"}', claims={"sub": "7"})
    events = [event_for(door, wire, ("/empleados/{id}",)) for door in DOORS if door != "chalice_local"]  # has bytes
    return _dumped(*events, health_check_event())


@dataclass(frozen=True)
class _Request:
    """As much of a request as `read_json` looks at."""

    raw_body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})


def _bodies() -> Reader:
    from chalice_frontdoor import Problem, read_json

    def read(data: bytes) -> None:
        with suppress(Problem):
            json.dumps(read_json(_Request(data)), default=str, ensure_ascii=False).encode()  # type: ignore[arg-type]

    return read


def _tokens() -> Reader:
    from chalice_frontdoor.cognito import cognito_reader
    from contract.roles import RESOURCE_SERVER

    read_caller = cognito_reader(RESOURCE_SERVER)

    def read(data: bytes) -> None:
        claims = _json(data)
        caller = read_caller(claims) if isinstance(claims, dict) else None
        assert caller is None or caller.name

    return read


def _token_seeds() -> list[bytes]:
    from chalice_frontdoor.testing.claims import person, program

    return _dumped(person("rrhh", "admin"), program("directorio/rrhh", "otro/x"))


def _employees() -> Reader:
    from chalice_frontdoor import InvalidInput
    from chalicelib.directorio.employee import read_changes, read_new
    from chalicelib.directorio.repository import digest_of

    def read(data: bytes) -> None:
        body = _body(data)
        for judge in (read_new, read_changes):
            with suppress(InvalidInput):
                digest_of(judge(body, is_demo=len(data) % 2 == 0))

    return read


def _employee_seeds() -> list[bytes]:
    ana = {"nombre": "Ana Pérez", "email": "ana@example.com", "posicion": "Analista", "salario": 5000.25}
    return _dumped(ana, {**ana, "fecha_contratacion": "2024-02-29", "otro": None}, {"salario": 1e7})


def _queries() -> Reader:
    from chalice_frontdoor import InvalidInput, Problem
    from chalice_frontdoor.idempotency import HEADER, read_key
    from chalicelib.directorio.answers import is_known, versions_wanted
    from chalicelib.directorio.employee import Audience, read_row_id
    from chalicelib.directorio.errors import EmpleadoNotFound, MalformedPrecondition
    from chalicelib.directorio.query import read_history, read_listing

    def read(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        pairs = parse_qsl(text, keep_blank_values=True)
        for audience in Audience:
            with suppress(InvalidInput):
                listing = read_listing(pairs, audience)
                listing.next_query({listing.order.field.name: "x", "id": 7})
        with suppress(InvalidInput):
            read_history(pairs).next_query(7)
        with suppress(EmpleadoNotFound):
            read_row_id(text)
        with suppress(MalformedPrecondition):
            versions_wanted(text)
        is_known(text, '"1"')
        with suppress(Problem):
            read_key({HEADER: text})

    return read


def _query_seeds() -> list[bytes]:
    return [
        b"q=ana&posicion=Analista&orden=-nombre&limite=50&cursor=LW5vbWJyZQo3CnBlcmV6",
        b"orden=actualizado_en&cursor=YWN0dWFsaXphZG9fZW4KNwoyMDI2LTExLTI0VDA5OjMwOjAwLjAwMDAwMFo",
        b"limite=1&cursor=ZXZlbnRvcwo3Cg",
        b'W/"1", "2",*',
        b'"8e03978e-40d5-43dd-bc93-6894a57f9324\\""',
        b"9223372036854775807",
    ]


def _messages() -> Reader:
    from chalicelib.correos.event import DirectMail, UnreadableMessage, read_message, write_direct

    def read(data: bytes) -> None:
        for body in (data, data.decode("utf-8", "surrogateescape")):
            with suppress(UnreadableMessage):
                message = read_message(body)
                if isinstance(message, DirectMail):
                    assert read_message(write_direct(message)) == message

    return read


def _message_seeds() -> list[bytes]:
    direct = {
        "version": 1,
        "id": "0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11",
        "tipo": "directo",
        "ocurrido_en": "2026-11-24T12:00:00.000000Z",
        "correo": {"para": "ana@example.com", "asunto": "Hola", "cuerpo": "Adiós"},
    }
    return [*(path.read_bytes() for path in sorted(CONTRACTS.glob("*.json"))), *_dumped(direct)]


def _results() -> Reader:
    from chalicelib.correos.ses_feedback import UnreadableResult, read_result

    def read(data: bytes) -> None:
        with suppress(UnreadableResult):
            read_result(data.decode("utf-8", "surrogateescape"))

    return read


def _result_seeds() -> list[bytes]:
    tags = {"evento": ["0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11"], "huella": ["0" * 32], "ses:caller-identity": ["x"]}
    mail = {"messageId": "010001", "tags": tags, "destination": ["ana@example.com"]}
    bounce = {"bounceType": "Permanent", "bounceSubType": "Suppressed"}
    return _dumped(
        {"eventType": "Send", "mail": mail, "send": {}},
        {"eventType": "Delivery", "mail": mail},
        {"eventType": "Bounce", "mail": mail, "bounce": bounce},
        {"eventType": "Complaint", "mail": mail, "complaint": {"complaintFeedbackType": "not-spam"}},
    )


def _mails() -> Reader:
    from datetime import UTC, datetime

    from chalice_frontdoor import InvalidInput
    from chalicelib.correos.direct_mail import check_request
    from chalicelib.correos.event import read_message, write_direct
    from chalicelib.correos.mail_query import check_query

    now = datetime(2026, 11, 24, tzinfo=UTC)
    new_id = "0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11"

    def read(data: bytes) -> None:
        body = _body(data)
        with suppress(InvalidInput):
            message = check_request(body, id=new_id, now=now, is_demo=len(data) % 2 == 0)
            assert read_message(write_direct(message)) == message, "what is queued must be readable"
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True):
            query.setdefault(name, []).append(value)
        with suppress(InvalidInput):
            check_query(query)

    return read


def _mail_seeds() -> list[bytes]:
    cursor = "2026-11-24T12:00:00.000000Z_0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11_" + "0" * 32
    return [
        *_dumped({"to": "ana@example.com", "subject": "Reunión", "body": "A las diez.\n"}),
        f"estado=enviado&empleado=7&limite=5&cursor={cursor}".encode(),
        b"evento=0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11",
    ]


def _proxied() -> Reader:
    from chalicelib.web.headers import FORWARDED, MalformedHeader, forwarded_headers, returned_headers
    from chalicelib.web.session import SESSION_COOKIES, CookieRefused
    from chalicelib.web.tokens import TokenUnreadable, read_claims, read_packed
    from chalicelib.web.upstream import ImpossibleSegment, UpstreamAddress

    address = UpstreamAddress.parse("http://127.0.0.1:8001/etapa")

    def read(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        for cookie in SESSION_COOKIES:
            with suppress(CookieRefused):
                cookie.read({"Cookie": text})
        for reads in (read_claims, read_packed):
            with suppress(TokenUnreadable):
                reads(text)
        for name in (*FORWARDED, "Connection"):
            with suppress(MalformedHeader):
                for _, value in forwarded_headers({name: text}):
                    assert not {"\r", "\n", "\0"} & set(value), "a header must not hold another"
        for name in ("Location", "Link", "Connection"):
            returned_headers(((name, text),))
        with suppress(ImpossibleSegment):
            target = address.target("/empleados/{id}", {"id": text}, parse_qsl(text, keep_blank_values=True))
            path = target.partition("?")[0]
            assert target.isascii()
            assert target.isprintable()
            assert path.startswith("/etapa/empleados/")
            assert path.count("/") == len(("", "etapa", "empleados")), "one segment stays one"

    return read


def _proxied_seeds() -> list[bytes]:
    return [
        b"__Host-acceso=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI3In0.c2ln; __Secure-persona=eyJhIjoxfQ",
        b"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI3In0.c2ln",
        b"eyJzdWIiOiI3In0",
        b'<http://127.0.0.1:8001/etapa/empleados?cursor=x>; rel="next"',
        b"/etapa/empleados/7",
        b"q=a%2Fb&q=..",
        "ñ %2e%2e/..".encode(),
    ]


TARGETS = {
    "frontdoor-events": Target(_events, _event_seeds),
    "frontdoor-bodies": Target(_bodies, lambda: [*_employee_seeds(), *_message_seeds()]),
    "frontdoor-tokens": Target(_tokens, _token_seeds),
    "crud-employees": Target(_employees, _employee_seeds),
    "crud-queries": Target(_queries, _query_seeds, is_json=False),
    "email-messages": Target(_messages, _message_seeds),
    "email-results": Target(_results, _result_seeds),
    "email-mails": Target(_mails, _mail_seeds),
    "bff-proxied": Target(_proxied, _proxied_seeds, is_json=False),
}


def _json(data: bytes) -> Any:
    """The JSON in ``data``, or nothing: what is no JSON never comes so far."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _body(data: bytes) -> object:
    """The JSON of a request's body, or nothing."""
    from chalice_frontdoor import Problem, read_json

    try:
        return read_json(_Request(data))  # type: ignore[arg-type]
    except Problem:
        return None


def _dumped(*values: object) -> list[bytes]:
    return [json.dumps(value, ensure_ascii=False).encode() for value in values]
