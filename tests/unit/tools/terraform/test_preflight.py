"""What stops a deployment before anything is changed, each in one sentence."""

from __future__ import annotations

import io
import os
import pty
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
    check_database,
    check_database_url,
    check_plan,
    check_sender,
    check_snapstart,
    check_terraform,
    confirm,
    database_address,
    open_session,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_sesv2 import SESV2Client

ADDRESS = "directorio@mail.example.com"
REGION = "us-east-1"


class FakeSession:
    """What boto3 finds out about the person, with clients that a test has stubbed."""

    def __init__(self, region: str | None = REGION, **clients: Any) -> None:
        self.region_name = region
        self._clients = clients

    def client(self, service: str, **_: str) -> Any:
        return self._clients[service]


@pytest.mark.parametrize("version", ["1.5.0", "1.11.4", "1.5.0-beta1", "2.0.1"])
def test_a_terraform_that_is_new_enough_passes(version: str) -> None:
    check_terraform({"terraform_version": version})


@pytest.mark.parametrize("version", ["1.4.7", "0.15.5"])
def test_an_old_terraform_is_refused(version: str) -> None:
    with pytest.raises(NotReady, match=rf"^Terraform {version} is too old: install 1\.5 or newer"):
        check_terraform({"terraform_version": version})


def sts(*, account: str | None = None, error: str | None = None) -> Any:
    client = boto3.client("sts", region_name=REGION)
    stubber = Stubber(client)
    if account:
        stubber.add_response("get_caller_identity", {"Account": account, "Arn": "arn:aws:iam::1:user/a", "UserId": "A"})
    if error:
        stubber.add_client_error("get_caller_identity", error)
    stubber.activate()
    return client


def test_the_account_and_region_are_told() -> None:
    assert check_account(FakeSession(sts=sts(account="123456789012"))) == Account("123456789012", REGION)  # type: ignore[arg-type]


def test_the_region_is_the_one_that_the_refusal_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 alone would not look at AWS_REGION."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert open_session({"AWS_REGION": "us-west-2"}).region_name == "us-west-2"
    assert open_session({"AWS_REGION": ""}).region_name == open_session({}).region_name == "eu-west-1"


def test_a_profile_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(NotReady, match=r"^AWS_PROFILE names no profile of this machine: "):
        open_session({})


def test_no_region_is_refused_before_aws_is_asked() -> None:
    with pytest.raises(NotReady, match=r"^No AWS region is chosen: say AWS_REGION="):
        check_account(FakeSession(region=None))  # type: ignore[arg-type]


def test_credentials_that_aws_refuses_are_named_by_aws_s_code() -> None:
    with pytest.raises(NotReady, match=r"refuses your credentials \(ExpiredToken\): sign in again"):
        check_account(FakeSession(sts=sts(error="ExpiredToken")))  # type: ignore[arg-type]


def test_no_credentials_are_refused() -> None:
    class Unsigned:
        def get_caller_identity(self) -> None:
            raise NoCredentialsError

    with pytest.raises(NotReady, match=r"\(NoCredentialsError\): set AWS_PROFILE"):
        check_account(FakeSession(sts=Unsigned()))  # type: ignore[arg-type]


@pytest.mark.parametrize("environment", [{}, {"DATABASE_URL": ""}])
def test_a_missing_address_of_the_database_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(NotReady, match=r"^DATABASE_URL is not set: give the address"):
        check_database_url(environment)


def test_an_address_is_enough_at_first() -> None:
    check_database_url({"DATABASE_URL": "postgresql://somewhere"})


def test_a_database_that_answers_passes(database_url: str) -> None:
    check_database(database_url)


def test_a_database_that_does_not_answer_is_named_without_its_password(closed_port: int) -> None:
    url = f"postgresql://me:open-sesame@127.0.0.1:{closed_port}/directory"

    with pytest.raises(NotReady, match=r"^The database at 127\.0\.0\.1 does not answer: check") as refusal:
        check_database(url)
    assert "open-sesame" not in str(refusal.value)


def test_a_database_that_does_not_exist_is_named_with_its_state(database_url: str) -> None:
    _, _, socket = database_url.partition("?")

    with pytest.raises(NotReady, match=r"^The database at the Unix socket does not answer \(SQLSTATE 3D000\)"):
        check_database(f"postgresql://postgres@/nowhere?{socket}")


def test_an_address_that_crud_app_would_not_understand_is_refused_in_its_words() -> None:
    with pytest.raises(NotReady, match=r"DATABASE_URL must be a URL whose sslmode is one of .*\.$"):
        check_database("postgresql://me@db.example.com/directory?sslmode=prefer")


@pytest.mark.parametrize(
    ("certificate", "read"),
    [("chalicelib/ca.pem", str(CRUD_APP / "chalicelib/ca.pem")), ("/etc/ca.pem", "/etc/ca.pem"), ("system", "system")],
)
def test_a_certificate_is_read_from_where_the_lambda_has_it(certificate: str, read: str) -> None:
    address = database_address(f"postgresql://me@db.example.com/directory?sslrootcert={certificate}")

    assert address.ssl_root_cert == read


@pytest.fixture
def ses() -> Iterator[tuple[SESV2Client, Callable[[str, str], None]]]:
    client = boto3.client("sesv2", region_name=REGION)
    stubber = Stubber(client)

    def knows(identity: str, state: str) -> None:
        expected = {"EmailIdentity": identity}
        if state == "unknown":
            stubber.add_client_error("get_email_identity", "NotFoundException", expected_params=expected)
        else:
            stubber.add_response("get_email_identity", {"VerifiedForSendingStatus": state == "verified"}, expected)

    with stubber:
        yield client, knows
        stubber.assert_no_pending_responses()


def test_a_verified_sender_passes(ses: Any) -> None:
    client, knows = ses
    knows(ADDRESS, "verified")

    check_sender(client, ADDRESS, region=REGION, is_new=False)


@pytest.mark.parametrize("address_is", ["unknown", "unverified"])
def test_a_verified_domain_covers_its_addresses(ses: Any, address_is: str) -> None:
    client, knows = ses
    knows(ADDRESS, address_is)
    knows("mail.example.com", "unknown")
    knows("example.com", "verified")

    check_sender(client, ADDRESS, region=REGION, is_new=False)


def test_an_unknown_sender_is_refused_with_the_command_that_introduces_it(ses: Any) -> None:
    client, knows = ses
    knows(ADDRESS, "unknown")
    knows("mail.example.com", "unknown")
    knows("example.com", "unknown")

    with pytest.raises(NotReady, match=rf"^SES in {REGION} does not know the sender {ADDRESS}: run `make sender`"):
        check_sender(client, ADDRESS, region=REGION, is_new=True)


def test_a_sender_whose_link_was_not_followed_is_refused(ses: Any) -> None:
    client, knows = ses
    knows(ADDRESS, "unverified")
    knows("mail.example.com", "unknown")
    knows("example.com", "unverified")

    with pytest.raises(NotReady, match=rf"has not verified the sender {ADDRESS}: follow the link"):
        check_sender(client, ADDRESS, region=REGION, is_new=False)


def test_a_sender_of_another_environment_is_refused_before_terraform_stumbles_over_it(ses: Any) -> None:
    client, knows = ses
    knows(ADDRESS, "verified")

    with pytest.raises(NotReady, match="set manage_sender = false"):
        check_sender(client, ADDRESS, region=REGION, is_new=True)


def plan_that(actions: list[str], database_url: str) -> dict[str, Any]:
    values = {"database_url": database_url, "email_from": ADDRESS, "aws_region": REGION}
    return {
        "variables": {name: {"value": value} for name, value in values.items()},
        "resource_changes": [{"address": "aws_sesv2_email_identity.sender[0]", "change": {"actions": actions}}],
    }


def test_a_plan_is_checked_by_its_own_values(ses: Any, database_url: str) -> None:
    client, knows = ses
    knows(ADDRESS, "verified")

    check_plan(plan_that(["no-op"], database_url), FakeSession(sesv2=client))  # type: ignore[arg-type]


def plan_of_a_function(runtime: str, *, snapstart: bool) -> dict[str, Any]:
    after = {"runtime": runtime, "snap_start": [{"apply_on": "PublishedVersions"}] if snapstart else []}
    return {"resource_changes": [{"type": "aws_lambda_function", "change": {"after": after}}]}


@pytest.mark.parametrize(("runtime", "snapstart"), [("python3.11", False), ("python3.12", True), ("python3.14", True)])
def test_a_runtime_that_can_start_as_is_wanted_is_fine(runtime: str, snapstart: bool) -> None:  # noqa: FBT001
    check_snapstart(plan_of_a_function(runtime, snapstart=snapstart))


def test_a_runtime_that_cannot_start_from_a_snapshot_is_named() -> None:
    with pytest.raises(NotReady, match=r"packaged for python3\.11"):
        check_snapstart(plan_of_a_function("python3.11", snapstart=True))


def test_a_function_that_goes_needs_no_runtime() -> None:
    check_snapstart({"resource_changes": [{"type": "aws_lambda_function", "change": {"after": None}}]})


def test_a_plan_that_would_create_a_sender_that_exists_is_refused(ses: Any, database_url: str) -> None:
    client, knows = ses
    knows(ADDRESS, "verified")

    with pytest.raises(NotReady, match="manage_sender"):
        check_plan(plan_that(["create"], database_url), FakeSession(sesv2=client))  # type: ignore[arg-type]


@pytest.mark.parametrize(("answer", "goes_on"), [("yes", True), (" sí ", True), ("no", False), ("yes please", False)])
def test_nothing_is_changed_without_a_yes(
    answer: str,
    goes_on: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
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
    for environment in ({}, {"YES": "0"}):
        with pytest.raises(NotReady, match=r"^Migrate\? There is no terminal to answer on: say YES=1"):
            confirm("Migrate?", environment)
