"""The one place where the parts meet. They are made once, at first use; making them opens nothing."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.database import Database
from chalicelib.directorio import Directorio
from chalicelib.outbox import Outbox
from chalicelib.publisher import SnsPublisher
from chalicelib.repository import Repository
from chalicelib.settings import from_environment

if TYPE_CHECKING:
    from chalicelib.publisher import Publisher
    from chalicelib.settings import Settings


@dataclass(frozen=True)
class System:
    """What the routes and handlers call."""

    database: Database
    directorio: Directorio
    outbox: Outbox
    #: Whether everybody may do everything, with invented data: a demonstration has no sign-in.
    is_demo: bool


def compose(settings: Settings) -> System:
    """The system as it is deployed.

    Raises:
        SettingError: the database's address is missing or malformed, or ``DEMO`` is.
    """
    database = Database(settings.database_address, settings.database_pool_size)
    return assemble(database, SnsPublisher(settings), is_demo=settings.is_demo)


def assemble(database: Database, publisher: Publisher, *, is_demo: bool = False) -> System:
    """Put the parts together."""
    directorio = Directorio(Repository(database), publisher, is_demo=is_demo)
    return System(database, directorio, Outbox(database, publisher), is_demo)


class _Process:
    """Holds the system of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._system: System | None = None

    def system(self) -> System:
        """The system, made from the environment at first use. Threads of ``chalice local`` share it."""
        with self._lock:
            if self._system is None:
                self._system = compose(from_environment())
            return self._system

    def install(self, system: System | None) -> None:
        """Use ``system`` from now on; None makes it anew at the next use. Tests put their fakes in by it."""
        with self._lock:
            self._system = system


_process = _Process()
system = _process.system
install = _process.install
