"""The one place where the parts meet, once per process, at first use. Making them opens no connection to the database.
It may read the database's address from the Parameter Store.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from chalice_frontdoor import PerProcess
from chalice_frontdoor.logs import note
from chalicelib.directorio.database import Database
from chalicelib.directorio.erasure import Erasure
from chalicelib.directorio.outbox import Outbox
from chalicelib.directorio.parameter import read_parameter
from chalicelib.directorio.publisher import SnsPublisher
from chalicelib.directorio.repository import Repository
from chalicelib.directorio.service import Directorio
from chalicelib.directorio.settings import DEFAULT_LEAVER_DAYS, from_environment, parse_database_url

if TYPE_CHECKING:
    from chalicelib.directorio.settings import DatabaseAddress, Settings

#: Modules that only some requests need, and that other cold starts do not import.
AT_FIRST_USE = ("boto3", "botocore.config", "http.client")


@dataclass(frozen=True)
class System:
    """What the routes and handlers call."""

    database: Database
    repository: Repository
    directorio: Directorio
    outbox: Outbox
    erasure: Erasure
    #: After how many days a leaver is erased.
    leaver_days: int
    #: Whether this is a demonstration: no sign-in, every role for everyone, and no real data.
    is_demo: bool


def compose(settings: Settings) -> System:
    """The system as it is deployed.

    Raises:
        SettingError: the database's address is missing or malformed, or ``DEMO`` is.
        Unavailable: the parameter with the address cannot be read now.
    """
    database, publisher = open_database(settings), SnsPublisher(settings)
    days, zone = settings.leaver_days, settings.time_zone
    return assemble(database, publisher, leaver_days=days, time_zone=zone, is_demo=settings.is_demo)


def open_database(settings: Settings) -> Database:
    """The database at the address of the environment, or of the parameter that it names; see ``compose``."""
    name, size = settings.database_parameter, settings.database_pool_size
    if name is None:
        return Database(settings.database_address, size, on_answer=_note_answer)

    def read_address() -> DatabaseAddress:
        return parse_database_url(read_parameter(name, settings.aws_access, settings.key_server))

    return Database(read_address(), size, renew_address=read_address, on_answer=_note_answer)


def _note_answer(milliseconds: float) -> None:
    note("database_ms", milliseconds)  # infra/metrics.tf makes a metric of it


def assemble(
    database: Database,
    publisher: SnsPublisher,
    *,
    leaver_days: int = DEFAULT_LEAVER_DAYS,
    time_zone: str = "UTC",
    is_demo: bool = False,
) -> System:
    """Put the parts together."""
    repository = Repository(database, time_zone)
    directorio = Directorio(repository, publisher, is_demo=is_demo)
    outbox, erasure = Outbox(database, publisher), Erasure(database)
    return System(database, repository, directorio, outbox, erasure, leaver_days, is_demo)


system = PerProcess(lambda: compose(from_environment()))


def prepare() -> None:
    """Import the modules that are otherwise imported at their first use, so that a snapshot contains them."""
    for module in AT_FIRST_USE:
        import_module(module)
