"""`make infra-test`: checks the Terraform files and the document about them. `make package` must have run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tools import resources_table
from tools.terraform_cli import BUILD, INFRA, Terraform, TerraformFailed, find_program

if TYPE_CHECKING:
    from pathlib import Path


def check(document: Path) -> None:
    """Check the format, validity and tests of the Terraform files, and that ``document`` is up to date.

    Raises:
        TerraformFailed: terraform is missing, or something is wrong.
        DocumentStale: the document had to be written anew.
        UndescribedResource: the document cannot be written.
    """
    # A folder of its own: a person's backend and workspace in infra/.terraform are none of the tests' business.
    terraform = Terraform(INFRA, {"TF_DATA_DIR": str(BUILD / "infra-test")})
    terraform.run("fmt", "-check", "-diff", "-recursive")
    terraform.read("init", "-backend=false", "-input=false", "-lockfile=readonly")
    terraform.run("validate")
    terraform.run("test")
    resources_table.write(terraform, document)


def main(document: Path = resources_table.DOCUMENT) -> int:
    try:
        find_program()
    except TerraformFailed as missing:
        print(f"infra-test: skipped: {missing}")
        return 0
    try:
        check(document)
    except (TerraformFailed, resources_table.DocumentFailed) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
