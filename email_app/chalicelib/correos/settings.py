"""What the environment says: the only module that reads it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from email.utils import parseaddr
from typing import TYPE_CHECKING

from chalice_frontdoor import Environment
from contract.email_address import is_email_address, read_address
from contract.text import BrokenRule

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("es", "en")
MAX_RATE = 1_000
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]{1,18})?", re.ASCII)
_PAGE = re.compile(r"https?://[A-Za-z0-9.:-]+")
_UTC: tzinfo = UTC
_ZONE = re.compile(r"[A-Za-z]+([/_+-][A-Za-z0-9]+)*")
_POOL = re.compile(r"[\w-]{1,30}_[0-9A-Za-z]{1,30}", re.ASCII)
_URL = re.compile(r"https?://[^\s]+")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The variables of email_app."""

    email_queue_url: str
    email_dlq_url: str
    ledger_table: str
    email_from: str
    """An address, or ``Name <address>``."""
    notify_to: tuple[str, ...]
    """The recipients of every event: one address or more, none twice."""
    notify_employee: bool
    """Whether a new employee is greeted."""
    ses_configuration_set: str
    """The one whose events come back to this app."""
    mail_rate: float
    """Emails per second that this process may send: its share of the account's SES limit."""
    mail_language: str
    """The language of the emails that this app words; one of ``LANGUAGES``."""
    time_zone: tzinfo = UTC
    """Of the times in emails."""
    page_url: str = ""
    """The page's address without a slash at the end, for links to employees; without it there are none."""
    user_pool: str = ""
    """The id of the pool whose users are managed here; empty in a demonstration, which has none."""
    is_demo: bool = False
    """Whether this is a demonstration, which has no sign-in and takes no real data."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = os.environ) -> Settings:
        """Read all variables.

        Raises:
            SettingError: for the first one that is missing or malformed.
        """
        read = Environment(variables)
        return cls(
            email_queue_url=read.read_text("EMAIL_QUEUE_URL", "the URL of an SQS queue", pattern=_URL),
            email_dlq_url=read.read_text("EMAIL_DLQ_URL", "the URL of an SQS queue", pattern=_URL),
            ledger_table=read.read_text("LEDGER_TABLE", "the name of a DynamoDB table", pattern=_NAME),
            email_from=read.read("EMAIL_FROM", "an email address, or a name and <an email address>", _parse_sender),
            notify_to=read.read("NOTIFY_TO", "email addresses, separated by commas", _parse_addresses),
            notify_employee=read.read_flag("NOTIFY_EMPLOYEE"),
            ses_configuration_set=read.read_text(
                "SES_CONFIGURATION_SET", "the name of an SES configuration set", pattern=_NAME
            ),
            mail_rate=read.read("MAIL_RATE", f"a number above 0, at most {MAX_RATE}", _parse_rate),
            mail_language=read.read_choice("MAIL_LANGUAGE", LANGUAGES, default=LANGUAGES[0]),
            time_zone=read.read("TIME_ZONE", "a time zone, such as Europe/Madrid", _parse_time_zone, _UTC),
            page_url=read.read_text("PAGE_URL", "the page's address", pattern=_PAGE, default=""),
            user_pool=read.read_text(
                "USER_POOL_ID", "the id of a user pool, such as eu-west-1_a1B2c3D4e", pattern=_POOL, default=""
            ),
            is_demo=read.read_flag("DEMO", default=False),
        )


def _parse_rate(text: str) -> float:
    if not _NUMBER.fullmatch(text) or not 0 < float(text) <= MAX_RATE:
        raise ValueError
    return float(text)


def _parse_time_zone(text: str) -> tzinfo:
    from dateutil.tz import gettz  # noqa: PLC0415 - comes with boto3, with a database of its own: Lambda may have none

    zone: tzinfo | None = gettz(text) if _ZONE.fullmatch(text) else None
    if zone is None:
        raise ValueError
    return zone


def _parse_sender(text: str) -> str:
    _, address = parseaddr(text)
    if not (is_email_address(address) and text.isprintable()):
        raise ValueError
    return text


def _parse_addresses(text: str) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(map(read_address, text.split(","))))
    except BrokenRule:
        raise ValueError from None
