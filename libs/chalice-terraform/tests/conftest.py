"""A small Chalice app that uses every kind of trigger."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalice_terraform.chalice_cli import package_app

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


def write(folder, requirements=""):
    """Write a small app, whose vendored package is a symlink, as projects with several apps have."""
    app = folder / "small_app"
    (app / ".chalice").mkdir(parents=True)
    (app / "vendor").mkdir()
    (app / "app.py").write_text(APP)
    (app / "requirements.txt").write_text(requirements)
    shared = folder / "vendored"
    shared.mkdir()
    (shared / "__init__.py").write_text('GREETING = "hola"\n')
    (app / "vendor" / "vendored").symlink_to("../../vendored")
    stages = {"aws": {"environment_variables": {"CITY": "${var.city}"}}}
    (app / ".chalice" / "config.json").write_text(
        json.dumps({"version": "2.0", "app_name": "small", "stages": stages}),
    )
    return app


@pytest.fixture
def write_app(tmp_path):
    """Writes the small app with the given requirements."""
    return lambda requirements: write(tmp_path, requirements)


@pytest.fixture
def small_app(tmp_path):
    return write(tmp_path)


@pytest.fixture(scope="session")
def written_by_chalice(tmp_path_factory):
    """What Chalice itself writes for the small app, as JSON: each test gets a copy of its own."""
    folder = tmp_path_factory.mktemp("template")
    packaged = package_app(write(folder), folder / "work")
    return (packaged / "chalice.tf.json").read_text()


@pytest.fixture
def template(written_by_chalice):
    copy: dict[str, Any] = json.loads(written_by_chalice)
    return copy
