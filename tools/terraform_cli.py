"""Runs Terraform (or OpenTofu) for the project's commands, and finds its provider where there is no registry."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.command_line import NotReady

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[1]
INFRA = ROOT / "infra"
BUILD = ROOT / "build"

PROVIDER = "registry.terraform.io/hashicorp/aws"
CLI_CONFIGURATION = "TF_CLI_CONFIG_FILE"

UNVERIFIED_ACCOUNT = (
    "AWS verifies a new account before it may use CloudFront, and refuses until then (403): ask AWS Support for it "
    '(Account and billing), and deploy meanwhile with edge = "none", a domain_name and an alb_certificate_arn.'
)
# What to do, by words of the error.
ADVICE = {
    "must be verified before you can add new CloudFront": UNVERIFIED_ACCOUNT,
    "Error acquiring the state lock": "Someone else deploys, or a deployment was interrupted: make sure that no one "
    "does, and run `terraform -chdir=infra force-unlock ID` with the ID shown above.",
    "recorded in the dependency lock file": "infra/.terraform.lock.hcl was written on another platform: run "
    "`terraform -chdir=infra providers lock`, which adds the checksums of this one.",
}


class TerraformFailed(NotReady):
    """Terraform is missing or failed; the message says so in Terraform's own words."""


class Terraform:
    """Terraform in one folder; every command that fails raises `TerraformFailed`.

    ``environment`` is added to this process's own.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._program = find_program()
        self._environment = {**os.environ, **(environment or {})}
        # Terraform warns at every command when the variable names a file that does not exist.
        if not Path(self._environment.get(CLI_CONFIGURATION, "")).is_file():
            self._environment.pop(CLI_CONFIGURATION, None)

    def let(self, variable: str, value: object) -> None:
        """Set a variable of the root module. An older root module may not have it."""
        self._environment[f"TF_VAR_{variable}"] = json.dumps(value)

    def init(self, *arguments: str) -> None:
        configuration = self._environment.get(CLI_CONFIGURATION, Path.home() / ".terraformrc")
        mirror = None if Path(configuration).is_file() else find_mirror(Path("/"))
        self.read("init", "-input=false", *([f"-plugin-dir={mirror}"] if mirror else []), *arguments)

    def run(self, *arguments: str) -> None:
        """Run Terraform with its output on the terminal."""
        self.read(*arguments, output=None)

    def read(self, *arguments: str, question: str | None = None, output: int | None = subprocess.PIPE) -> str:
        """Run Terraform and return what it prints; the message of a failure holds its reason and what to do."""
        result = subprocess.run(  # noqa: S603 - the person's own terraform
            [self._program, f"-chdir={self.folder}", *arguments],
            env=self._environment,
            input=question,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if result.returncode or (question and "Error: " in result.stderr):
            reason = (result.stderr or result.stdout or "").strip()
            unwrapped = " ".join(reason.replace("│", " ").split())
            advice = "".join(f"\n{advice}" for words, advice in ADVICE.items() if words in unwrapped)
            raise TerraformFailed(f"terraform {arguments[0]} failed: {reason}{advice}")
        return result.stdout

    def read_json(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.read(*arguments))

    def check_variables(self, *arguments: str) -> None:
        """Check the values of the variables by their own rules, which `validate` does not look at."""
        self.read("console", "-no-color", *arguments, question="true\n")

    def outputs(self) -> dict[str, Any]:
        return {name: output["value"] for name, output in self.read_json("output", "-json").items()}


def find_program() -> str:
    """The path of ``terraform``, or of what TERRAFORM names (``TERRAFORM=tofu``).

    Raises:
        TerraformFailed: it is not on the PATH.
    """
    name = os.environ.get("TERRAFORM", "terraform")
    program = shutil.which(name)
    if program is None:
        raise TerraformFailed(f"{name} is not on the PATH: install Terraform 1.11 or newer, or say TERRAFORM=tofu.")
    return program


def find_mirror(root: Path) -> Path | None:
    """A provider mirror up to three folders below ``root``, or None: a build machine may have no way to the registry.

    Other file systems are not entered.
    """
    for top in sorted(folder for folder in root.iterdir() if folder.is_dir() and not folder.is_mount()):
        for depth in ("", "*/", "*/*/"):
            for provider in top.glob(depth + PROVIDER):
                return provider.parents[2]
    return None
