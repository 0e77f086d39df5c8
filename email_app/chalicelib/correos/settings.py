"""What the environment says: the only module that reads it."""

from __future__ import annotations

import os
import re
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


class Settings:
    """The variables of email_app. `SettingError` names the first one that is missing or malformed."""

    def __init__(self, variables: Mapping[str, str] = os.environ) -> None:
        read = Environment(variables)
        self.email_queue_url = read.read_text("EMAIL_QUEUE_URL", "the URL of an SQS queue", pattern=_URL)
        self.email_dlq_url = read.read_text("EMAIL_DLQ_URL", "the URL of an SQS queue", pattern=_URL)
        self.ledger_table = read.read_text("LEDGER_TABLE", "the name of a DynamoDB table", pattern=_NAME)
        self.email_from = read.read("EMAIL_FROM", "an email address, or a name and <an email address>", _parse_sender)
        #: The recipients of every event: one address or more, none twice.
        self.notify_to = read.read("NOTIFY_TO", "email addresses, separated by commas", _parse_addresses)
        #: Whether a new employee is greeted.
        self.notify_employee = read.read_flag("NOTIFY_EMPLOYEE")
        rule = "the name of an SES configuration set"
        self.ses_configuration_set = read.read_text("SES_CONFIGURATION_SET", rule, pattern=_NAME)
        #: Emails per second that this process may send: its share of the account's SES limit.
        self.mail_rate = read.read("MAIL_RATE", f"a number above 0, at most {MAX_RATE}", _parse_rate)
        self.mail_language = read.read_choice("MAIL_LANGUAGE", LANGUAGES, default=LANGUAGES[0])
        self.time_zone = read.read("TIME_ZONE", "a time zone, such as Europe/Madrid", _parse_time_zone, _UTC)
        #: For links to employees; without it there are none.
        self.page_url = read.read_text("PAGE_URL", "the page's address", pattern=_PAGE, default="")
        #: The pool whose users are managed here; empty in a demonstration, which has none.
        rule = "the id of a user pool, such as eu-west-1_a1B2c3D4e"
        self.user_pool = read.read_text("USER_POOL_ID", rule, pattern=_POOL, default="")
        #: Whether this is a demonstration, which has no sign-in and takes no real data.
        self.is_demo = read.read_flag("DEMO", default=False)


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
