"""The gate before the emulator: web pages, other users of the machine and other stacks do not get through."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from local.emulator import ACCESS_KEY, DEPLOYMENT_SERVICES, SERVICES, client_of
from local.emulator_program import TERRAFORM_WAIT_SECONDS, Gate

if TYPE_CHECKING:
    from local.emulator_program import Message

KEY = "AKIAOWN"
TEMPLATE = "Action=CreateStack&StackName=x&TemplateBody={}"
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.13.1 terraform-provider-aws/5.100.0 aws-sdk-go-v2/1.36.3"


@dataclass
class Application:
    """Stands for ministack; ``reached`` has the paths that the gate let through."""

    reached: list[str] = field(default_factory=list)

    async def __call__(self, scope, _, send):
        self.reached.append(scope.get("path", scope["type"]))
        if scope["type"] == "http":
            headers = [(b"Access-Control-Allow-Origin", b"*"), (b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"in"})


def signed(key=KEY, service="sqs"):
    scope = f"{key}/20261129/us-east-1/{service}/aws4_request"
    return {"authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}


def ask(gate, request, headers, *, kind="http"):
    """What a client gets for ``request``, such as ``GET /path?query``. Without ``host`` it names this machine."""
    method, _, target = request.partition(" ")
    path, _, query = target.partition("?")
    sent: list[Message] = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    pairs = [(name.encode(), value.encode()) for name, value in ({"host": "localhost:4566"} | headers).items()]
    scope = {"type": kind, "method": method, "path": path, "query_string": query.encode(), "headers": pairs}
    asyncio.run(gate(scope, receive, send))
    return sent


def status(gate, request, headers):
    code: int = ask(gate, request, headers)[0]["status"]
    return code


def a_gate(services=SERVICES, *, issues_keys=False):
    return Gate(Application(), KEY, services, issues_keys=issues_keys)


EVIL = {"origin": "http://evil.example"}
RIGHT = {"origin": "http://localhost:4566", "sec-fetch-site": "none", "x-amz-target": "x"} | signed()
COGNITO = "AWSCognitoIdentityProviderService"


@pytest.mark.parametrize(
    ("request_line", "headers"),
    [
        (f"GET /?{TEMPLATE}", {}),
        ("POST /", signed() | EVIL),
        ("POST /", signed() | {"origin": "http://localhost:8000"}),
        ("POST /", signed() | {"sec-fetch-site": "same-site"}),
        ("OPTIONS /", EVIL),
        *(("POST /", signed() | {"host": host}) for host in ("localhost.evil.example", "d1.cloudfront.net", "")),
        ("GET /_ministack/health", {"host": "evil.example"}),
        ("GET /_ministack/health", {"sec-fetch-site": "cross-site"}),
        ("POST /oauth2/login", EVIL),
        ("POST /oauth2/authorize", {}),
        ("GET /oauth2/token", {}),
        ("GET /_ministack/ses/messages", {}),
        ("POST /_ministack/reset", signed("test")),
        ("POST /", {"authorization": "Basic QUtJQU9XTjo="}),
        ("POST /", {"x-amz-target": f"{COGNITO}.AdminGetUser"}),
        *(("POST /", signed(key)) for key in ("test", "000000000000", "AKIAOTHER")),
        ("POST /", signed(service="lambda")),
        ("POST /?X-Amz-Credential=AKIAOWN/20261129/us-east-1/sqs/aws4_request", {}),
        ("POST /", {"authorization": f"AWS {KEY}:signature"}),
        ("GET /_aws/execute-api/a1/$default/empleados", {}),
        ("GET /_alb/crud-app-alb/", {}),
        ("GET /bucket/key", {}),
        # A header that decides may occur once.
        *(("POST /", {name.title(): "evil.example", "host": "localhost:4566", **RIGHT}) for name in ("host", *RIGHT)),
    ],
)
def test_what_another_site_or_user_can_send_is_refused(request_line, headers):
    gate = a_gate()
    assert status(gate, request_line, headers) == 403
    assert gate.application == Application()


@pytest.mark.parametrize(
    ("request_line", "headers"),
    [
        ("POST /", RIGHT),
        ("POST /", signed()),
        ("POST /", signed() | {"host": "127.0.0.1:4566"}),
        ("POST /", signed(service="cognito-idp") | {"host": "api.localhost"}),
        ("GET /_ministack/health", {}),
        ("GET /_ministack/ses/messages", signed(service="ses")),
        ("GET /oauth2/authorize?client_id=1", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}),
        ("POST /oauth2/login", {"origin": "http://localhost:4566", "sec-fetch-site": "same-origin"}),
        ("POST /oauth2/token", {}),
        ("GET /us-east-1_a1/.well-known/jwks.json", {}),
        ("POST /", {"x-amz-target": f"{COGNITO}.RevokeToken"}),
    ],
)
def test_the_stack_and_its_sign_in_page_get_through(request_line, headers):
    assert status(a_gate(), request_line, headers) == 200


@pytest.mark.parametrize(
    ("request_line", "headers", "expected"),
    [
        ("GET /_aws/execute-api/a1/$default/empleados", EVIL, 200),
        ("POST /_alb/crud-app-alb/empleados", {}, 200),
        ("GET /", {"host": "d1.cloudfront.net", "sec-fetch-site": "cross-site"}, 200),
        ("POST /", signed("ASIAROLE"), 200),
        ("GET /2015-03-31/functions", signed(service="lambda"), 200),
        ("GET /_alb/crud-app-alb/empleados", {"host": "evil.example"}, 403),
        ("POST /", signed("test"), 403),
        ("POST /", signed("000000000000"), 403),
        ("GET /_ministack/ses/messages", signed("ASIAROLE", "ses"), 403),
        ("POST /", signed(service="cloudformation"), 403),
        (f"GET /?{TEMPLATE}", {}, 403),
    ],
)
def test_where_functions_run_what_was_deployed_is_open_and_other_keys_are_ministacks(request_line, headers, expected):
    assert status(a_gate(DEPLOYMENT_SERVICES, issues_keys=True), request_line, headers) == expected


def test_no_page_may_read_a_response_web_sockets_are_closed_and_the_lifespan_passes():
    gate = a_gate()
    assert ask(gate, "GET /_ministack/health", {})[0]["headers"] == [(b"content-type", b"text/plain")]  # no CORS
    assert ask(gate, "GET /", signed(), kind="websocket") == [{"type": "websocket.close", "code": 1008}]
    ask(gate, "GET x", {}, kind="lifespan")
    assert gate.application.reached[1:] == ["x"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("agent", "waits"), [(TERRAFORM, [TERRAFORM_WAIT_SECONDS]), ("Boto3/1.40.0", [])])
def test_terraform_gets_its_answer_a_moment_later(agent, waits, monkeypatch):
    waited: list[float] = []

    async def sleep(seconds):
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    assert status(a_gate(), "POST /", signed() | {"user-agent": agent}) == 200
    assert waited == waits


# ---- the emulator itself


def test_the_emulator_serves_its_own_stack_and_tells_others_why_not(emulator):
    stranger = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    for service, operation, credentials in (
        ("sqs", "list_queues", stranger),
        ("cloudformation", "list_stacks", ACCESS_KEY),
    ):
        with pytest.raises(ClientError) as refusal:
            getattr(client_of(service, emulator.endpoint, credentials), operation)()
        assert refusal.value.response["Error"]["Code"] in {"AccessDenied", "InvalidClientTokenId"}
    assert client_of("sts", emulator.endpoint).get_caller_identity()["Account"] == "000000000000"
