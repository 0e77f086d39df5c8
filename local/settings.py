"""What can be set from outside for `make run`, read and checked before anything starts."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from local.ports import port_of, reserve

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_PORTS = {"BFF_PORT": 8000, "CRUD_PORT": 8001, "EMAIL_PORT": 8002, "AWS_PORT": 4566}
HIGHEST_PORT = 65535


class SettingError(Exception):
    """A variable has a value that cannot be used. The message is a sentence for the person who set it."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The variables of `make run`. An empty one counts as not set."""

    bff_port: int
    crud_port: int
    email_port: int
    aws_port: int
    database_url: str | None
    """None: the embedded PostgreSQL."""
    notify_to: str
    """Who gets a mail for each event: addresses, separated by commas."""
    notify_employee: str
    """``true`` or ``false``: whether a new employee is greeted."""
    state: Path
    """The folder of what is kept: data, mails, the file ``env``."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read and check the variables, each named like its attribute; ``state`` is ``LOCAL_STATE``.

        Raises:
            SettingError: for the first one that cannot be used.
        """
        ports = {name: _port(name, environment.get(name) or str(default)) for name, default in DEFAULT_PORTS.items()}
        _refuse_twins(ports)
        state = state_folder(environment)
        return cls(
            bff_port=ports["BFF_PORT"],
            crud_port=ports["CRUD_PORT"],
            email_port=ports["EMAIL_PORT"],
            aws_port=ports["AWS_PORT"],
            database_url=_database_url(environment.get("DATABASE_URL", ""), state),
            notify_to=_addresses("NOTIFY_TO", environment.get("NOTIFY_TO") or "rrhh@example.com"),
            notify_employee=_truth("NOTIFY_EMPLOYEE", environment.get("NOTIFY_EMPLOYEE") or "false"),
            state=state,
        )

    @contextmanager
    def reserved_ports(self) -> Iterator[tuple[Settings, dict[str, socket.socket]]]:
        """Bind all ports for the length of the block: these settings with the ports that 0 stood for, and the sockets.

        Raises:
            SettingError: one of them is taken.
        """
        with ExitStack() as bound:
            sockets = {}
            for variable in DEFAULT_PORTS:
                name = variable.lower()
                try:
                    sockets[name] = bound.enter_context(reserve(getattr(self, name)))
                except OSError as error:
                    raise SettingError(
                        f"Port {getattr(self, name)} cannot be used ({error.strerror}): set {variable} to another one."
                    ) from None
            ports: dict[str, Any] = {name: port_of(reserved) for name, reserved in sockets.items()}
            yield replace(self, **ports), sockets


def state_folder(environment: Mapping[str, str]) -> Path:
    """The folder of what `make run` keeps."""
    return Path(environment.get("LOCAL_STATE") or ROOT / ".local").resolve()


def _port(name: str, text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > HIGHEST_PORT:
        raise SettingError(f"{name} is {text!r}: set it to a port, from 1 to {HIGHEST_PORT}, or to 0 for any free one.")
    return int(text)


def _refuse_twins(ports: Mapping[str, int]) -> None:
    owners: dict[int, str] = {}
    for name, port in ports.items():
        if port and port in owners:
            raise SettingError(f"{owners[port]} and {name} are both {port}: set one of them to another port.")
        owners[port] = name


def _database_url(url: str, state: Path) -> str | None:
    if not url or f"host={state}/" in unquote(url):
        # The second: the shell has sourced `.local/env`, which names the embedded server.
        return None
    if not url.startswith(("postgresql://", "postgres://")):
        raise SettingError("DATABASE_URL is not the address of a PostgreSQL: set it to postgresql://…, or not at all.")
    return url


def _addresses(name: str, text: str) -> str:
    if not all(re.fullmatch(r"[^@\s]+@[^@\s]+", address.strip()) for address in text.split(",")):
        raise SettingError(f"{name} is {text!r}: set it to one or more e-mail addresses, separated by commas.")
    return text


def _truth(name: str, text: str) -> str:
    if text not in {"true", "false"}:
        raise SettingError(f"{name} is {text!r}: set it to true or false.")
    return text
