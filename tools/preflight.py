"""What must be true before anything is changed in AWS. Each check is silent, or stops with one sentence that says
what to do: `make plan`, `make sender`, `make deploy` and `make destroy` ask here first.
"""

from __future__ import annotations

import logging
import sys
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound

from chalice_frontdoor import SettingError
from chalicelib.directorio.database import Database
from chalicelib.directorio.errors import Unavailable
from chalicelib.directorio.settings import parse_database_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_sesv2 import SESV2Client

    from chalicelib.directorio.settings import DatabaseAddress

# The apps' log lines are for CloudWatch; without a handler Python would print them here.
logging.getLogger("chalicelib").addHandler(logging.NullHandler())

CRUD_APP = Path(__file__).resolve().parents[1] / "crud_app"

TERRAFORM_MINIMUM = (1, 5)
SNAPSTART_MINIMUM = (3, 12)
SENDER = "aws_sesv2_email_identity.sender[0]"
# A database that suspends when idle needs a moment to wake up; each attempt of crud_app's own takes about 2 s.
DATABASE_ATTEMPTS = 4


class NotReady(Exception):
    """Something is missing; the message is one sentence that says what to do. Nothing was changed."""


@dataclass(frozen=True)
class Account:
    """Where a deployment would go."""

    number: str
    region: str


def check_terraform(version: Mapping[str, Any]) -> None:
    """Check what `terraform version -json` says.

    Raises:
        NotReady: it is older than ``TERRAFORM_MINIMUM``.
    """
    text = version["terraform_version"]
    major, minor, *_ = text.split(".")
    if (int(major), int(minor)) < TERRAFORM_MINIMUM:
        raise NotReady(f"Terraform {text} is too old: install 1.5 or newer (or OpenTofu, with TERRAFORM=tofu).")


def open_session(environment: Mapping[str, str]) -> Session:
    """What the environment and the AWS profile lead to.

    Raises:
        NotReady: AWS_PROFILE names no profile.
    """
    try:
        # boto3 reads AWS_DEFAULT_REGION only; Terraform and other tools read AWS_REGION.
        return Session(region_name=environment.get("AWS_REGION") or None)
    except ProfileNotFound as error:
        raise NotReady(f"AWS_PROFILE names no profile of this machine: {error}.") from error


def check_account(session: Session) -> Account:
    """Check that AWS knows who asks, and where.

    Raises:
        NotReady: there is no region, there are no credentials, or AWS refuses them.
    """
    region = session.region_name
    if not region:
        raise NotReady("No AWS region is chosen: say AWS_REGION=us-east-1, or run `aws configure`.")
    try:
        number = session.client("sts").get_caller_identity()["Account"]
    except ClientError as error:
        raise NotReady(
            f"AWS refuses your credentials ({error.response['Error']['Code']}): sign in again, or check AWS_PROFILE."
        ) from error
    except BotoCoreError as error:
        raise NotReady(
            f"AWS cannot be asked who you are ({type(error).__name__}): set AWS_PROFILE, or run `aws configure`."
        ) from error
    return Account(number, region)


def check_database_url(environment: Mapping[str, str]) -> None:
    """Check that an address is given; Terraform checks its form, and ``check_database`` the rest.

    Raises:
        NotReady: DATABASE_URL is not set.
    """
    if not environment.get("DATABASE_URL"):
        raise NotReady(
            "DATABASE_URL is not set: give the address of the database, "
            "as in DATABASE_URL='postgresql://user:password@host:5432/database'."
        )


def database_address(url: str) -> DatabaseAddress:
    """Read the address as the Lambda will; a relative ``sslrootcert`` is a file of crud_app, which is packaged with it.

    Raises:
        NotReady: crud_app does not understand it.
    """
    try:
        address = parse_database_url(url)
    except SettingError as error:
        raise NotReady(f"{error}.") from error
    if address.ssl_root_cert in {None, "system"}:
        return address
    return replace(address, ssl_root_cert=str(CRUD_APP / str(address.ssl_root_cert)))


def check_database(url: str) -> None:
    """Ask the database for a sign of life, from this machine, as the Lambda will: same TLS rules, same driver.

    Raises:
        NotReady: crud_app does not understand the address, or no server answers there.
    """
    address = database_address(url)
    try:
        with closing(Database(address)) as database:
            for _ in range(DATABASE_ATTEMPTS - 1):
                with suppress(Unavailable):
                    return database.ping()
            database.ping()
    except SettingError as error:  # the file of sslrootcert
        raise NotReady(f"{error}.") from error
    except Unavailable as error:
        state = f" (SQLSTATE {error.args[0]})" if error.args[0] else ""
        raise NotReady(
            f"The database at {urlsplit(url).hostname or 'the Unix socket'} does not answer{state}: check that it "
            "runs, that this machine may reach it, and the user and password in DATABASE_URL."
        ) from error


def confirm(question: str, environment: Mapping[str, str]) -> None:
    """Continue only if the person says yes, or YES=1 said so before.

    Raises:
        NotReady: the answer is no, or there is no terminal to ask on.
    """
    if environment.get("YES") == "1":
        return
    if not sys.stdin.isatty():
        raise NotReady(f"{question} There is no terminal to answer on: say YES=1.")
    if input(f"{question} [yes/no] ").strip().lower() not in {"y", "yes", "s", "si", "sí"}:
        raise NotReady("Nothing was changed.")


def check_sender(client: SESV2Client, address: str, *, region: str, is_new: bool) -> None:
    """Check that SES would send e-mails from ``address``.

    Args:
        client: SES in the region of the deployment.
        address: the bare sender.
        region: for the sentence.
        is_new: whether Terraform is about to create the identity.

    Raises:
        NotReady: it is not verified, or another Terraform state manages it.
    """
    is_verified = _is_verified(client, address)
    if is_new and is_verified is not None:
        raise NotReady(
            f"SES already has the sender {address}, but not through this environment: set manage_sender = false."
        )
    if is_verified or any(_is_verified(client, domain) for domain in _domains(address)):
        return
    if is_verified is None:
        raise NotReady(
            f"SES in {region} does not know the sender {address}: run `make sender`, follow the link in the e-mail "
            "that AWS sends there, and try again."
        )
    raise NotReady(
        f"SES in {region} has not verified the sender {address}: follow the link in the e-mail that AWS sent there, "
        "and try again."
    )


def _is_verified(client: SESV2Client, identity: str) -> bool | None:
    """Whether SES has verified ``identity``; None if it does not know it."""
    try:
        return client.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"]
    except client.exceptions.NotFoundException:
        return None


def _domains(address: str) -> Iterator[str]:
    """The domains whose verification covers ``address``: its own and those above it."""
    labels = address.rpartition("@")[2].split(".")
    for index in range(len(labels) - 1):
        yield ".".join(labels[index:])


def check_snapstart(plan: Mapping[str, Any]) -> None:
    """Check that the functions' runtime can start from a snapshot, where a plan wants that.

    https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html

    Raises:
        NotReady: the apps were packaged with a Python that is too old.
    """
    for change in plan["resource_changes"]:
        function = change["change"].get("after") or {}
        if change.get("type") == "aws_lambda_function" and function.get("snap_start"):
            runtime = str(function["runtime"])
            if tuple(map(int, runtime.removeprefix("python").split("."))) < SNAPSTART_MINIMUM:
                raise NotReady(
                    f"snapstart needs Python 3.12 or newer, and the apps were packaged for {runtime}: "
                    "make PYTHON=python3.12 install package, or leave snapstart out."
                )


def check_plan(plan: Mapping[str, Any], session: Session) -> None:
    """Check what a plan (`terraform show -json`) needs from outside of it: a runtime, the database and the sender.

    Raises:
        NotReady: see ``check_snapstart``, ``check_database`` and ``check_sender``.
    """
    check_snapstart(plan)
    variables = {name: variable["value"] for name, variable in plan["variables"].items()}
    creates = {change["address"] for change in plan["resource_changes"] if change["change"]["actions"] == ["create"]}
    check_database(variables["database_url"])
    region = variables["aws_region"]
    client = session.client("sesv2", region_name=region)
    check_sender(client, variables["email_from"], region=region, is_new=SENDER in creates)
