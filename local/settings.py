"""What can be set from outside for `make run`, read and checked before anything starts."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from local.ports import port_of, reserve

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
PORTS = {"BFF_PORT": "8000", "CRUD_PORT": "8001", "EMAIL_PORT": "8002", "AWS_PORT": "4566"}
ADDRESS = r"[^@\s,]+@[^@\s,]+"
# The default of each variable, what it must match, and what to set it to. An empty one counts as not set.
VARIABLES = {
    **{name: (port, "[0-9]{1,5}", "a port, from 1 to 65535, or to 0 for any free one") for name, port in PORTS.items()},
    "DATABASE_URL": ("", "|postgres(ql)?://.*", "postgresql://…, or not at all"),
    "NOTIFY_TO": ("rrhh@example.com", rf"{ADDRESS}(\s*,\s*{ADDRESS})*", "e-mail addresses, separated by commas"),
    "NOTIFY_EMPLOYEE": ("false", "true|false", "true or false"),
}


class SettingError(Exception):
    """A variable has a value that cannot be used; the message is a sentence for the person who set it."""


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
        state = state_folder(environment)
        values = {name: environment.get(name) or default for name, (default, _, _) in VARIABLES.items()}
        if f"host={state}/" in unquote(values["DATABASE_URL"]):
            values["DATABASE_URL"] = ""  # the shell has sourced `.local/env`, which names the embedded server
        for name, (_, pattern, wanted) in VARIABLES.items():
            if not re.fullmatch(pattern, values[name].strip()):
                raise SettingError(f"{name} cannot be used: set it to {wanted}.")
        ports = {name: int(values.pop(name)) for name in PORTS}
        return cls(state=state, ports=ports, **{name.lower(): value for name, value in values.items()})

    @contextmanager
    def reserved_ports(self) -> Iterator[tuple[Settings, dict[str, socket.socket]]]:
        """Bind all ports: these settings with the ports that 0 stood for, and the sockets; or raise SettingError."""
        with ExitStack() as bound:
            sockets = {}
            for name, port in self.ports.items():
                try:
                    sockets[name] = bound.enter_context(reserve(port))
                except (OSError, OverflowError) as error:
                    reason = getattr(error, "strerror", None) or error
                    raise SettingError(f"Port {port} cannot be used ({reason}): set {name} to another one.") from None
            yield replace(self, ports={name: port_of(reserved) for name, reserved in sockets.items()}), sockets


def state_folder(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("LOCAL_STATE") or ROOT / ".local").resolve()
