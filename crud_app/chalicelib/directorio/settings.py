"""What the environment says: the only module that reads it.

Nothing is read before it is needed, so that importing the app needs no environment, and a read needs no topic.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORT = 5432
MAX_POOL_SIZE = 100
LOOPBACK = ("localhost", "127.0.0.1", "::1")
PARAMETERS = ("host", "pgbouncer", "sslmode", "sslrootcert")
SSL_MODES = ("disable", "require", "verify-ca", "verify-full")


class SettingError(Exception):
    """A variable of the environment is missing or malformed.

    The message names the variable and the rule, never the value: it may be logged.
    """


@dataclass(frozen=True)
class DatabaseAddress:
    """Where PostgreSQL is and how to talk to it: what ``DATABASE_URL`` says, in libpq's terms.

    ``socket_folder`` is set instead of ``host`` for a Unix socket. ``ssl_mode`` is one of ``SSL_MODES``, with libpq's
    meaning; there is no mode that falls back to plain text. ``pooled`` means that a transaction pooler (PgBouncer,
    Supavisor) stands between, which refuses start-up parameters and forgets session settings.
    """

    user: str
    password: str | None = field(repr=False)
    host: str
    port: int
    database: str
    socket_folder: str | None
    ssl_mode: str
    ssl_root_cert: str | None
    pooled: bool


@dataclass(frozen=True)
class AwsAccess:
    """Where AWS's Parameter Store is, and the credentials to ask it: Lambda gives them to each function's role."""

    region: str
    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)


@dataclass(frozen=True)
class KeyServer:
    """Who gives credentials to a function that started from a snapshot, which has none in its environment."""

    url: str
    authorization: str = field(repr=False)


class Settings:
    """The variables that crud_app knows, each checked when it is first asked for.

    Args:
        environment: variable names to values.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    @cached_property
    def database_address(self) -> DatabaseAddress:
        """``DATABASE_URL``: ``postgresql://user:password@host:port/database?sslmode=…``.

        Raises:
            SettingError: it is missing, no such address, or has a parameter that is not understood.
        """
        return parse_database_url(self._required("DATABASE_URL"))

    @cached_property
    def database_parameter(self) -> str | None:
        """``DATABASE_URL_PARAMETER``: the name of the parameter that holds what ``DATABASE_URL`` would, or None.

        Raises:
            SettingError: it is no name of a parameter, or ``DATABASE_URL`` is set, too.
        """
        value = self._environment.get("DATABASE_URL_PARAMETER")
        if not value:
            return None
        if self._environment.get("DATABASE_URL"):
            raise SettingError("DATABASE_URL and DATABASE_URL_PARAMETER must not both be set")
        if not re.fullmatch(r"[A-Za-z0-9_./-]{1,1011}", value):
            raise SettingError(
                "DATABASE_URL_PARAMETER must be the name of a parameter, such as /directory/database-url"
            )
        return value

    @cached_property
    def key_server(self) -> KeyServer | None:
        """``AWS_CONTAINER_CREDENTIALS_FULL_URI`` and ``…_AUTHORIZATION_TOKEN``, as Lambda SnapStart sets them, or None.

        https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html

        Raises:
            SettingError: the first is no address of this machine.
        """
        url = self._environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        if not url:
            return None
        if not re.fullmatch(r"http://(localhost|127\.0\.0\.1|169\.254\.[0-9.]+)(:[0-9]{1,5})?/[!-~]*", url):
            raise SettingError("AWS_CONTAINER_CREDENTIALS_FULL_URI must be an http:// address of this machine")
        return KeyServer(url, self._environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", ""))

    @cached_property
    def aws_access(self) -> AwsAccess:
        """``AWS_REGION`` and the credentials, as Lambda sets them; ``AWS_ENDPOINT_URL`` where there is an emulator.

        The credentials are empty where a ``key_server`` has them.

        Raises:
            SettingError: one is missing, or the endpoint is no address.
        """
        region = self._environment.get("AWS_REGION") or self._required("AWS_DEFAULT_REGION")
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        endpoint = self._environment.get("AWS_ENDPOINT_URL") or f"https://ssm.{region}.{domain}"
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?", endpoint):
            raise SettingError("AWS_ENDPOINT_URL must be an http:// or https:// address without a path")
        return AwsAccess(
            region=region,
            endpoint=endpoint,
            access_key="" if self.key_server else self._required("AWS_ACCESS_KEY_ID"),
            secret_key="" if self.key_server else self._required("AWS_SECRET_ACCESS_KEY"),
            session_token=self._environment.get("AWS_SESSION_TOKEN", ""),
        )

    @cached_property
    def database_pool_size(self) -> int:
        """``DATABASE_POOL_SIZE``: connections of this process. A Lambda serves one request at a time and needs one.

        Raises:
            SettingError: it is not a whole number from 1 to 100.
        """
        value = self._environment.get("DATABASE_POOL_SIZE", "1")
        if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= MAX_POOL_SIZE):
            raise SettingError(f"DATABASE_POOL_SIZE must be a whole number from 1 to {MAX_POOL_SIZE}")
        return int(value)

    @cached_property
    def topic_arn(self) -> str:
        """``SNS_TOPIC_ARN``: the topic that the events are published to.

        Raises:
            SettingError: it is missing, or no ARN of a topic.
        """
        value = self._required("SNS_TOPIC_ARN")
        if not re.fullmatch(r"arn:[^:]+:sns:[^:]+:[0-9]{12}:[A-Za-z0-9_-]+", value):
            raise SettingError("SNS_TOPIC_ARN must be the ARN of a topic: arn:aws:sns:<region>:<account>:<name>")
        return value

    @cached_property
    def is_demo(self) -> bool:
        """``DEMO``: ``true`` for a demonstration, which has no sign-in and takes no real data; ``false`` by default.

        Raises:
            SettingError: it is neither.
        """
        value = self._environment.get("DEMO", "false")
        if value not in {"true", "false"}:
            raise SettingError("DEMO must be true or false")
        return value == "true"

    def _required(self, name: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            raise SettingError(f"{name} is not set")
        return value


def from_environment() -> Settings:
    """The settings of this process."""
    return Settings(os.environ)


def parse_database_url(url: str) -> DatabaseAddress:
    """Read a libpq URL, and the parameters that Supabase hands out.

    Raises:
        SettingError: see ``Settings.database_address``.
    """
    parts, port = _split(url)
    parameters = _parameters(parts.query)
    host = parameters.get("host") or parts.hostname or ""
    database = unquote(parts.path.removeprefix("/"))
    if not (host and parts.username and database):
        raise SettingError("DATABASE_URL must name a user, a host and a database")
    is_socket = host.startswith("/")
    return DatabaseAddress(
        user=unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        host="localhost" if is_socket else host,
        port=port,
        database=database,
        socket_folder=host if is_socket else None,
        ssl_mode=_ssl_mode(parameters, is_local=is_socket or host in LOOPBACK),
        ssl_root_cert=parameters.get("sslrootcert"),
        pooled=_is_true(parameters.get("pgbouncer", "false")),
    )


def _split(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
    except ValueError:
        raise SettingError("DATABASE_URL is no URL, or its port is no number from 1 to 65535") from None
    if parts.scheme not in {"postgresql", "postgres"}:
        raise SettingError("DATABASE_URL must begin with postgresql://")
    return parts, port


def _parameters(query: str) -> dict[str, str]:
    parameters = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    if not parameters.keys() <= set(PARAMETERS):
        raise SettingError(f"DATABASE_URL has a parameter that is not understood; known are {', '.join(PARAMETERS)}")
    return parameters


def _ssl_mode(parameters: Mapping[str, str], *, is_local: bool) -> str:
    mode = parameters.get("sslmode", "disable" if is_local else "verify-full")
    if mode not in SSL_MODES:
        raise SettingError(
            f"DATABASE_URL: sslmode must be one of {', '.join(SSL_MODES)}; others fall back to plain text"
        )
    return mode


def _is_true(value: str) -> bool:
    if value not in {"true", "false"}:
        raise SettingError("DATABASE_URL: pgbouncer must be true or false")
    return value == "true"
