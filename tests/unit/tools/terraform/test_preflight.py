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
    check_changes,
    check_cloudfront,
    check_database,
    check_key,
    check_people,
    check_plan,
    check_quotas,
    check_same_account,
    check_sender,
    confirm,
    database_address,
    key_is_needed,
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


def identities(states):
    """What SES answers of these identities, in this order."""
    for name, state in states:
        answer = "NotFoundException" if state == "unknown" else {"VerifiedForSendingStatus": state == "verified"}
        yield "sesv2.get_email_identity", answer, {"EmailIdentity": name}


def quotas(*, rate=14, production=True, concurrency=10):
    limit = {"AccountLimit": {"ConcurrentExecutions": concurrency}}
    quota = {"MaxSendRate": rate, "Max24HourSend": 200, "SentLast24Hours": 0}
    answer = {"SendQuota": quota, "ProductionAccessEnabled": production}
    return [("lambda.get_account_settings", limit), ("sesv2.get_account", answer)]


NOT_VERIFIED = rf"^SES in {REGION} has not verified the sender {SENDER}: run `make sender`, follow the link"


@pytest.mark.parametrize(
    ("states", "is_new", "refusal"),
    [
        (["verified"], False, "^$"),
        (["unknown", "unknown", "verified"], False, "^$"),
        (["unverified", "unknown", "verified"], False, "^$"),
        (["unknown", "unknown", "unknown"], True, NOT_VERIFIED),
        (["unverified", "unknown", "unverified"], False, NOT_VERIFIED),
        (["verified"], True, "set manage_sender = false"),
    ],
)
def test_ses_must_have_verified_the_sender_or_its_domain(states, *, is_new, refusal):
    asked = [*zip((SENDER, "mail.example.com", "example.com"), states, strict=False)]
    first = asked[:1] if is_new and len(asked) > 1 else []  # whether the account has the identity already
    session = StubbedSession(*identities([*first, *asked]))

    assert re.search(refusal, refusal_of(check_sender, session, SENDER, is_new=is_new))
    session.assert_all_asked()


@pytest.mark.parametrize(
    ("allowed", "domain", "variables", "refusal"),
    [
        ({"concurrency": 200}, None, {"reserved_concurrency": {"bff": 100}, "ses_rate": 14}, "^$"),
        ({}, None, {"reserved_concurrency": {"email": 0}}, "^$"),
        ({}, None, {"reserved_concurrency": {"bff": 5}}, "^reserved_concurrency reserves 5 of the 10 functions"),
        ({"rate": 1}, None, {"ses_rate": "14"}, f"^ses_rate is 14, and SES in {REGION} accepts 1 emails"),
        ({"rate": 1, "production": False}, "verified", {}, "^$"),
        ({"rate": 1, "production": False}, "unknown", {}, rf"sandbox and has not .* {RECIPIENT}: run `aws sesv2"),
    ],
)
def test_a_plan_keeps_to_the_quotas_of_the_account_and_the_sandbox(allowed, domain, variables, refusal):
    states = [(RECIPIENT, "unverified"), ("example.org", domain)] if domain else []
    session = StubbedSession(*quotas(**allowed), *identities(states))

    assert re.search(refusal, refusal_of(check_quotas, session, {"notify_to": [RECIPIENT], **variables}))


def change(address, *actions, before=None, reason=None, **after):
    sides = {"before": before, "after": after}
    kind = address.partition(".")[0]
    return {"address": address, "type": kind, "action_reason": reason, "change": {"actions": list(actions), **sides}}


def function_change(runtime, *, snapstart=True):
    return change("aws_lambda_function.bff", "update", runtime=runtime, snap_start=[{}] if snapstart else [])


@pytest.mark.parametrize(
    ("planned", "refusal"),
    [
        ([function_change("python3.11", snapstart=False)], "^$"),
        ([function_change("python3.12")], "^$"),
        ([function_change("python3.11")], r"packaged for python3\.11"),
        ([change("aws_lambda_function.bff", "delete")], "^$"),
        ([change("aws_lb.main[0]", "update", before={"name": "a"}, name="a")], "^$"),
        ([change("aws_lb.main[0]", "create", "delete", before={"name": "a"}, name="b")], "^$"),
        ([change("aws_lb.main[0]", "delete", "create", before={"name": "a"}, name="a")], "accepts no second one"),
        ([change("aws_sesv2_email_identity.sender[0]", "delete")], "with which other environments may send"),
        ([change("aws_lb.main[0]", "delete", before={"enable_deletion_protection": True})], "which is protected"),
        ([change("aws_s3_bucket.access_logs[0]", "delete", before={"force_destroy": False})], "which is protected"),
        ([change("aws_s3_bucket.access_logs[0]", "delete", before={"force_destroy": True})], "^$"),
        (
            [change("aws_dynamodb_table.correos", "delete", "create", reason="replace_because_tainted")],
            r"^An interrupted deployment left aws_dynamodb_table\.correos marked .* untaint 'aws_dynamodb",
        ),
        ([change("aws_iam_role.function", "delete", "create", reason="replace_because_tainted")], "^$"),
    ],
)
def test_a_change_that_aws_would_refuse_or_that_would_lose_something_is_refused_before(planned, refusal):
    assert re.search(refusal, refusal_of(check_changes, planned))


@pytest.mark.parametrize(("users", "refusal"), [(0, "^$"), (12, "^The plan deletes the user pool with its 12 users")])
def test_a_user_pool_with_people_stays(users, refusal):
    session = StubbedSession(("cognito-idp.describe_user_pool", {"UserPool": {"EstimatedNumberOfUsers": users}}))
    deleted = change("aws_cognito_user_pool.main[0]", "delete", before={"id": "us-east-1_x"})
    assert re.search(refusal, refusal_of(check_people, [deleted], session))


EMPTY_LIST = {"Marker": "", "MaxItems": 1, "IsTruncated": False, "Quantity": 0}


@pytest.mark.parametrize(
    ("answer", "said", "refusal"),
    [
        ({"DistributionList": EMPTY_LIST}, "Note: this account has no CloudFront distribution yet. AWS verifies", "^$"),
        ("AccessDenied", "", r'^CloudFront refuses your credentials \(AccessDenied\): .* edge = "none"'),
    ],
)
def test_a_first_distribution_comes_with_a_word_about_new_accounts(answer, said, refusal, capsys):
    planned = [change("aws_cloudfront_distribution.main[0]", "create")]
    session: Any = StubbedSession(("cloudfront.list_distributions", answer))
    assert re.search(refusal, refusal_of(check_cloudfront, planned, session))
    assert capsys.readouterr().out.startswith(said)
    check_cloudfront([change("aws_cloudfront_distribution.main[0]", "update")], session)  # asks nothing


@pytest.mark.parametrize(
    ("key", "waiting", "values"),
    [("arn:key", 0, {}), (None, 3, {}), (None, 0, {}), ("arn:key", 0, None)],
)
def test_the_key_stays_until_no_queue_uses_it_and_no_message_waits_that_it_encrypted(key, waiting, values):
    answer = {"Attributes": {"ApproximateNumberOfMessagesNotVisible": str(waiting), "VisibilityTimeout": "30"}}
    session: Any = StubbedSession(("sqs.get_queue_attributes", answer))
    before = None if values is None else {"url": "https://sqs/queue", "kms_master_key_id": key}
    planned = [
        change("aws_kms_key.main[0]", "delete", before={}),
        change("aws_sqs_queue.email", "update", before=before),
    ]

    refused = "customer_key = false first, twice" in refusal_of(check_key, planned, session)

    assert refused == bool(before and (key or waiting))
    assert refusal_of(check_key, planned[1:], session) == ""
    assert not key_is_needed([], session)


@pytest.mark.parametrize(
    ("action", "region", "refusal"),
    [
        ("no-op", REGION, "^$"),
        ("create", REGION, r"set manage_sender = false\.$"),
        ("no-op", "eu-west-1", "^aws_region is us-east-1 in the variables: say so in AWS_REGION as well"),
    ],
)
def test_a_plan_is_checked_by_its_own_values(database_url, action, region, refusal):
    plan = plan_of(database_url, change("aws_sesv2_email_identity.sender[0]", action))
    asked = identities([(SENDER, "verified")]) if region == REGION else ()
    session = StubbedSession(*asked, *(quotas() if refusal == "^$" else []), region=region)

    assert re.search(refusal, refusal_of(check_plan, plan, session))
    session.assert_all_asked()


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
