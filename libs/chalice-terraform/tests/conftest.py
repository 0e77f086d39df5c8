"""The app of the sample, with a topic and a vendored package more: it then uses every kind of trigger."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from chalice_terraform.chalice_cli import package_app

SAMPLE = Path(__file__).parents[1] / "sample"
MORE = """
from vendored import GREETING


@app.on_sns_message(topic="receipts")
def file_receipt(event: object) -> str:
    return GREETING
"""


def write(folder, requirements=""):
    """Write the app. Its vendored package is a symlink, as projects with several apps have."""
    app = shutil.copytree(SAMPLE / "greeter", folder / "small_app")
    (app / "app.py").write_text((app / "app.py").read_text() + MORE)
    (app / "requirements.txt").write_text(requirements)
    (folder / "vendored").mkdir()
    (folder / "vendored" / "__init__.py").write_text('GREETING = "hola"\n')
    (app / "vendor").mkdir()
    (app / "vendor" / "vendored").symlink_to("../../vendored")
    return app


@pytest.fixture
def write_app(tmp_path):
    """Writes the app with the given requirements."""
    return lambda requirements: write(tmp_path, requirements)


@pytest.fixture
def small_app(write_app):
    return write_app("")


@pytest.fixture(scope="session")
def written_by_chalice(tmp_path_factory):
    """What Chalice itself writes for the app, as JSON: each test gets a copy of its own."""
    folder = tmp_path_factory.mktemp("template")
    return (package_app(write(folder), folder / "work") / "chalice.tf.json").read_text()


@pytest.fixture
def template(written_by_chalice):
    copy: dict[str, Any] = json.loads(written_by_chalice)
    return copy
