"""A tiny Chalice app that uses every kind of trigger, and the project's own apps, packaged once for all workers."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chalice_terraform.__main__ import build_module
from chalice_terraform.chalice_cli import package_app

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]

APP = """
from chalice import Chalice
from vendored import GREETING

app = Chalice(app_name="small")


@app.route("/health")
def health():
    return {"greeting": GREETING}


@app.schedule("rate(1 minute)")
def sweep(event):
    pass


@app.on_sqs_message(queue="letters", batch_size=5)
def deliver(event):
    pass


@app.on_sns_message(topic="receipts")
def file_receipt(event):
    pass
"""


def write_app(folder: Path, *, environment: dict[str, str] | None = None, requirements: str = "") -> Path:
    """Write the small app, whose vendored package is a symlink, as in the project."""
    app = folder / "small_app"
    (app / ".chalice").mkdir(parents=True)
    (app / "vendor").mkdir()
    (app / "app.py").write_text(APP)
    (app / "requirements.txt").write_text(requirements)
    shared = folder / "vendored"
    shared.mkdir()
    (shared / "__init__.py").write_text('GREETING = "hola"\n')
    (app / "vendor" / "vendored").symlink_to("../../vendored")
    variables = {"CITY": "${var.city}"} if environment is None else environment
    stages = {"aws": {"environment_variables": variables}}
    (app / ".chalice" / "config.json").write_text(
        json.dumps({"version": "2.0", "app_name": "small", "stages": stages}),
    )
    return app


@pytest.fixture
def small_app(tmp_path: Path) -> Path:
    return write_app(tmp_path)


@pytest.fixture(scope="session")
def written_by_chalice(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What Chalice itself writes for the small app, as JSON: each test gets a copy of its own."""
    folder = tmp_path_factory.mktemp("template")
    packaged = package_app(write_app(folder), folder / "work")
    return (packaged / "chalice.tf.json").read_text()


@pytest.fixture
def template(written_by_chalice: str) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(written_by_chalice)
    return copy


@pytest.fixture(scope="session")
def packaged(shared_folder: Path) -> Callable[[str], Path]:
    """Packages one of the project's apps, once for all workers, and returns its module's folder."""

    def package(app: str) -> Path:
        target = shared_folder / "packaged" / app
        with (shared_folder / f"{app}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (target / "main.tf.json").exists():
                build_module(ROOT / app, target)
        return target

    return package
