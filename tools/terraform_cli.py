"""Runs Terraform (or OpenTofu) for the project's commands, and finds its providers where there is no registry."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
INFRA = ROOT / "infra"
BUILD = ROOT / "build"

REGISTRY = "registry.terraform.io"
# How deep below the root a mirror is looked for: `/a/b/c/registry.terraform.io`.
MIRROR_DEPTH = 3


class TerraformFailed(Exception):
    """Terraform is missing or failed; the message says so, and Terraform's own words are on the terminal."""


class Terraform:
    """Terraform in one folder. ``environment`` is added to this process's own."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._program = find_program()
        self._environment = {**cli_environment(os.environ, BUILD), **(environment or {})}

    def let(self, variable: str, value: object) -> None:
        """Give a variable of the root module a value from now on. Without such a variable, it goes unnoticed."""
        self._environment[f"TF_VAR_{variable}"] = json.dumps(value)

    def run(self, *arguments: str) -> None:
        """Run Terraform with its output on the terminal.

        Raises:
            TerraformFailed: it failed.
        """
        if self._start(arguments, capture=False).returncode:
            raise TerraformFailed(f"terraform {arguments[0]} failed")

    def read(self, *arguments: str) -> str:
        """Run Terraform and return what it prints.

        Raises:
            TerraformFailed: it failed; the message holds what it printed.
        """
        result = self._start(arguments, capture=True)
        if result.returncode:
            raise TerraformFailed(f"terraform {arguments[0]} failed: {(result.stderr or result.stdout).strip()}")
        return result.stdout

    def read_json(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.read(*arguments))

    def outputs(self) -> dict[str, Any]:
        """The values of the outputs, by name."""
        return {name: output["value"] for name, output in self.read_json("output", "-json").items()}

    def _start(self, arguments: tuple[str, ...], *, capture: bool) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the person's own terraform
            [self._program, f"-chdir={self.folder}", *arguments],
            env=self._environment,
            capture_output=capture,
            text=True,
            check=False,
        )


def find_program() -> str:
    """The path of ``terraform``, or of what TERRAFORM names (``TERRAFORM=tofu``).

    Raises:
        TerraformFailed: it is not on the PATH.
    """
    name = os.environ.get("TERRAFORM", "terraform")
    program = shutil.which(name)
    if program is None:
        raise TerraformFailed(f"{name} is not on the PATH: install Terraform 1.5 or newer, or say TERRAFORM=tofu.")
    return program


def cli_environment(environment: Mapping[str, str], build: Path, *, root: Path = Path("/")) -> dict[str, str]:
    """``environment`` with a CLI configuration that works on this machine.

    A configuration of the person's own is left alone. Without one, a provider mirror below ``root`` is used if there is
    one: a build machine may have no way to the registry. The configuration for it is written below ``build``.
    """
    named = environment.get("TF_CLI_CONFIG_FILE")
    if Path(named or Path.home() / ".terraformrc").is_file():
        return dict(environment)
    # Terraform warns at every command when the variable names a file that is not there.
    cleaned = {name: value for name, value in environment.items() if name != "TF_CLI_CONFIG_FILE"}
    mirror = find_mirror(root)
    if mirror is None:
        return cleaned
    configuration = build / "terraform.rc"
    build.mkdir(parents=True, exist_ok=True)
    configuration.write_text(mirror_configuration(mirror), "utf-8")
    return {**cleaned, "TF_CLI_CONFIG_FILE": str(configuration)}


def mirror_configuration(mirror: Path) -> str:
    """A CLI configuration that takes from ``mirror`` what it holds, and all else from the registry.

    The exclusion matters: of a provider that both may have, Terraform asks both, and fails if the registry is silent.
    """
    folders = sorted(folder for folder in (mirror / REGISTRY).glob("*/*") if folder.is_dir())
    providers = json.dumps([folder.relative_to(mirror).as_posix() for folder in folders])
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path    = {json.dumps(str(mirror))}\n"
        f"    include = {providers}\n"
        "  }\n"
        "  direct {\n"
        f"    exclude = {providers}\n"
        "  }\n"
        "}\n"
    )


def find_mirror(root: Path) -> Path | None:
    """The first folder below ``root`` that holds a provider mirror, or None. Other file systems are not entered."""
    return next((folder for folder in _folders(root, MIRROR_DEPTH) if (folder / REGISTRY).is_dir()), None)


def _folders(root: Path, depth: int) -> Iterator[Path]:
    for name, inner, _ in os.walk(root):
        folder = Path(name)
        yield folder
        is_deepest = len(folder.relative_to(root).parts) == depth
        # What is left in this list is walked next.
        inner[:] = [] if is_deepest else sorted(each for each in inner if not (folder / each).is_mount())
