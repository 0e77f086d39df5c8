"""What stops a deployment before anything is changed, each in one sentence."""

from __future__ import annotations

import io
import os
import pty
import re
import socket
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from chalice_frontdoor import SettingError
from tests.unit.tools.conftest import StubbedSession
from tests.unit.tools.terraform.conftest import RECIPIENT, SENDER, plan_of
from tools.command_line import NotReady
from tools.preflight import (
    CRUD_APP,
    Account,
    check_account,
    check_database,
    check_plan,
    check_same_account,
    confirm,
    database_address,
    open_session,
)

REGION = "us-east-1"
HERE = Account("123456789012", REGION)


def refusal_of(check, *arguments, **options):
    try:
        check(*arguments, **options)
    except NotReady as refused:
        return str(refused)
    return ""


class Unsigned:
    region_name = REGION

    def client(self, _):
        return self

    def get_caller_identity(self):
        raise NoCredentialsError


def test_the_account_is_told_and_a_person_whom_aws_does_not_know_is_refused():
    identity = {"Account": HERE.number, "Arn": "arn:aws:iam::1:user/a", "UserId": "A"}
    known: Any = StubbedSession(("sts.get_caller_identity", identity))
    assert check_account(known) == HERE
    for unknown, refusal in (
        (StubbedSession(region=None), "No AWS region is chosen: say AWS_REGION="),
        (StubbedSession(("sts.get_caller_identity", "ExpiredToken")), "(ExpiredToken): sign in again"),
        (Unsigned(), "(NoCredentialsError): set AWS_PROFILE"),
    ):
        assert refusal in refusal_of(check_account, unknown)


def test_region_and_profile_are_read_as_terraform_reads_them(monkeypatch):
    """boto3 alone would not look at AWS_REGION."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert open_session({"AWS_REGION": "us-west-2"}).region_name == "us-west-2"
    assert open_session({"AWS_REGION": ""}).region_name == open_session({}).region_name == "eu-west-1"
    monkeypatch.setenv("AWS_PROFILE", "unknown")
    with pytest.raises(NotReady, match=r"^AWS_PROFILE names no profile of this machine: "):
        open_session({})


def test_another_account_or_region_than_the_environment_s_is_refused():
    assert refusal_of(check_same_account, HERE, {}, "dev") == ""
    assert refusal_of(check_same_account, HERE, {"account": HERE._asdict()}, "dev") == ""
    for elsewhere in (Account("1", REGION), Account(HERE.number, "eu-west-1")):
        refusal = refusal_of(check_same_account, HERE, {"account": elsewhere._asdict()}, "dev")
        assert refusal.startswith(f"The environment dev is in account {elsewhere.number}, {elsewhere.region}")


def test_a_database_that_does_not_answer_is_named_without_its_password(database_url, closed_port):
    assert check_database(database_url) >= 100
    refusal = refusal_of(check_database, f"postgresql://me:open-sesame@127.0.0.1:{closed_port}/directory")
    assert refusal.startswith("The database at 127.0.0.1 does not answer: check")
    assert "open-sesame" not in refusal

    _, _, unix_socket = database_url.partition("?")
    refusal = refusal_of(check_database, f"postgresql://postgres@/nowhere?{unix_socket}")
    assert refusal.startswith("The database at the Unix socket does not answer (SQLSTATE 3D000)")
    with pytest.raises(SettingError, match="DATABASE_URL must be a URL whose sslmode is one of "):
        check_database("postgresql://me@db.example.com/directory?sslmode=prefer")


def test_a_host_without_an_ipv4_address_is_refused(monkeypatch):
    def look_up(_host, _port, family):
        assert family == socket.AF_INET
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    refusal = refusal_of(check_database, "postgresql://me@db.example.com/directory")
    assert refusal.startswith("db.example.com has no IPv4 address, which Lambda needs")


def test_a_certificate_is_read_from_where_the_lambda_has_it():
    read = {"ca.pem": str(CRUD_APP / "ca.pem"), "/etc/ca.pem": "/etc/ca.pem", "system": "system"}
    for certificate, file in read.items():
        address = database_address(f"postgresql://me@db.example.com/directory?sslrootcert={certificate}")
        assert address.ssl_root_cert == file


def identities(states, names=(SENDER, "mail.example.com", "example.com")):
    """What SES answers of these identities, in this order."""
    for name, state in zip(names, states, strict=False):
        answer = "NotFoundException" if state == "unknown" else {"VerifiedForSendingStatus": state == "verified"}
        yield "sesv2.get_email_identity", answer, {"EmailIdentity": name}


def account(*recipient, sender=("verified",), rate=14, concurrency=10):
    """What AWS says of an account; with states of the recipient, SES is in its sandbox."""
    quota = {"MaxSendRate": rate, "Max24HourSend": 200, "SentLast24Hours": 0}
    return [
        *identities(sender),
        ("lambda.get_account_settings", {"AccountLimit": {"ConcurrentExecutions": concurrency}}),
        ("sesv2.get_account", {"SendQuota": quota, "ProductionAccessEnabled": not recipient}),
        *identities(recipient, (RECIPIENT, "example.org")),
    ]


def change(address, *actions, before=None, reason=None, **after):
    sides = {"before": before, "after": after}
    kind = address.partition(".")[0]
    return {"address": address, "type": kind, "action_reason": reason, "change": {"actions": list(actions), **sides}}


def function(runtime, *, snapstart=True):
    return change("aws_lambda_function.bff", "update", runtime=runtime, snap_start=[{}] if snapstart else [])


BALANCER, SENDER_IDENTITY = "aws_lb.main[0]", "aws_sesv2_email_identity.sender[0]"
POOL = change("aws_cognito_user_pool.main[0]", "delete", before={"id": "us-east-1_x"})
DISTRIBUTION = change("aws_cloudfront_distribution.main[0]", "create")
NOT_VERIFIED = rf"^SES in {REGION} has not verified the sender {SENDER}: run `make sender`, follow the link"


def pool(users):
    return ("cognito-idp.describe_user_pool", {"UserPool": {"EstimatedNumberOfUsers": users}})


NO_DISTRIBUTION = {"DistributionList": {"Marker": "", "MaxItems": 1, "IsTruncated": False, "Quantity": 0}}


def key(*, used, waiting=0):
    """A plan without the key and with a queue, and what SQS says of that."""
    before = {"url": "https://sqs/queue", "kms_master_key_id": "arn:key" if used else None}
    attributes = {"ApproximateNumberOfMessagesNotVisible": str(waiting), "VisibilityTimeout": "30"}
    changes = [
        change("aws_kms_key.main[0]", "delete", before={}),
        change("aws_sqs_queue.email", "update", before=before),
        change("aws_sqs_queue.new", "create"),
    ]
    return changes, [] if used else [("sqs.get_queue_attributes", {"Attributes": attributes})]


@pytest.fixture
def refuse(database_url):
    """Why a plan of these changes and variables is refused; empty if it is not."""

    def check(session, *changes, **variables):
        plan = plan_of(database_url, *changes)
        plan["variables"] |= {name: {"value": value} for name, value in variables.items()}
        return refusal_of(check_plan, plan, session)

    return check


@pytest.mark.parametrize(
    ("changes", "answers", "variables", "refusal"),
    [
        ([], account(), {}, "^$"),
        ([], [], {"aws_region": "eu-west-1"}, "^aws_region is eu-west-1 in the variables: say so in AWS_REGION"),
        # The sender.
        ([], account(sender=("unknown", "unknown", "verified")), {}, "^$"),
        ([], account(sender=("unverified", "unknown", "verified")), {}, "^$"),
        ([], identities(("unknown", "unknown", "unverified")), {}, NOT_VERIFIED),
        ([change(SENDER_IDENTITY, "create")], identities(("verified",)), {}, "set manage_sender = false"),
        (
            [change(SENDER_IDENTITY, "create")],
            [*identities(("unknown",)), *identities(("unknown", "unknown", "unknown"))],
            {},
            NOT_VERIFIED,
        ),
        ([change(SENDER_IDENTITY, "delete")], [], {}, "with which other environments may send"),
        # Quotas.
        ([], account(concurrency=200), {"reserved_concurrency": {"bff": 100}, "ses_rate": 14}, "^$"),
        ([], account(), {"reserved_concurrency": {"email": 0}}, "^$"),
        ([], account(), {"reserved_concurrency": {"bff": 5}}, "^reserved_concurrency reserves 5 of the 10 functions"),
        ([], account(rate=1), {"ses_rate": "14"}, f"^ses_rate is 14, and SES in {REGION} accepts 1 emails"),
        ([], account("unverified", "verified"), {}, "^$"),
        ([], account("unverified", "unknown"), {}, rf"sandbox and has not .* {RECIPIENT}: run `aws sesv2"),
        # What AWS would refuse, or what would be lost.
        ([function("python3.11", snapstart=False)], account(), {}, "^$"),
        ([function("python3.12")], account(), {}, "^$"),
        ([function("python3.11")], [], {}, r"packaged for python3\.11"),
        ([change("aws_lambda_function.bff", "delete")], account(), {}, "^$"),
        ([change(BALANCER, "update", before={"name": "a"}, name="a")], account(), {}, "^$"),
        ([change(BALANCER, "create", "delete", before={"name": "a"}, name="b")], account(), {}, "^$"),
        ([change(BALANCER, "delete", "create", before={"name": "a"}, name="a")], [], {}, "accepts no second one"),
        ([change(BALANCER, "delete", before={"enable_deletion_protection": True})], [], {}, "which is protected"),
        ([change("aws_s3_bucket.logs[0]", "delete", before={"force_destroy": False})], [], {}, "which is protected"),
        ([change("aws_s3_bucket.logs[0]", "delete", before={"force_destroy": True})], account(), {}, "^$"),
        (
            [change("aws_dynamodb_table.correos", "delete", "create", reason="replace_because_tainted")],
            [],
            {},
            r"^An interrupted deployment left aws_dynamodb_table\.correos marked .* untaint 'aws_dynamodb",
        ),
        ([change("aws_iam_role.function", "delete", "create", reason="replace_because_tainted")], account(), {}, "^$"),
        ([POOL], [pool(0), *account()], {}, "^$"),
        ([POOL], [pool(12)], {}, "^The plan deletes the user pool with its 12 users"),
        (*key(used=True), {}, "customer_key = false first, twice"),
        (*key(used=False, waiting=3), {}, "customer_key = false first, twice"),
        (key(used=False)[0], [*key(used=False)[1], *account()], {}, "^$"),
        (key(used=True)[0][1:], account(), {}, "^$"),
        (
            [DISTRIBUTION],
            [("cloudfront.list_distributions", "AccessDenied")],
            {},
            r'\(AccessDenied\): .* edge = "none"',
        ),
    ],
)
def test_a_plan_is_refused_that_aws_would_refuse_or_that_would_lose_something(
    refuse, changes, answers, variables, refusal
):
    session = StubbedSession(*answers)

    assert re.search(refusal, refuse(session, *changes, **variables))
    if refusal == "^$":
        session.assert_all_asked()


def test_a_first_distribution_comes_with_a_word_about_new_accounts(refuse, capsys):
    assert refuse(StubbedSession(("cloudfront.list_distributions", NO_DISTRIBUTION), *account()), DISTRIBUTION) == ""
    assert capsys.readouterr().out.startswith("Note: this account has no CloudFront distribution yet. AWS verifies")


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [("yes", ""), (" sí ", ""), ("no", "Nothing was changed."), ("yes please", "Nothing was changed.")],
)
def test_nothing_is_changed_without_a_yes(answer, refusal, monkeypatch):
    keyboard, screen = pty.openpty()
    with open(screen, encoding="utf-8") as terminal:  # noqa: PTH123 - a file descriptor
        monkeypatch.setattr("sys.stdin", terminal)
        os.write(keyboard, f"{answer}\n".encode())
        assert refusal_of(confirm, "Migrate?", {}) == refusal
    os.close(keyboard)


def test_without_a_terminal_only_yes_1_goes_on(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))

    assert refusal_of(confirm, "Migrate?", {"YES": "1"}) == ""
    assert refusal_of(confirm, "Migrate?", {"YES": "0"}) == "Migrate? There is no terminal to answer on: say YES=1."
