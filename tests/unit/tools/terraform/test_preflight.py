"""What stops a deployment before anything is changed, each in one sentence."""

from __future__ import annotations

import io
import os
import pty
import socket
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from tools.preflight import (
    CRUD_APP,
    Account,
    NotReady,
    check_account,
    check_changes,
    check_database,
    check_plan,
    check_quotas,
    check_same_account,
    check_sender,
    check_unprotected,
    confirm,
    database_address,
    open_session,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SENDER = "directorio@mail.example.com"
RECIPIENT = "rrhh@example.org"
REGION = "us-east-1"
HERE = Account("123456789012", REGION)


class FakeSession:
    """What boto3 finds out about the person, with clients that a test has stubbed."""

    def __init__(self, region: str | None = REGION, **clients: Any) -> None:
        self.region_name = region
        self._clients = clients

    def client(self, service: str, **_: str) -> Any:
        return self._clients[service]


def sts(*, error: str | None = None) -> Any:
    client = boto3.client("sts", region_name=REGION)
    stubber = Stubber(client)
    if error:
        stubber.add_client_error("get_caller_identity", error)
    else:
        identity = {"Account": HERE.number, "Arn": "arn:aws:iam::1:user/a", "UserId": "A"}
        stubber.add_response("get_caller_identity", identity)
    stubber.activate()
    return client


class Unsigned:
    """STS where there are no credentials."""

    def get_caller_identity(self) -> None:
        raise NoCredentialsError


def test_the_account_and_region_are_told() -> None:
    assert check_account(FakeSession(sts=sts())) == HERE  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("session", "refusal"),
    [
        (FakeSession(region=None), r"^No AWS region is chosen: say AWS_REGION="),
        (FakeSession(sts=sts(error="ExpiredToken")), r"refuses your credentials \(ExpiredToken\): sign in again"),
        (FakeSession(sts=Unsigned()), r"\(NoCredentialsError\): set AWS_PROFILE"),
    ],
)
def test_a_person_whom_aws_does_not_know_is_refused(session: Any, refusal: str) -> None:
    with pytest.raises(NotReady, match=refusal):
        check_account(session)


def test_region_and_profile_are_read_as_terraform_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 alone would not look at AWS_REGION."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert open_session({"AWS_REGION": "us-west-2"}).region_name == "us-west-2"
    assert open_session({"AWS_REGION": ""}).region_name == open_session({}).region_name == "eu-west-1"
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(NotReady, match=r"^AWS_PROFILE names no profile of this machine: "):
        open_session({})


@pytest.mark.parametrize(
    "deployed", [{"number": "1", "region": REGION}, {"number": HERE.number, "region": "eu-west-1"}]
)
def test_another_account_or_region_than_the_environment_s_is_refused(deployed: dict[str, str]) -> None:
    check_same_account(HERE, {}, "dev")
    check_same_account(HERE, {"account": {"number": HERE.number, "region": REGION}}, "dev")
    with pytest.raises(
        NotReady, match=rf"^The environment dev is in account {deployed['number']}, {deployed['region']}"
    ):
        check_same_account(HERE, {"account": deployed}, "dev")


def test_a_database_that_does_not_answer_is_named_without_its_password(database_url: str, closed_port: int) -> None:
    check_database(database_url)
    with pytest.raises(NotReady, match=r"^The database at 127\.0\.0\.1 does not answer: check") as refusal:
        check_database(f"postgresql://me:open-sesame@127.0.0.1:{closed_port}/directory")
    assert "open-sesame" not in str(refusal.value)

    _, _, unix_socket = database_url.partition("?")
    with pytest.raises(NotReady, match=r"^The database at the Unix socket does not answer \(SQLSTATE 3D000\)"):
        check_database(f"postgresql://postgres@/nowhere?{unix_socket}")
    with pytest.raises(NotReady, match=r"DATABASE_URL must be a URL whose sslmode is one of .*\.$"):
        check_database("postgresql://me@db.example.com/directory?sslmode=prefer")


def test_a_host_that_only_has_an_ipv6_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(_host: str, _port: None, family: socket.AddressFamily) -> list[str]:
        if family == socket.AF_INET:
            raise socket.gaierror
        return ["::1"]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(NotReady, match=r"^db\.example\.com has only an IPv6 address, and Lambda needs IPv4"):
        check_database("postgresql://me@db.example.com/directory")


@pytest.mark.parametrize(
    ("certificate", "read"),
    [("chalicelib/ca.pem", str(CRUD_APP / "chalicelib/ca.pem")), ("/etc/ca.pem", "/etc/ca.pem"), ("system", "system")],
)
def test_a_certificate_is_read_from_where_the_lambda_has_it(certificate: str, read: str) -> None:
    address = database_address(f"postgresql://me@db.example.com/directory?sslrootcert={certificate}")

    assert address.ssl_root_cert == read


class Ses:
    """SES that knows the identities that a test names, and asks for no others."""

    def __init__(self) -> None:
        self.client = boto3.client("sesv2", region_name=REGION)
        self.stubber = Stubber(self.client)

    def knows(self, states: dict[str, str]) -> None:
        """Answer for each identity, in this order."""
        for name, state in states.items():
            identity = {"EmailIdentity": name}
            if state == "unknown":
                self.stubber.add_client_error("get_email_identity", "NotFoundException", expected_params=identity)
            else:
                answer = {"VerifiedForSendingStatus": state == "verified"}
                self.stubber.add_response("get_email_identity", answer, identity)

    def allows(self, rate: float = 14, *, production: bool = True) -> None:
        quota = {"MaxSendRate": rate, "Max24HourSend": 200, "SentLast24Hours": 0}
        self.stubber.add_response("get_account", {"SendQuota": quota, "ProductionAccessEnabled": production})


@pytest.fixture
def ses() -> Iterator[Ses]:
    ses = Ses()
    with ses.stubber:
        yield ses
        ses.stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("states", "is_new", "refusal"),
    [
        (["verified"], False, None),
        (["unknown", "unknown", "verified"], False, None),
        (["unverified", "unknown", "verified"], False, None),
        (["unknown", "unknown", "unknown"], True, rf"^SES in {REGION} does not know the sender .*: run `make sender`"),
        (["unverified", "unknown", "unverified"], False, r"has not verified the sender .*: follow the link"),
        (["verified"], True, "set manage_sender = false"),
    ],
)
def test_ses_must_have_verified_the_sender_or_its_domain(
    ses: Ses, states: list[str], *, is_new: bool, refusal: str | None
) -> None:
    ses.knows(dict(zip((SENDER, "mail.example.com", "example.com"), states, strict=False)))

    if refusal is None:
        check_sender(ses.client, SENDER, region=REGION, is_new=is_new)
    else:
        with pytest.raises(NotReady, match=refusal):
            check_sender(ses.client, SENDER, region=REGION, is_new=is_new)


def functions(concurrency: int) -> Any:
    client = boto3.client("lambda", region_name=REGION)
    stubber = Stubber(client)
    stubber.add_response("get_account_settings", {"AccountLimit": {"ConcurrentExecutions": concurrency}})
    stubber.activate()
    return client


def quotas(ses: Ses, concurrency: int = 10, **variables: Any) -> None:
    session: Any = FakeSession(sesv2=ses.client, **{"lambda": functions(concurrency)})
    check_quotas(session, {"notify_to": [RECIPIENT], **variables}, REGION)


def test_a_plan_keeps_to_the_quotas_of_the_account(ses: Ses) -> None:
    ses.allows()
    quotas(ses, 200, reserved_concurrency={"bff": 100}, ses_rate=14)
    ses.allows()
    quotas(ses, reserved_concurrency={"email": 0})
    with pytest.raises(NotReady, match=r"^reserved_concurrency reserves 5 of the 10 functions"):
        quotas(ses, reserved_concurrency={"bff": 5})
    ses.allows(1)
    with pytest.raises(NotReady, match=r"^ses_rate is 14, and SES in us-east-1 accepts 1 emails a second"):
        quotas(ses, ses_rate="14")


def test_in_the_sandbox_recipients_must_be_verified(ses: Ses) -> None:
    ses.allows(1, production=False)
    ses.knows({RECIPIENT: "unverified", "example.org": "verified"})
    quotas(ses)
    ses.allows(1, production=False)
    ses.knows({RECIPIENT: "unverified", "example.org": "unknown"})
    with pytest.raises(NotReady, match=rf"sandbox and has not verified the recipient {RECIPIENT}: run `aws sesv2"):
        quotas(ses)


def change(address: str, *actions: str, **after: Any) -> dict[str, Any]:
    return {"address": address, "type": address.partition(".")[0], "change": {"actions": list(actions), "after": after}}


def function_change(runtime: str, *, snapstart: bool = True) -> dict[str, Any]:
    return change("aws_lambda_function.bff", "update", runtime=runtime, snap_start=[{}] if snapstart else [])


@pytest.mark.parametrize(
    ("planned", "refusal"),
    [
        (function_change("python3.11", snapstart=False), None),
        (function_change("python3.12"), None),
        (function_change("python3.11"), r"packaged for python3\.11"),
        (change("aws_lambda_function.bff", "delete"), None),
        (change("aws_lb.main[0]", "update"), None),
        (change("aws_lb.main[0]", "delete", "create"), "replaces the load balancer, and AWS accepts no second one"),
        (change("aws_sesv2_email_identity.sender[0]", "delete"), "with which other environments may send"),
    ],
)
def test_a_change_that_aws_would_refuse_is_refused_before(planned: dict[str, Any], refusal: str | None) -> None:
    if refusal is None:
        check_changes([planned])
    else:
        with pytest.raises(NotReady, match=refusal):
            check_changes([planned])


@pytest.mark.parametrize("actions", [["no-op"], ["create"]])
def test_a_plan_is_checked_by_its_own_values(ses: Ses, database_url: str, actions: list[str]) -> None:
    values = {"database_url": database_url, "email_from": SENDER, "aws_region": REGION, "notify_to": [RECIPIENT]}
    plan = {
        "variables": {name: {"value": value} for name, value in values.items()},
        "resource_changes": [change("aws_sesv2_email_identity.sender[0]", *actions)],
    }
    session: Any = FakeSession(sesv2=ses.client, **{"lambda": functions(10)})
    ses.knows({SENDER: "verified"})

    if actions == ["create"]:
        with pytest.raises(NotReady, match="manage_sender"):
            check_plan(plan, session)
    else:
        ses.allows()
        check_plan(plan, session)


def test_a_protected_environment_is_not_destroyed_halfway() -> None:
    tables: list[dict[str, Any]] = [
        {"address": "aws_dynamodb_table.correos", "values": {"deletion_protection_enabled": True}},
        {"address": "aws_vpc.main[0]", "values": {}},
    ]
    check_unprotected({}, "dev")
    with pytest.raises(NotReady, match=r"^production is protected against deletion \(aws_dynamodb_table\.correos\)"):
        check_unprotected({"values": {"root_module": {"resources": tables}}}, "production")


@pytest.mark.parametrize(("answer", "goes_on"), [("yes", True), (" sí ", True), ("no", False), ("yes please", False)])
def test_nothing_is_changed_without_a_yes(answer: str, *, goes_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard, screen = pty.openpty()
    with open(screen, encoding="utf-8") as terminal:  # noqa: PTH123 - a file descriptor
        monkeypatch.setattr("sys.stdin", terminal)
        os.write(keyboard, f"{answer}\n".encode())
        if goes_on:
            confirm("Migrate?", {})
        else:
            with pytest.raises(NotReady, match=r"^Nothing was changed\.$"):
                confirm("Migrate?", {})
    os.close(keyboard)


def test_without_a_terminal_only_yes_1_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))

    confirm("Migrate?", {"YES": "1"})
    with pytest.raises(NotReady, match=r"^Migrate\? There is no terminal to answer on: say YES=1"):
        confirm("Migrate?", {"YES": "0"})
