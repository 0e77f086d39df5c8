"""What must be true before anything is changed in AWS. Each check is silent, or raises `NotReady`."""

from __future__ import annotations

import logging
import socket
import sys
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound

from chalicelib.directorio.database import Database, Statement
from chalicelib.directorio.errors import Unavailable
from chalicelib.directorio.settings import parse_database_url
from tools.command_line import NotReady
from tools.terraform_cli import ROOT, UNVERIFIED_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mypy_boto3_sesv2 import SESV2Client

    from chalicelib.directorio.settings import DatabaseAddress

# The apps' log lines are for CloudWatch; without a handler Python would print them here.
logging.getLogger("chalicelib").addHandler(logging.NullHandler())

CRUD_APP = ROOT / "crud_app"

SENDER = "aws_sesv2_email_identity.sender[0]"
KEY = "aws_kms_key.main[0]"
QUEUE_KIND = "aws_sqs_queue"
# What an interrupted deployment may have made all the same, and a replacement would lose or take half an hour for.
PRECIOUS = frozenset(
    {"aws_cloudfront_distribution", "aws_cloudfront_vpc_origin", "aws_cognito_user_pool", "aws_dynamodb_table"}
    | {"aws_kms_key", "aws_lb", QUEUE_KIND}
)
# Lambda keeps this much of the account's concurrency for functions without a reservation.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
UNRESERVED = 100
# Emails a second: enough for any directory, and far from the most batches that Lambda sends at once (1,000, each ten).
MOST_RATE = 1000
# How the resources that deletion_protection protects say so.
PROTECTIONS = {
    "enable_deletion_protection": True,
    "deletion_protection_enabled": True,
    "deletion_protection": "ACTIVE",
    "force_destroy": False,
}
# A database that suspends when idle needs a moment to wake up; each attempt of crud_app's own takes about 2 s.
DATABASE_ATTEMPTS = 4


class Account(NamedTuple):
    number: str
    region: str


class Limits(NamedTuple):
    """What AWS allows the account in a region."""

    concurrency: int
    mail_rate: float
    is_sandbox: bool


def open_session(environment: Mapping[str, str]) -> Session:
    """What the environment and the AWS profile lead to."""
    try:
        # boto3 reads AWS_DEFAULT_REGION only; Terraform and other tools read AWS_REGION.
        return Session(region_name=environment.get("AWS_REGION") or None)
    except ProfileNotFound as error:
        raise NotReady(f"AWS_PROFILE names no profile of this machine: {error}.") from error


def check_account(session: Session) -> Account:
    """Check that AWS knows the caller, and that a region is chosen."""
    if not session.region_name:
        raise NotReady("No AWS region is chosen: say AWS_REGION=us-east-1, or run `aws configure`.")
    try:
        return Account(session.client("sts").get_caller_identity()["Account"], session.region_name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise NotReady(f"AWS refuses your credentials ({code}): sign in again, or check AWS_PROFILE.") from error
    except BotoCoreError as error:
        reason = f"AWS cannot be asked who you are ({type(error).__name__}): set AWS_PROFILE, or run `aws configure`."
        raise NotReady(reason) from error


def check_same_account(account: Account, outputs: Mapping[str, Any], environment: str) -> None:
    """Check that the environment's state is of this account and region: elsewhere Terraform would plan a second one."""
    deployed = outputs.get("account", account._asdict())
    if deployed != account._asdict():
        raise NotReady(
            f"The environment {environment} is in account {deployed['number']}, {deployed['region']}, and your "
            f"credentials lead to {account.number}, {account.region}: check AWS_PROFILE and AWS_REGION, or choose "
            "another ENVIRONMENT."
        )


def read_limits(session: Session) -> Limits:
    concurrency = session.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    account = session.client("sesv2").get_account()
    return Limits(concurrency, account["SendQuota"]["MaxSendRate"], not account["ProductionAccessEnabled"])


def check_quotas(session: Session, variables: Mapping[str, Any]) -> None:
    """Check that a plan's variables keep to what AWS allows the account."""
    limits, region = read_limits(session), session.region_name
    reserved = sum((variables.get("reserved_concurrency") or {}).values())
    if reserved and limits.concurrency - reserved < UNRESERVED:
        raise NotReady(
            f"reserved_concurrency reserves {reserved:g} of the {limits.concurrency} functions that the account may "
            f"run at once in {region}, and AWS keeps {UNRESERVED} unreserved: remove it, or request a higher quota "
            "(Service Quotas, AWS Lambda, Concurrent executions)."
        )
    wanted = float(variables.get("ses_rate", 0))  # a plan holds a number of the shell as text
    if wanted > limits.mail_rate:
        raise NotReady(
            f"ses_rate is {wanted:g}, and SES in {region} accepts {limits.mail_rate:g} emails a second: remove it from "
            "the variables, or request a higher rate."
        )
    for address in variables["notify_to"] if limits.is_sandbox else ():
        if not _may_send(session.client("sesv2"), address):
            raise NotReady(
                f"SES in {region} is in its sandbox and has not verified the recipient {address}: run `aws sesv2 "
                f"create-email-identity --email-identity {address}` and follow the link in the e-mail, or request "
                "production access in the SES console."
            )


def check_database_url(environment: Mapping[str, str]) -> None:
    """Check that an address is given; Terraform checks its form, and ``check_database`` the rest."""
    if not environment.get("DATABASE_URL"):
        raise NotReady(
            "DATABASE_URL is not set: give the address of the database, "
            "as in DATABASE_URL='postgresql://user:password@host:5432/database'."
        )


def database_address(url: str) -> DatabaseAddress:
    """Read the address as the Lambda will; a relative ``sslrootcert`` is a file that is packaged with crud_app."""
    address = parse_database_url(url)
    if address.ssl_root_cert in {None, "system"}:
        return address
    return replace(address, ssl_root_cert=str(CRUD_APP / str(address.ssl_root_cert)))


def check_database(url: str) -> int:
    """Ask the database, from this machine, as the Lambda will, with the same TLS rules and driver.

    Return how many connections it accepts.
    """
    address = database_address(url)
    host = urlsplit(url).hostname
    try:
        if host:
            socket.getaddrinfo(host, None, socket.AF_INET)
        with closing(Database(address)) as database:
            for _ in range(DATABASE_ATTEMPTS - 1):
                with suppress(Unavailable):
                    database.ping()
                    break
            ((connections,),) = database.read(Statement("SHOW max_connections"))
            return int(connections)
    except socket.gaierror as error:
        raise NotReady(f"{host} has no IPv4 address, which Lambda needs: is it right, or has it a pooler?") from error
    except Unavailable as error:
        state = f" (SQLSTATE {error.args[0]})" if error.args[0] else ""
        raise NotReady(
            f"The database at {host or 'the Unix socket'} does not answer{state}: check that it runs, that this "
            "machine may reach it, and the user and password in DATABASE_URL."
        ) from error


def confirm(question: str, environment: Mapping[str, str]) -> None:
    """Continue only if the person says yes, or YES=1 said so before."""
    if environment.get("YES") == "1":
        return
    if not sys.stdin.isatty():
        raise NotReady(f"{question} There is no terminal to answer on: say YES=1.")
    if input(f"{question} [yes/no] ").strip().lower() not in {"y", "yes", "s", "si", "sí"}:
        raise NotReady("Nothing was changed.")


def check_sender(session: Session, address: str, *, is_new: bool) -> None:
    """Check that SES would send e-mails from ``address``; ``is_new`` says that Terraform is about to create it."""
    client = session.client("sesv2")
    if is_new and _is_verified(client, address) is not None:
        raise NotReady(
            f"SES already has the sender {address}, but not through this environment: set manage_sender = false."
        )
    if not _may_send(client, address):
        raise NotReady(
            f"SES in {session.region_name} has not verified the sender {address}: run `make sender`, follow the link "
            "in the e-mail that AWS sends there, and try again."
        )


def _may_send(client: SESV2Client, address: str) -> bool:
    """Whether SES has verified an address, its domain or one above that."""
    labels = address.rpartition("@")[2].split(".")
    domains = (".".join(labels[start:]) for start in range(len(labels) - 1))
    return any(_is_verified(client, identity) for identity in (address, *domains))


def _is_verified(client: SESV2Client, identity: str) -> bool | None:
    """Whether SES has verified ``identity``; None if it does not know it."""
    try:
        return client.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"]
    except client.exceptions.NotFoundException:
        return None


def check_changes(changes: Sequence[Mapping[str, Any]]) -> None:
    """Check a plan's ``resource_changes`` for what AWS would refuse, or what would be lost."""
    for change in changes:
        actions, address = change["change"]["actions"], change["address"]
        before, after = (change["change"].get(side) or {} for side in ("before", "after"))
        if change.get("action_reason") == "replace_because_tainted" and change.get("type") in PRECIOUS:
            raise NotReady(
                f"An interrupted deployment left {address} marked for replacement: if AWS shows it as complete, run "
                f"`terraform -chdir=infra untaint '{address}'`, else `terraform -chdir=infra destroy "
                f"-target='{address}'`, and then `make plan` again."
            )
        if (
            address == "aws_lb.main[0]"
            and {"delete", "create"} <= {*actions}
            and before.get("name") == after.get("name")
        ):
            raise NotReady(
                "The plan replaces the load balancer, and AWS accepts no second one of its name: deploy once with "
                "alb_enabled = false (the page is away meanwhile), then without it."
            )
        if "delete" in actions and _is_protected(before):
            raise NotReady(f"The plan deletes {address}, which is protected: deploy deletion_protection = false first.")
        if address == SENDER and actions == ["delete"]:
            raise NotReady(
                "The plan deletes the sender's SES identity, with which other environments may send: run `terraform "
                f"-chdir=infra state rm '{SENDER}'` to keep it, and `make plan` again."
            )
        # https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
        if after.get("snap_start") and after["runtime"] in {"python3.10", "python3.11"}:
            raise NotReady(
                f"snapstart needs Python 3.12 or newer, and the apps were packaged for {after['runtime']}: "
                "make PYTHON=python3.12 install package, or leave snapstart out."
            )


def _is_protected(values: Mapping[str, Any]) -> bool:
    return any(values.get(name) == value for name, value in PROTECTIONS.items())


def check_people(changes: Sequence[Mapping[str, Any]], session: Session) -> None:
    """Check that a plan does not delete a user pool that has people (demo = true, or a rollback to before it)."""
    for change in _planned(changes, "aws_cognito_user_pool.main[0]", "delete"):
        found = session.client("cognito-idp").describe_user_pool(UserPoolId=change["before"]["id"])["UserPool"]
        if people := found.get("EstimatedNumberOfUsers"):
            raise NotReady(
                f"The plan deletes the user pool with its {people} users: remove them first (docs/runbook.md, Users), "
                "or leave demo out."
            )


def _planned(changes: Sequence[Mapping[str, Any]], address: str, *actions: str) -> list[Mapping[str, Any]]:
    """The change of the resource ``address``, if it has one of the ``actions``."""
    found = [each["change"] for each in changes if each["address"] == address]
    return [change for change in found if {*actions} & {*change["actions"]}]


def check_cloudfront(changes: Sequence[Mapping[str, Any]], session: Session) -> None:
    """Check that CloudFront may be used, and say what to do if AWS has to verify the account first."""
    if not _planned(changes, "aws_cloudfront_distribution.main[0]", "create"):
        return
    try:
        found = session.client("cloudfront").list_distributions(MaxItems="1")["DistributionList"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise NotReady(
            f'CloudFront refuses your credentials ({code}): give them the permission, or choose edge = "none" with '
            "a domain_name."
        ) from error
    if not found.get("Items"):
        print(f"Note: this account has no CloudFront distribution yet. {UNVERIFIED_ACCOUNT}")


def check_key(changes: Sequence[Mapping[str, Any]], session: Session) -> None:
    """Check that a plan does not delete a key that is in use; an older root module does not know ``keep_key``."""
    before = [{**each, "values": each["change"].get("before") or {}} for each in changes]
    if _planned(changes, KEY, "delete") and key_is_needed(before, session):
        raise NotReady(
            "The plan deletes the key with which queues and waiting messages are encrypted: deploy the present "
            "revision with customer_key = false first, twice, and then this one."
        )


def key_is_needed(resources: Sequence[Mapping[str, Any]], session: Session) -> bool:
    """Whether something in a state's resources still needs the key of the account's own.

    Queues stop using it in one deployment, and it goes in a later one, once no message waits that it encrypted.
    """
    if not any(each["address"] == KEY for each in resources):
        return False
    queues = [each["values"] for each in resources if each["type"] == QUEUE_KIND and each["values"]]
    if any(queue.get("kms_master_key_id") for queue in queues):
        return True
    found = (
        session.client("sqs").get_queue_attributes(QueueUrl=queue["url"], AttributeNames=["All"]) for queue in queues
    )
    counts = [each for queue in found for each in queue["Attributes"].items()]
    return any(int(count) for name, count in counts if name.startswith("ApproximateNumberOfMessages"))


def read_resources(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The resources of the root module in a state (`terraform show -json`)."""
    found: list[Mapping[str, Any]] = state.get("values", {}).get("root_module", {}).get("resources", [])
    return found


def check_destruction(state: Mapping[str, Any], session: Session, environment: str, functions: Collection[str]) -> None:
    """Check that AWS would delete all of the state (`terraform show -json`), and that no other environment needs it.

    ``functions`` are the environment's own.
    """
    resources = read_resources(state)
    if protected := sorted(each["address"] for each in resources if _is_protected(each["values"])):
        raise NotReady(
            f"{environment} is protected against deletion ({', '.join(protected)}): deploy it with "
            "deletion_protection = false first."
        )
    for sender in (each["values"]["email_identity"] for each in resources if each["address"] == SENDER):
        pages = session.client("lambda").get_paginator("list_functions").paginate()
        users = {
            found["FunctionName"]
            for found in pages.search("Functions[]")
            if found.get("Environment", {}).get("Variables", {}).get("EMAIL_FROM") == sender
        } - {*functions}
        if users:
            raise NotReady(
                f"Others send with {sender} too ({', '.join(sorted(users))}), and this deletes its SES identity: run "
                f"`terraform -chdir=infra state rm '{SENDER}'` to keep it, and `make destroy` again."
            )


def check_plan(plan: Mapping[str, Any], session: Session) -> None:
    """Check what a plan (`terraform show -json`) needs from outside of it, and what it would break."""
    changes = plan["resource_changes"]
    variables = {name: variable["value"] for name, variable in plan["variables"].items()}
    if variables["aws_region"] != session.region_name:
        raise NotReady(f"aws_region is {variables['aws_region']} in the variables: say so in AWS_REGION as well.")
    check_changes(changes)
    check_key(changes, session)
    check_people(changes, session)
    check_cloudfront(changes, session)
    check_database(variables["database_url"])
    check_sender(session, variables["email_from"], is_new=bool(_planned(changes, SENDER, "create")))
    check_quotas(session, variables)
