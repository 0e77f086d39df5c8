"""What can be set from outside for `make run`, read and checked before anything starts."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from chalice_frontdoor import Environment, SettingError
from local.ports import port_of, reserve

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
PORTS = {"BFF_PORT": 8000, "CRUD_PORT": 8001, "EMAIL_PORT": 8002, "AWS_PORT": 4566}  # 0: any free one
ADDRESS = r"[^@\s,]+@[^@\s,]+"
ADDRESSES = re.compile(rf"{ADDRESS}(\s*,\s*{ADDRESS})*")
DATABASE_URL = re.compile("postgres(ql)?://.*")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The variables of `make run`, which the README explains. The last two go to email_app as they are."""

    state: Path
    ports: Mapping[str, int]  # by variable
    database_url: str  # empty: the embedded PostgreSQL
    notify_to: str
    notify_employee: str

    @property
    def page_url(self) -> str:
        return f"http://localhost:{self.ports['BFF_PORT']}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read and check the variables; SettingError names the first that cannot be used, and never its value."""
        read, state = Environment(environment), state_folder(environment)
        database_url = read.read_text("DATABASE_URL", "postgresql://…, or not set", pattern=DATABASE_URL, default="")
        if f"host={state}/" in unquote(database_url):
            database_url = ""  # the shell has sourced `.local/env`, which names the embedded server
        rule = "e-mail addresses, separated by commas"
        return cls(
            state=state,
            ports={name: read.read_whole(name, least=0, most=65535, default=port) for name, port in PORTS.items()},
            database_url=database_url,
            notify_to=read.read_text("NOTIFY_TO", rule, pattern=ADDRESSES, default="rrhh@example.com"),
            notify_employee=read.read_choice("NOTIFY_EMPLOYEE", ("false", "true"), default="false"),
        )

    @contextmanager
    def reserved_ports(self) -> Iterator[tuple[Settings, dict[str, socket.socket]]]:
        """Bind all ports: these settings with the ports that 0 stood for, and the sockets; or raise SettingError."""
        with ExitStack() as bound:
            sockets = {}
            for name, port in self.ports.items():
                try:
                    sockets[name] = bound.enter_context(reserve(port))
                except OSError as error:
                    raise SettingError(name, f"another port than {port} ({error.strerror})") from None
            yield replace(self, ports={name: port_of(reserved) for name, reserved in sockets.items()}), sockets


def state_folder(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("LOCAL_STATE") or ROOT / ".local").resolve()
