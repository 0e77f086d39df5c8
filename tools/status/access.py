"""Finds out whether AWS (or the emulator) lets us in at all, before anything is read."""

from __future__ import annotations

import os
from dataclasses import dataclass

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError, ProfileNotFound

from local.emulator import CREDENTIALS, REGION

LAPTOP_PORT = "4566"  # of the emulator of `make run`; AWS_PORT changes it

# A person waits: a service that does not answer is said so within seconds.
CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})


class NoAccessError(Exception):
    """Nothing can be read; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Access:
    """Region and credentials, and an address other than the one that boto3 finds by itself (None: that one)."""

    session: boto3.Session
    endpoint_url: str | None = None


def open_access() -> Access:
    """What the environment and the AWS profile lead to.

    Raises:
        NoAccessError: there is no region, or AWS_PROFILE names no profile.
    """
    try:
        # boto3 itself reads AWS_DEFAULT_REGION only.
        session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
    except ProfileNotFound as error:
        raise NoAccessError(f"AWS_PROFILE names no profile of this machine: {error}.") from error
    if not session.region_name:
        raise NoAccessError("There is no AWS region: set AWS_REGION, such as us-east-1, or one in your AWS profile.")
    return Access(session)


def open_laptop() -> Access:
    """The emulator of ``make run`` on this machine."""
    session = boto3.Session(
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    return Access(session, f"http://127.0.0.1:{os.environ.get('AWS_PORT', LAPTOP_PORT)}")


def find_account(access: Access) -> tuple[str, str | None]:
    """The account that the credentials belong to, and the emulator's address if there is one.

    The call needs no permission: when it fails, nothing else would succeed.

    Raises:
        NoAccessError: the credentials are missing or refused, or nobody answers.
    """
    try:
        client = access.session.client("sts", endpoint_url=access.endpoint_url, config=CONFIG)
        account = client.get_caller_identity()["Account"]
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise NoAccessError(
            "There are no AWS credentials: sign in (`aws sso login`, AWS_PROFILE or AWS_ACCESS_KEY_ID), "
            "or say LAPTOP=1 for the emulator of `make run`."
        ) from error
    except ClientError as error:
        raise NoAccessError(
            f"AWS refuses the credentials ({error.response['Error']['Code']}): sign in again."
        ) from error
    except (BotoCoreError, ValueError) as error:  # ValueError: an address or a region that is none
        hint = " Is `make run` running?" if access.endpoint_url else ""
        raise NoAccessError(f"AWS cannot be reached: {error}.{hint}") from error
    address = client.meta.endpoint_url
    return account, None if ".amazonaws.com" in address else address
