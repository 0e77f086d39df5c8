"""The only module that reads the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass

from chalicelib.address import ADDRESS_RULE, UpstreamAddress


class SettingError(RuntimeError):
    """A variable of the environment is missing or malformed; the message names it and its rule."""

    def __init__(self, variable: str, rule: str) -> None:
        super().__init__(f"{variable} must be set to {rule}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    crud_api: UpstreamAddress
    email_api: UpstreamAddress


def read_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingError: a variable is missing or malformed.
    """
    return Settings(crud_api=_address("CRUD_API_URL"), email_api=_address("EMAIL_API_URL"))


def read_inbox_url() -> str:
    """Where the local stack shows the mails that it sent; empty where nothing does, as on AWS.

    Raises:
        SettingError: it is no address.
    """
    url = os.environ.get("INBOX_URL", "")
    if url and not url.startswith(("http://", "https://")):
        raise SettingError("INBOX_URL", "an http:// or https:// address, or not at all")
    return url


def _address(variable: str) -> UpstreamAddress:
    try:
        return UpstreamAddress.parse(os.environ.get(variable, ""))
    except ValueError:
        raise SettingError(variable, ADDRESS_RULE) from None
