"""The commands of the runbook, in a second environment of the same account: deploy, migrate, roll back, destroy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from infra.terraform_cli import Terraform
from tests.e2e.inventory import take_inventory
from tests.e2e.system import REQUEST_SECONDS

if TYPE_CHECKING:
    from tests.e2e.conftest import Say
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = "staging"
APPS = ("crud_app", "email_app", "bff_app")
HEALTH = '{"estado": "ok"}'
NEXT_HEALTH = '{"estado": "ok", "edicion": "2"}'
NEXT_MIGRATION = '''"""A nickname for each employee.

Revision: 9001.
"""

from alembic import op

revision = "9001"
down_revision = "{head}"


def upgrade() -> None:
    op.execute("ALTER TABLE empleados ADD COLUMN apodo text")
'''


class Project:
    """A clone of the project as it lies here, with a history of its own, and the shell of somebody who deploys it."""

    def __init__(self, folder: Path, system: DeployedSystem) -> None:
        self.folder = folder
        self.database_url = system.create_database(ENVIRONMENT)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GIT_"))},
            **system.aws_environment,
            "AWS_REGION": system.outputs["region"],
            "ENVIRONMENT": ENVIRONMENT,
            "DATABASE_URL": self.database_url,
            "EMAIL_FROM": "directorio@example.com",
            "NOTIFY_TO": "rrhh@example.com",
            "YES": "1",
            "TF_VAR_emulator_endpoint": system.endpoint,
            # The first environment's state holds it.
            "TF_VAR_manage_sender": "false",
            # Takes a minute to make, and has nothing to do with what is tried here.
            "TF_VAR_alb_enabled": "false",
        }
        self._copy_files()
        self.run("git", "init", "--quiet")
        self.commit("First edition")

    def _copy_files(self) -> None:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in listed.split("\0"):
            source, target = ROOT / name, self.folder / name
            if name and source.exists() and not name.startswith(("tests/", "docs/")):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target, follow_symlinks=False)
        for file in (self.folder / "infra" / "emulator").glob("*.tf"):
            shutil.copy(file, self.folder / "infra")

    def commit(self, title: str) -> str:
        """Commit everything, and return the commit's hash."""
        self.run("git", "add", "--all")
        identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")
        self.run("git", *identity, "commit", "--quiet", "-m", title)
        return self.run("git", "rev-parse", "HEAD").strip()

    def write_next_edition(self) -> str:
        """Change an answer and the schema, and return the commit's hash."""
        app = self.folder / "crud_app" / "app.py"
        app.write_text(app.read_text("utf-8").replace(HEALTH, NEXT_HEALTH), "utf-8")
        versions = self.folder / "crud_app" / "migrations" / "versions"
        head = max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py"))
        (versions / "9001_nickname.py").write_text(NEXT_MIGRATION.replace("{head}", head), "utf-8")
        return self.commit("Second edition")

    def package(self) -> None:
        """`make package`."""
        self.run(sys.executable, "-m", "infra.packaging", "build", *APPS)

    def run(self, *command: str, answer: str = "", **environment: str) -> str:
        """Run a command, and return what it prints."""
        result = subprocess.run(
            command,
            cwd=self.folder,
            env={**self._environment, **environment},
            input=answer,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}"
        return result.stdout

    def deployment(self, command: str, answer: str = "") -> str:
        """`make plan`, `make deploy`, `make destroy`."""
        return self.run(sys.executable, "-m", "infra.deployment", command, answer=answer)

    def health(self) -> dict[str, str]:
        """What the deployed code says, having asked its database."""
        url = Terraform(self.folder / "infra").outputs()["api_urls"]["crud"]
        answer = httpx.get(f"{url}/health", params={"deep": "1"}, timeout=REQUEST_SECONDS, trust_env=False)
        health: dict[str, str] = answer.raise_for_status().json()
        assert httpx.get(f"{url}/empleados", timeout=REQUEST_SECONDS, trust_env=False).json() == []
        return health


def test_a_deployment_migrates_first_and_a_rollback_brings_the_earlier_code_back(
    system: DeployedSystem, tmp_path: Path, say: Say
) -> None:
    before = take_inventory(system.aws)
    project = Project(tmp_path, system)

    say("a second environment: package, plan, deploy")
    project.package()
    planned = project.deployment("plan")
    assert "The directory: employees" in planned
    assert "CREATE TABLE empleados" in planned
    project.deployment("deploy")
    assert project.health() == {"estado": "ok"}

    say("its next edition, with a migration")
    project.write_next_edition()
    project.package()
    assert "9001  A nickname for each employee." in project.deployment("plan")
    assert "Migrated to 9001." in project.deployment("deploy")
    assert project.health() == {"estado": "ok", "edicion": "2"}

    say("its rollback")
    printed = project.run(sys.executable, "-m", "infra.rollback")
    assert "is back" in printed
    # The earlier code on the newer schema.
    assert project.health() == {"estado": "ok"}
    assert "revision 9001" in project.run(sys.executable, "-m", "infra.migration")
    assert project.run("git", "status", "--porcelain") == ""

    say("its end")
    project.deployment("destroy", answer="yes\n")
    assert take_inventory(system.aws) - before == set()
