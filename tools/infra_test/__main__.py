"""``python -m tools.infra_test``, which ``make infra-test`` calls after ``make package``."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tools.infra_test.conformance import check_changes
from tools.terraform_cli import BUILD, INFRA, Terraform, TerraformFailed, find_program

if TYPE_CHECKING:
    from pathlib import Path

#: Its runs are plans that `conformance` checks.
CONFORMANCE = "tests/conformance.tftest.hcl"


def check(infra: Path) -> None:
    """Check format, validity, tests and conformance of the Terraform files; fail as `Terraform` does."""
    # A data folder of its own: the checks must not touch a backend and workspace in infra/.terraform.
    terraform = Terraform(infra, {"TF_DATA_DIR": str(BUILD / "infra-test")})
    terraform.run("fmt", "-check", "-diff", "-recursive")
    terraform.init("-backend=false", "-lockfile=readonly")
    terraform.run("validate")
    files = sorted(f"tests/{file.name}" for file in infra.glob("tests/*.tftest.hcl"))
    # Terraform runs one file after the other, on little more than one core.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for report in pool.map(lambda file: run_tests(terraform, file), files):
            print(report, flush=True)


def run_tests(terraform: Terraform, file: str) -> str:
    """Run the tests of one file, and return a line about them; of ``CONFORMANCE``, check each planned value."""
    if file != CONFORMANCE:
        return f"{file}: {terraform.read('test', '-no-color', f'-filter={file}').strip().splitlines()[-1]}"
    events = map(json.loads, terraform.read("test", "-json", "-verbose", f"-filter={file}").splitlines())
    result = check_changes(
        change for event in events if event["type"] == "test_plan" for change in event["test_plan"]["resource_changes"]
    )
    if result.violations or not result.checked:
        raise TerraformFailed("\n".join(["AWS would reject what is planned:", *sorted(result.violations)]))
    return f"{file}: {result.checked:,} values of {len(result.types)} types conform to botocore's models"


def main(infra: Path = INFRA) -> int:
    """Status 0 also where terraform is not installed; the message says so."""
    try:
        find_program()
    except TerraformFailed as missing:
        print(f"infra-test: skipped: {missing}")
        return 0
    try:
        check(infra)
    except TerraformFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
