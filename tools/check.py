"""`make infra-test`: checks the format, the validity and the tests of the Terraform files, after `make package`."""

from __future__ import annotations

import sys

from tools.terraform_cli import BUILD, INFRA, Terraform, TerraformFailed, find_program


def main() -> int:
    """Status 0 also where terraform is not installed; the message says so."""
    try:
        find_program()
    except TerraformFailed as missing:
        print(f"infra-test: skipped: {missing}")
        return 0
    # A data folder of its own: the checks must not touch a backend and workspace in infra/.terraform.
    terraform = Terraform(INFRA, {"TF_DATA_DIR": str(BUILD / "infra-test")})
    try:
        terraform.run("fmt", "-check", "-diff", "-recursive")
        terraform.read("init", "-backend=false", "-input=false", "-lockfile=readonly")
        terraform.run("validate")
        terraform.run("test")
    except TerraformFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
