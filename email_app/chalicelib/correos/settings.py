"""The environment variables of this app, read and checked in one place."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING

from chalicelib.correos.address import is_address

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("es", "en")
_TRUTH = {"true": True, "false": False}
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
MAX_RATE = 1_000
_NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]{1,18})?", re.ASCII)
_URL = re.compile(r"https?://[^\s]+")


class SettingError(Exception):
    """A variable is missing or malformed; the message names it and the rule, never its value. Not retried: HTTP 500."""

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"The environment variable {name} must be {rule}.")


@dataclass(frozen=True, kw_only=True)
class Settings:
    email_queue_url: str
    email_dlq_url: str
    ledger_table: str
    email_from: str
    """An address, or ``Name <address>``."""
    notify_to: tuple[str, ...]
    """Who gets a mail for every event: one address or more, none twice."""
    notify_employee: bool
    """Whether a new employee is greeted."""
    ses_configuration_set: str
    mail_rate: float
    """Mails that this process sends in a second, at most: its part of what SES takes from the account."""
    mail_language: str
    """The language of the mails that this app words; one of ``LANGUAGES``."""
    is_demo: bool = False
    """Whether this is a demonstration, which has no sign-in and takes no real data."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read all variables.

        Raises:
            SettingError: for the first one that is missing or malformed.
        """
        read = _Reader(environment)
        return cls(
            email_queue_url=read.matching("EMAIL_QUEUE_URL", _URL, "the URL of an SQS queue"),
            email_dlq_url=read.matching("EMAIL_DLQ_URL", _URL, "the URL of an SQS queue"),
            ledger_table=read.matching("LEDGER_TABLE", _NAME, "the name of a DynamoDB table"),
            email_from=read.sender("EMAIL_FROM"),
            notify_to=read.addresses("NOTIFY_TO"),
            notify_employee=_TRUTH[read.one_of("NOTIFY_EMPLOYEE", tuple(_TRUTH))],
            ses_configuration_set=read.matching("SES_CONFIGURATION_SET", _NAME, "the name of a SES configuration set"),
            mail_rate=read.rate("MAIL_RATE"),
            mail_language=read.one_of("MAIL_LANGUAGE", LANGUAGES, default=LANGUAGES[0]),
            is_demo=_TRUTH[read.one_of("DEMO", tuple(_TRUTH), default="false")],
        )


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def matching(self, name: str, pattern: re.Pattern[str], rule: str) -> str:
        value = self._environment.get(name, "")
        if not pattern.fullmatch(value):
            raise SettingError(name, rule)
        return value

    def one_of(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self._environment.get(name) or default
        if value not in choices:
            raise SettingError(name, " or ".join(choices))
        return value

    def rate(self, name: str) -> float:
        value = self._environment.get(name, "")
        if not _NUMBER.fullmatch(value) or not 0 < float(value) <= MAX_RATE:
            raise SettingError(name, f"a number above 0, at most {MAX_RATE}")
        return float(value)

    def sender(self, name: str) -> str:
        value = self._environment.get(name, "")
        _, address = parseaddr(value)
        if not (is_address(address) and value.isprintable()):
            raise SettingError(name, "an e-mail address, or a name and <an e-mail address>")
        return value

    def addresses(self, name: str) -> tuple[str, ...]:
        values = [value.strip() for value in self._environment.get(name, "").split(",")]
        if not all(is_address(value) for value in values):
            raise SettingError(name, "e-mail addresses, separated by commas")
        return tuple({value.lower(): value for value in values}.values())
