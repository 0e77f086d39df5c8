"""The real Terraform, deployed to the AWS emulator by the project's own commands.

The project is cloned, with the files of `infra/emulator/` beside its root module; nothing else differs from AWS.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from local.emulator import REGION
from local.guardian import Child
from tests.e2e.identity import Identity
from tests.support.sign_in_page import REQUEST_SECONDS
from tools.terraform_cli import BUILD, Terraform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.emulator import Emulator
    from tests.e2e.system import MakeClient

ROOT = Path(__file__).resolve().parents[2]
STAGING = "staging"
SENDER = "directorio@example.com"
APPS = ("crud_app", "email_app", "bff_app")
PROGRAM, PROGRAM_ROLE = "prueba", "lector"
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/11111111-1111-1111-1111-111111111111"
# The other one has the defaults.
STAGING_VARIABLES = {
    "manage_sender": False,  # the other environment's state holds it
    "machine_clients": {PROGRAM: PROGRAM_ROLE},
    "customer_key": True,
    "edge": "prefix_list",
    "domain_name": "staging.example.com",
    "certificate_arn": CERTIFICATE,
    "alb_certificate_arn": CERTIFICATE,
}
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
    """The project as it lies here, as the first commit of a repository, and the shell of the person who deploys it.

    Args:
        folder: an empty one for it.
        emulator: where it is deployed; with ``enforce_iam`` its roles are as strict as AWS's.
        environment: its name.
        database_url: an empty database.
        variables: Terraform's, by name.
    """

    def __init__(
        self, folder: Path, emulator: Emulator, environment: str, database_url: str, variables: Mapping[str, Any]
    ) -> None:
        self.folder = folder
        self.environment = environment
        self._shell = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GIT_"))},
            **emulator.environment,
            "AWS_REGION": REGION,
            "ENVIRONMENT": environment,
            "DATABASE_URL": database_url,
            "EMAIL_FROM": SENDER,
            "NOTIFY_TO": "rrhh@example.com",
            "YES": "1",
            "TF_VAR_emulator_endpoint": emulator.endpoint,
        }
        for name, value in variables.items():
            self.let(name, value)
        self._copy_files()
        self.run("git", "init", "--quiet")
        self.commit("First edition")
        # What `make package` has made of the same files.
        for app in APPS:
            shutil.copytree(BUILD / app, self.folder / BUILD.name / app)

    def _copy_files(self) -> None:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in listed.split("\0"):
            source, target = ROOT / name, self.folder / name
            if name and source.exists() and not name.startswith(("tests/", "docs/")):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target, follow_symlinks=False)
        for file in (self.folder / "infra" / "emulator").rglob("*.tf"):
            shutil.copy(file, self.folder / "infra" / file.relative_to(self.folder / "infra" / "emulator"))

    def commit(self, title: str) -> None:
        self.run("git", "add", "--all")
        identity = ("-c", "user.name=Tester", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")
        self.run("git", *identity, "commit", "--quiet", "-m", title)

    def write_next_edition(self) -> None:
        """Change an answer and the schema, commit and package it."""
        app = self.folder / "crud_app" / "app.py"
        app.write_text(app.read_text("utf-8").replace(HEALTH, NEXT_HEALTH), "utf-8")
        versions = self.folder / "crud_app" / "migrations" / "versions"
        head = max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py"))
        (versions / "9001_nickname.py").write_text(NEXT_MIGRATION.replace("{head}", head), "utf-8")
        self.commit("Second edition")
        self.run(sys.executable, "-m", "chalice_terraform", BUILD.name, "crud_app")

    def export(self, variable: str, value: str) -> None:
        """`export VARIABLE=value`."""
        self._shell[variable] = value

    def let(self, variable: str, value: object) -> None:
        self.export(f"TF_VAR_{variable}", value if isinstance(value, str) else json.dumps(value))

    def run(self, *command: str, answer: str = "", fails: bool = False) -> str:
        """Run a command, which may have to fail, and return what it prints."""
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        # Terraform does not outlive this process either.
        with Child(command, cwd=self.folder, env=self._shell, **options) as process:
            try:
                output, _ = process.communicate(answer)
            finally:
                process.stop()
        assert (process.returncode != 0) == fails, f"{' '.join(command)}\n{output}"
        return output

    def deployment(self, command: str, answer: str = "", *, fails: bool = False) -> str:
        return self.run(sys.executable, "-m", "tools.deployment", command, answer=answer, fails=fails)

    def deploy(self) -> str:
        return self.deployment("plan") + self.deployment("deploy")

    def destroy(self) -> None:
        self.deployment("destroy", answer="yes\n")

    def outputs(self) -> Mapping[str, Any]:
        return Terraform(self.folder / "infra").outputs()

    def health(self, client: MakeClient) -> dict[str, str]:
        """What the deployed code answers from its database, which is empty."""
        outputs = self.outputs()
        token = Identity(client, outputs["sign_in"]).program_token(PROGRAM, PROGRAM_ROLE)
        with httpx.Client(base_url=outputs["api_urls"]["crud"], timeout=REQUEST_SECONDS, trust_env=False) as api:
            health: dict[str, str] = api.get("/health", params={"deep": "1"}).raise_for_status().json()
            assert api.get("/empleados", headers={"Authorization": f"Bearer {token}"}).json() == []
        return health
