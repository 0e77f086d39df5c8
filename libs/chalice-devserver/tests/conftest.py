"""Chalice projects of a few lines, made for one test each."""

import json
import os
import sys
import textwrap

import pytest

from chalice_devserver.project import Project


@pytest.fixture
def write_project(tmp_path):
    """Writes a project with this ``app.py``; ``settings`` are those of its stage ``local``."""

    def write(app, **settings):
        folder = tmp_path / "project"
        (folder / ".chalice").mkdir(parents=True, exist_ok=True)
        config = {"version": "2.0", "app_name": "tiny", "stages": {"local": settings}}
        (folder / ".chalice" / "config.json").write_text(json.dumps(config), encoding="utf-8")
        (folder / "app.py").write_text(textwrap.dedent(app), encoding="utf-8")
        return folder

    return write


@pytest.fixture
def load_project(write_project):
    """Imports a project into this process; afterwards nothing of it is left there."""
    path, environment, app = list(sys.path), dict(os.environ), sys.modules.pop("app", None)
    yield lambda app, **settings: Project(write_project(app, **settings), "local")
    sys.path[:] = path
    os.environ.clear()
    os.environ.update(environment)
    sys.modules.pop("app", None)
    if app:
        sys.modules["app"] = app
