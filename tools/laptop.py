"""What `make run` runs on this machine, for the commands that can look at it instead of AWS."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from boto3.session import Session

from local.settings import state_folder
from tools.preflight import NotReady

if TYPE_CHECKING:
    from collections.abc import Mapping


def open_laptop(environment: Mapping[str, str]) -> tuple[str, Session, str]:
    """The database's address, a session, and the emulator's address. NotReady: `make run` has never run here."""
    file = state_folder(environment) / "env"
    if not file.is_file():
        raise NotReady("`make run` has not run here yet: start it first.")
    variables = dict(assignment.split("=", 1) for assignment in shlex.split(file.read_text("utf-8"), comments=True))
    key, secret = variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]
    session = Session(key, secret, region_name=variables["AWS_DEFAULT_REGION"])
    return variables["DATABASE_URL"], session, variables["AWS_ENDPOINT_URL"]
