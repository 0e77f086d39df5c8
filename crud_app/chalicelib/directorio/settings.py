"""What the environment says: the only module that reads it, and each variable only when it is needed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from chalice_frontdoor import Environment, SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORT = 5432
MAX_POOL_SIZE = 100
DEFAULT_LEAVER_DAYS, MAX_LEAVER_DAYS = 90, 3650
LOOPBACK = ("localhost", "127.0.0.1", "::1")
PARAMETERS = ("application_name", "channel_binding", "connect_timeout", "host", "pgbouncer", "sslmode", "sslrootcert")
CHANNEL_BINDINGS = ("disable", "prefer", "require")
SSL_MODES = ("disable", "require", "verify-ca", "verify-full")

_PARAMETER_NAME = re.compile(r"[A-Za-z0-9_./-]{1,1011}")
_KEY_SERVER = re.compile(r"http://(localhost|127\.0\.0\.1|169\.254\.[0-9.]+)(:[0-9]{1,5})?/[!-~]*")
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?")
_PLAIN = re.compile(r"[A-Za-z_-]{1,40}")
_ZONE = re.compile(r"[A-Za-z]+([/_+-][A-Za-z0-9]+)*")
_TOPIC_ARN = re.compile(r"arn:[^:]+:sns:[^:]+:[0-9]{12}:[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class DatabaseAddress:
    """Where PostgreSQL is and how to talk to it, in libpq's terms.

    Args:
        host: ``localhost`` for a Unix socket.
        port: of the server, or in the name of its socket.
        socket_folder: None without a Unix socket.
        ssl_mode: one of ``SSL_MODES``, with libpq's meaning. No mode falls back to plain text.
        ssl_root_cert: a file of certificate authorities, "system", or None.
        pooled: whether a transaction pooler (PgBouncer, Supavisor) stands between.
        channel_binding: one of ``CHANNEL_BINDINGS``.
        connect_seconds: to open a connection; None without a wish.
        application_name: as the server shows the connection.
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
    channel_binding: str = "prefer"
    connect_seconds: int | None = None
    application_name: str = "crud_app"


@dataclass(frozen=True)
class AwsAccess:
    """Where AWS's Parameter Store is, and the credentials of the function's role."""

    region: str
    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)


@dataclass(frozen=True)
class KeyServer:
    """Where a function that started from a snapshot gets credentials: its environment has none."""

    url: str
    authorization: str = field(repr=False)


class Settings:
    """The variables of crud_app. Each property raises ``SettingError`` if its variable is missing or malformed."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._environment = Environment(variables)

    @cached_property
    def database_address(self) -> DatabaseAddress:
        """``DATABASE_URL``: ``postgresql://user:password@host:port/database?sslmode=…``."""
        return self._environment.read("DATABASE_URL", "set", parse_database_url)

    @cached_property
    def database_parameter(self) -> str | None:
        """``DATABASE_URL_PARAMETER``: the parameter that contains what ``DATABASE_URL`` otherwise would, or None."""
        read_text = self._environment.read_text
        rule = "the name of a parameter, such as /directory/database-url"
        name = read_text("DATABASE_URL_PARAMETER", rule, pattern=_PARAMETER_NAME, default="")
        if name and read_text("DATABASE_URL", default=""):
            raise SettingError("DATABASE_URL", "unset where DATABASE_URL_PARAMETER is set")
        return name or None

    @cached_property
    def key_server(self) -> KeyServer | None:
        """``AWS_CONTAINER_CREDENTIALS_FULL_URI`` and ``…_AUTHORIZATION_TOKEN``, as Lambda SnapStart sets them, or None.

        https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html
        """
        read_text, rule = self._environment.read_text, "an http:// address of this machine"
        url = read_text("AWS_CONTAINER_CREDENTIALS_FULL_URI", rule, pattern=_KEY_SERVER, default="")
        return KeyServer(url, read_text("AWS_CONTAINER_AUTHORIZATION_TOKEN", default="")) if url else None

    @cached_property
    def aws_access(self) -> AwsAccess:
        """``AWS_REGION`` and the credentials, as Lambda sets them, and ``AWS_ENDPOINT_URL`` where there is an emulator.

        The credentials are empty where a ``key_server`` has them.
        """
        read_text = self._environment.read_text
        region = read_text("AWS_REGION")
        rule = "an http:// or https:// address without a path"
        endpoint = f"https://ssm.{region}.amazonaws.com"
        return AwsAccess(
            region=region,
            endpoint=read_text("AWS_ENDPOINT_URL", rule, pattern=_ENDPOINT, default=endpoint),
            access_key="" if self.key_server else read_text("AWS_ACCESS_KEY_ID"),
            secret_key="" if self.key_server else read_text("AWS_SECRET_ACCESS_KEY"),
            session_token=read_text("AWS_SESSION_TOKEN", default=""),
        )

    @cached_property
    def database_pool_size(self) -> int:
        """``DATABASE_POOL_SIZE``: connections of this process. A Lambda serves one request at a time and needs one."""
        return self._environment.read_whole("DATABASE_POOL_SIZE", least=1, most=MAX_POOL_SIZE, default=1)

    @cached_property
    def topic_arn(self) -> str:
        """``SNS_TOPIC_ARN``: the topic of the events."""
        rule = "the ARN of a topic: arn:aws:sns:<region>:<account>:<name>"
        return self._environment.read_text("SNS_TOPIC_ARN", rule, pattern=_TOPIC_ARN)

    @cached_property
    def time_zone(self) -> str:
        """``TIME_ZONE``: in which "today" is the hire date of those without one, by its name in PostgreSQL."""
        return self._environment.read_text(
            "TIME_ZONE", "a time zone, such as Europe/Madrid", pattern=_ZONE, default="UTC"
        )

    @cached_property
    def leaver_days(self) -> int:
        """``LEAVER_DAYS``: after how many days a leaver is erased. 90 by default."""
        return self._environment.read_whole("LEAVER_DAYS", least=1, most=MAX_LEAVER_DAYS, default=DEFAULT_LEAVER_DAYS)

    @cached_property
    def is_demo(self) -> bool:
        """``DEMO``: whether this is a demonstration, which has no sign-in and takes no real data. False by default."""
        return self._environment.read_flag("DEMO", default=False)


def from_environment() -> Settings:
    """The settings of this process."""
    return Settings(os.environ)


def parse_database_url(url: str) -> DatabaseAddress:
    """Read a libpq URL, with the parameters that providers hand out.

    Raises:
        SettingError: it is not such a URL, or has a parameter that is not known.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
    except ValueError:
        raise _wrong("whose port is a number from 1 to 65535") from None
    if parts.scheme not in {"postgresql", "postgres"}:
        raise _wrong("that begins with postgresql://")
    parameters = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    host, database = parameters.get("host") or parts.hostname or "", unquote(parts.path.removeprefix("/"))
    if not (host and parts.username and database):
        raise _wrong("with a user, a host and a database")
    # Now a name is none: without a user, it could be the end of a password with a question mark.
    for name in sorted(parameters.keys() - set(PARAMETERS)):
        shown = name if _PLAIN.fullmatch(name) else "that is unknown"
        raise _wrong(f"without the parameter {shown}: it may have {', '.join(PARAMETERS)}")
    is_socket = host.startswith("/")
    ssl_mode = parameters.get("sslmode", "disable" if is_socket or host in LOOPBACK else "verify-full")
    if ssl_mode not in SSL_MODES:
        raise _wrong(f"whose sslmode is one of {', '.join(SSL_MODES)}; others fall back to plain text")
    pooled = parameters.get("pgbouncer", "false")
    if pooled not in {"true", "false"}:
        raise _wrong("whose pgbouncer is true or false")
    if (binding := parameters.get("channel_binding", "prefer")) not in CHANNEL_BINDINGS:
        raise _wrong(f"whose channel_binding is one of {', '.join(CHANNEL_BINDINGS)}")
    if not (seconds := parameters.get("connect_timeout", "0")).isdecimal():
        raise _wrong("whose connect_timeout is a whole number of seconds")
    return DatabaseAddress(
        user=unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        host="localhost" if is_socket else host,
        port=port,
        database=database,
        socket_folder=host if is_socket else None,
        ssl_mode=ssl_mode,
        ssl_root_cert=parameters.get("sslrootcert"),
        pooled=pooled == "true",
        channel_binding=binding,
        connect_seconds=int(seconds[:9]) or None,
        application_name=parameters.get("application_name") or "crud_app",
    )


def _wrong(rule: str) -> SettingError:
    return SettingError("DATABASE_URL", f"a URL {rule}")
