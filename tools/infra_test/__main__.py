"""``python -m tools.infra_test``, which ``make infra-test`` calls after ``make package``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tools.command_line import NotReady
from tools.infra_test.conformance import check_values
from tools.preflight import check_changes, check_key
from tools.terraform_cli import BUILD, INFRA, Terraform, TerraformFailed, find_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: Its runs are plans that `conformance` checks.
CONFORMANCE = "tests/conformance.tftest.hcl"
#: Why `make rollback` refuses the plans of tests/rollback; nothing where it goes on.
ROLLBACKS = {
    "before_all": "The plan deletes the key with which queues and waiting messages are encrypted",
    "before_all_but_the_key": "",
}


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
        order = pool.submit(check_order, infra, BUILD / "infra-test" / "order.log")
        rollbacks = pool.submit(check_rollbacks, terraform)
        for report in pool.map(lambda file: run_tests(terraform, file), files):
            print(report, flush=True)
        print(order.result(), rollbacks.result(), sep="\n", flush=True)


def check_order(infra: Path, log: Path) -> str:
    """Apply each switch off and on, and check in which order Terraform's log has the changes."""
    terraform = Terraform(
        infra, {"TF_DATA_DIR": str(BUILD / "infra-test"), "TF_LOG_CORE": "DEBUG", "TF_LOG_PATH": str(log)}
    )
    log.unlink(missing_ok=True)
    report = terraform.read("test", "-no-color", "-test-directory=tests/order")
    command: list[str | Path] = [sys.executable, infra / "tests/order/check.py", log]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    if checked.returncode:
        raise TerraformFailed(f"Terraform would change a running environment in the wrong order:\n{checked.stderr}")
    return f"tests/order: {report.strip().splitlines()[-1]} In the order that AWS needs."


def check_rollbacks(terraform: Terraform) -> str:
    """Plan rollbacks to before switches, and check which of them are refused."""
    plans = read_plans(terraform, "-test-directory=tests/rollback")
    said = {run: refusal_of(changes) for run, changes in plans.items()}
    if said != ROLLBACKS:
        raise TerraformFailed(f"Rollbacks across switches: expected {ROLLBACKS}, got {said}")
    return f"tests/rollback: {len(said)} rollbacks across switches are refused or not, as expected"


def refusal_of(changes: Sequence[Mapping[str, Any]]) -> str:
    """Why the preflight refuses a plan; nothing if it passes."""
    nowhere: Any = None  # the key is in use by queues of the plan, so that SQS is not asked
    try:
        check_changes(changes)
        check_key(changes, nowhere)
    except NotReady as refused:
        return str(refused).partition(":")[0]
    return ""


def read_plans(terraform: Terraform, tests: str) -> dict[str, Any]:
    """Run tests, and return the changes of each plan among them by its run."""
    # States of runs that apply are among the events, and large.
    lines = [line for line in terraform.read("test", "-json", "-verbose", tests).splitlines() if '"test_plan":' in line]
    return {event["@testrun"]: event["test_plan"]["resource_changes"] for event in map(json.loads, lines)}


def run_tests(terraform: Terraform, file: str) -> str:
    """Run the tests of one file, and return a line about them; of ``CONFORMANCE``, check each planned value."""
    if file != CONFORMANCE:
        return f"{file}: {terraform.read('test', '-no-color', f'-filter={file}').strip().splitlines()[-1]}"
    plans = read_plans(terraform, f"-filter={file}").values()
    result = check_values(change for plan in plans for change in plan)
    if result.violations or not result.checked:
        raise TerraformFailed("\n".join(["AWS would reject what is planned:", *sorted(result.violations)]))
    return (
        f"{file}: {result.checked:,} values of {len(result.types)} types in {len(plans)} plans conform to botocore's "
        f"models; of {len(result.unmapped)} types these have no rules: {', '.join(sorted(result.unmapped))}"
    )


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
