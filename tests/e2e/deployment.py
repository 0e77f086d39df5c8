"""The real Terraform, applied to the AWS emulator: what `make e2e` drives. `make package` must have run.

The root module is copied, with the files of `infra/emulator/` beside it; nothing else differs from AWS.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from tools.terraform_cli import BUILD, INFRA, ROOT, Terraform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.emulator import Emulator

SENDER = "directorio@example.com"
RECIPIENT = "rrhh@example.com"
# What the emulator stores, and tells the provider wrongly or not at all, so that a plan takes it for changes.
MISREAD = frozenset(
    {
        "aws_apigatewayv2_authorizer",  # makes up a payload version, which only Lambda authorizers have
        "aws_cloudwatch_metric_alarm",  # tells a part of each (DescribeAlarms in its XML form)
        "aws_wafv2_web_acl",  # keeps the answers to itself
    }
)


class EmulatorDeployment:
    """A deployment in a running emulator.

    Args:
        emulator: where to; with ``enforce_iam`` its roles are as strict as AWS's.
        work: an empty folder for the copy of the root module, its state and its plan.
        database_url: a migrated database that this machine reaches.
        modules: the folder with the packaged apps.
        variables: further Terraform variables, by name; they win.
    """

    def __init__(
        self,
        emulator: Emulator,
        work: Path,
        *,
        database_url: str,
        modules: Path = BUILD,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        self._folder = _copy_root_module(work, modules)
        self._variables = {
            "aws_region": emulator.environment["AWS_DEFAULT_REGION"],
            "database_url": database_url,
            "email_from": SENDER,
            "notify_to": [RECIPIENT],
            "emulator_endpoint": emulator.endpoint,
            **(variables or {}),
        }
        (self._folder / "terraform.tfvars.json").write_text(json.dumps(self._variables), "utf-8")
        self._terraform = Terraform(self._folder, emulator.environment)
        self._terraform.init("-lockfile=readonly")

    def apply(self) -> dict[str, Any]:
        """Make everything, and return the outputs.

        Raises:
            TerraformFailed: something was refused; the message holds what Terraform said.
        """
        self._terraform.read("apply", "-auto-approve", "-input=false", "-no-color")
        return self._terraform.outputs()

    def changes(self) -> list[str]:
        """The addresses of what a second apply would change, apart from ``MISREAD``."""
        self._terraform.read("plan", "-input=false", "-out=second.tfplan")
        plan = self._terraform.read_json("show", "-json", "second.tfplan")
        return [
            change["address"]
            for change in plan["resource_changes"]
            if change["change"]["actions"] != ["no-op"] and change["type"] not in MISREAD
        ]

    def destroy(self) -> None:
        """Remove everything.

        Raises:
            TerraformFailed: something was refused; the message holds what Terraform said.
        """
        self._terraform.read("destroy", "-auto-approve", "-input=false", "-no-color")


def _copy_root_module(work: Path, modules: Path) -> Path:
    """Copy the files of the root module and its own module. The apps' modules stay, at the same relative address."""
    folder = work / INFRA.name
    folder.mkdir(parents=True)
    for source in (INFRA, INFRA / "emulator"):
        for file in [*source.glob("*.tf"), *source.glob(".terraform.lock.hcl")]:
            shutil.copy(file, folder)
    for source in (INFRA, INFRA / "emulator"):
        shutil.copytree(source / "waf", folder / "waf", dirs_exist_ok=True)
    (work / BUILD.name).symlink_to(modules)
    for name in ("shared", "email_app"):  # Terraform reads the roles and the ledger's keys
        (work / name).symlink_to(ROOT / name)
    return folder
