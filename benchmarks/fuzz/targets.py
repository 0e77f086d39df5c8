"""What is fuzzed: each thing that reads what strangers send, with what it may do: give a value, or refuse."""

from __future__ import annotations

import copy
import json
import sys
from collections import defaultdict
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from hypothesis import strategies as st

from chalice_frontdoor import InvalidInput, Problem, cognito_reader, read_json
from chalice_frontdoor.idempotency import HEADER, read_key
from chalice_frontdoor.testing.claims import person, program
from chalice_frontdoor.testing.client import LambdaContext
from chalice_frontdoor.testing.events import DOORS, Wire, event_for, health_check_event
from chalice_frontdoor.testing.responses import Refused, check_response
from chalicelib.correos.direct_mail import check_request
from chalicelib.correos.event import DirectMail, UnreadableMessage, read_message, write_direct
from chalicelib.correos.mail_query import check_query
from chalicelib.correos.ses_feedback import UnreadableResult, read_result
from chalicelib.directorio.answers import is_known, versions_wanted
from chalicelib.directorio.employee import Audience, read_changes, read_new, read_row_id
from chalicelib.directorio.errors import EmpleadoNotFound, MalformedPrecondition
from chalicelib.directorio.query import read_history, read_listing
from chalicelib.directorio.repository import digest_of
from chalicelib.web.headers import FORWARDED, MalformedHeader, forwarded_headers, returned_headers
from chalicelib.web.session import SESSION_COOKIES, CookieRefused
from chalicelib.web.tokens import TokenUnreadable, read_claims, read_packed
from chalicelib.web.upstream import ImpossibleSegment, UpstreamAddress
from contract.roles import RESOURCE_SERVER
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

sys.path.append(str(ROOT / "libs" / "chalice-frontdoor" / "tests"))
from sample_app import make_app  # type: ignore[import-not-found]

# ---- inputs

# What readers stumble over.
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63 - 1, 2**63, 10**400, 0.1, -0.0, 1e308, "", " ", "\x00", "\n", "\u2028",
    "\ufeff", "\ud800", "\U0001f600", "a" * 300, "ana@example.com", "2026-02-30", "2024-02-29T12:00:00Z", "%2F..", [],
    {}, [[]], {"": ""}, [None],
)  # fmt: skip
JSON = st.sampled_from(ODD) | st.text() | st.integers() | st.lists(st.text() | st.integers(), max_size=3)


@st.composite
def changed_json(draw: Any, seeds: list[Any]) -> bytes:
    """One of the documents with up to three values exchanged, wrapped, extended or removed."""
    root = [copy.deepcopy(draw(st.sampled_from(seeds)))]
    for _ in range(draw(st.integers(0, 3))):
        holder, key = draw(st.sampled_from(list(places(root))))
        match draw(st.sampled_from(["exchange", "exchange", "wrap", "extend", "remove"])):
            case "wrap":
                holder[key] = [holder[key]]
            case "extend" if isinstance(holder[key], str):
                cut = draw(st.integers(0, len(holder[key])))
                holder[key] = holder[key][:cut] + str(draw(st.sampled_from(ODD))) + holder[key][cut:]
            case "remove" if holder is not root:
                del holder[key]
            case _:
                holder[key] = copy.deepcopy(draw(JSON))  # it may be changed in its turn
    return json.dumps(root[0], ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every object or array that holds something, with each of its keys."""
    if isinstance(value, dict | list):
        for key, child in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from places(child)


@st.composite
def changed_bytes(draw: Any, seeds: list[bytes]) -> bytes:
    """One of the seeds with up to three parts replaced by other bytes, or by a part of another seed."""
    data: bytes = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 3))):
        start, end = sorted(draw(st.tuples(st.integers(0, len(data)), st.integers(0, len(data)))))
        other = draw(
            st.binary(max_size=8) | st.sampled_from(seeds) | st.sampled_from([data[start:end] * 2, b'"', b"%"])
        )
        data = data[:start] + other + data[end:]
    return data


@dataclass(frozen=True)
class Target:
    """Something that reads any bytes. What ``read`` raises is a bug.

    Attributes:
        seeds: what inputs are made from: documents to be written as JSON, and bytes.
    """

    read: Callable[[bytes], object]
    seeds: list[Any]

    @property
    def inputs(self) -> st.SearchStrategy[bytes]:
        raw = [seed if isinstance(seed, bytes) else json.dumps(seed).encode() for seed in self.seeds]
        documents = [seed for seed in self.seeds if not isinstance(seed, bytes)]
        found: st.SearchStrategy[bytes] = changed_bytes(raw)
        return st.one_of(changed_json(documents), changed_json(documents), found) if documents else found


# ---- readers


@dataclass(frozen=True)
class Request:
    """As much of a request as `read_json` looks at."""

    raw_body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})


SAMPLE = make_app()
ROUTES = set(SAMPLE.routes)
READ_CALLER = cognito_reader(RESOURCE_SERVER)
ADDRESS = UpstreamAddress.parse("http://127.0.0.1:8001/etapa")
ID = "0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def read_event(data: bytes) -> None:
    answer = SAMPLE(_json(data), LambdaContext())
    assert answer["statusCode"] < 500, answer
    assert set(SAMPLE.routes) == ROUTES, "the route table grew"
    refusals = []
    for door in DOORS:
        try:
            check_response(door, answer)
        except Refused as refusal:
            refusals.append(refusal)
    assert len(refusals) < len(DOORS), refusals


def read_body(data: bytes) -> None:
    with suppress(Problem):
        json.dumps(read_json(Request(data)), default=str, ensure_ascii=False).encode()  # type: ignore[arg-type]


def read_claims_of_token(data: bytes) -> None:
    claims = _json(data)
    caller = READ_CALLER(claims) if isinstance(claims, dict) else None
    assert caller is None or caller.name


def read_employee(data: bytes) -> None:
    body = _body(data)
    for judge in (read_new, read_changes):
        with suppress(InvalidInput):
            digest_of(judge(body, is_demo=len(data) % 2 == 0))


def read_query(data: bytes) -> None:
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


def read_queue_message(data: bytes) -> None:
    for body in (data, data.decode("utf-8", "surrogateescape")):
        with suppress(UnreadableMessage):
            message = read_message(body)
            json.dumps(asdict(message), default=str, ensure_ascii=False).encode()  # a mail can be written
            if isinstance(message, DirectMail):
                assert read_message(write_direct(message)) == message


def read_ses_event(data: bytes) -> None:
    with suppress(UnreadableResult):
        read_result(data.decode("utf-8", "surrogateescape"))


def read_mail_request(data: bytes) -> None:
    with suppress(InvalidInput):
        message = check_request(_body(data), id=ID, now=NOW, is_demo=len(data) % 2 == 0)
        assert read_message(write_direct(message)) == message, "what is queued must be readable"
    query = defaultdict(list)
    for name, value in parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True):
        query[name].append(value)
    with suppress(InvalidInput):
        check_query(query)


def read_proxied(data: bytes) -> None:
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
        target = ADDRESS.target("/empleados/{id}", {"id": text}, parse_qsl(text, keep_blank_values=True))
        path = target.partition("?")[0]
        assert target.isascii()
        assert target.isprintable()
        assert path.startswith("/etapa/empleados/")
        assert unquote(path).count("/") == len(("", "etapa", "empleados")), "one segment stays one, decoded or not"


def _json(data: bytes) -> Any:
    """The JSON in ``data``, or nothing: what is no JSON never comes so far."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _body(data: bytes) -> object:
    """The JSON of a request's body, or nothing."""
    try:
        return read_json(Request(data))  # type: ignore[arg-type]
    except Problem:
        return None


# ---- seeds

HEADERS = (("Content-Type", "application/json"), ("Cookie", "a=b"), ("Accept-Language", "en"))
WIRE = Wire("POST", "/empleados/a%20b", "q=ana&q=%25", HEADERS, b'{"nombre": "Ana"}', claims={"sub": "7"})
EVENTS = [event_for(door, WIRE, ("/empleados/{id}",)) for door in DOORS if door != "chalice_local"]  # that has bytes
ANA = {"nombre": "Ana Pérez", "email": "ana@example.com", "posicion": "Analista", "salario": 5000.25}
EMPLOYEES = [ANA, {**ANA, "fecha_contratacion": "2024-02-29", "otro": None}, {"salario": 1e7}]
DIRECT = {
    "version": 1,
    "id": ID,
    "tipo": "directo",
    "ocurrido_en": "2026-11-24T12:00:00.000000Z",
    "correo": {"para": "ana@example.com", "asunto": "Hola", "cuerpo": "Adiós"},
}
MESSAGES = [*(json.loads(path.read_text("utf-8")) for path in (ROOT / "tests/contracts").glob("*.json")), DIRECT]
TAGS = {"evento": [ID], "huella": ["0" * 32], "ses:caller-identity": ["x"]}
MAIL = {"messageId": "010001", "tags": TAGS, "destination": ["ana@example.com"]}
SES_EVENTS = [
    {"eventType": "Send", "mail": MAIL, "send": {}},
    {"eventType": "Delivery", "mail": MAIL},
    {"eventType": "Bounce", "mail": MAIL, "bounce": {"bounceType": "Permanent", "bounceSubType": "Suppressed"}},
    {"eventType": "Complaint", "mail": MAIL, "complaint": {"complaintFeedbackType": "not-spam"}},
]
QUERIES = [
    b"q=ana&posicion=Analista&orden=-nombre&limite=50&cursor=LW5vbWJyZQo3CnBlcmV6",
    b"orden=actualizado_en&cursor=YWN0dWFsaXphZG9fZW4KNwoyMDI2LTExLTI0VDA5OjMwOjAwLjAwMDAwMFo",
    b"limite=1&cursor=ZXZlbnRvcwo3Cg",
    b'W/"1", "2",*',
    b'"8e03978e-40d5-43dd-bc93-6894a57f9324\\""',
    b"9223372036854775807",
]
MAIL_REQUESTS = [
    {"to": "ana@example.com", "subject": "Reunión", "body": "A las diez.\n"},
    f"estado=enviado&empleado=7&limite=5&cursor=2026-11-24T12:00:00.000000Z_{ID}_{'0' * 32}".encode(),
    f"evento={ID}".encode(),
]
PROXIED = [
    b"__Host-acceso=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI3In0.c2ln; __Secure-persona=eyJhIjoxfQ",
    b"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI3In0.c2ln",
    b"eyJzdWIiOiI3In0",
    b'<http://127.0.0.1:8001/etapa/empleados?cursor=x>; rel="next"',
    b"/etapa/empleados/7",
    b"q=a%2Fb&q=..",
    "ñ %2e%2e/..".encode(),
]

TARGETS = {
    "frontdoor-events": Target(read_event, [*EVENTS, health_check_event()]),
    "frontdoor-bodies": Target(read_body, [*EMPLOYEES, *MESSAGES]),
    "frontdoor-tokens": Target(read_claims_of_token, [person("rrhh", "admin"), program("directorio/rrhh", "otro/x")]),
    "crud-employees": Target(read_employee, EMPLOYEES),
    "crud-queries": Target(read_query, QUERIES),
    "email-messages": Target(read_queue_message, MESSAGES),
    "email-results": Target(read_ses_event, SES_EVENTS),
    "email-mails": Target(read_mail_request, MAIL_REQUESTS),
    "bff-proxied": Target(read_proxied, PROXIED),
}
