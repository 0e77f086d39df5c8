"""One pytest process for three apps whose modules have the same names, and the servers that tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.local.emulator import CREDENTIALS, Emulator, free_port, running_emulator
from infra.local.postgres import Postgres, migrate, running_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
APPS = ("crud_app", "email_app", "bff_app")


class AppSwitch:
    """Lets ``import app`` and ``import chalicelib`` mean the app of the test that runs.

    Each app keeps its own modules, so that switching back and forth never imports one twice.
    """

    def __init__(self) -> None:
        self._current: str | None = None
        self._modules: dict[str, dict[str, ModuleType]] = {}

    def select(self, app: str | None) -> None:
        if app == self._current:
            return
        if self._current:
            self._modules[self._current] = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_ours(name)}
            sys.path.remove(str(ROOT / self._current))
        if app:
            sys.path.insert(0, str(ROOT / app))
            sys.modules.update(self._modules.get(app, {}))
        self._current = app


def _is_ours(module: str) -> bool:
    return module in {"app", "chalicelib"} or module.startswith("chalicelib.")


def _app_of(path: Path) -> str | None:
    folders = path.relative_to(ROOT / "tests").parts if path.is_relative_to(ROOT / "tests") else ()
    return folders[0] if folders and folders[0] in APPS else None


_switch = AppSwitch()


def pytest_collectstart(collector: pytest.Collector) -> None:
    _switch.select(_app_of(collector.path))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    _switch.select(_app_of(item.path))


@pytest.fixture(scope="session", autouse=True)
def _no_real_aws() -> Iterator[None]:
    """No test may meet the AWS account of the person who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def postgres(shared_folder: Path) -> Iterator[Postgres]:
    """The embedded server, one for all workers."""
    with running_postgres(shared_folder / "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def database_url(postgres: Postgres, worker_id: str) -> str:
    """A migrated database of this worker's own. Who changes rows cleans up: see crud_app's conftest."""
    url = postgres.create_database(f"test_{worker_id}")
    migrate(url)
    return url


@pytest.fixture(scope="session")
def emulator(shared_folder: Path, worker_id: str) -> Iterator[Emulator]:
    """An AWS emulator of this worker's own; the resources in it are the test's to make."""
    log = shared_folder / f"emulator-{worker_id}.log"
    with running_emulator(free_port(), log) as server:
        yield server
