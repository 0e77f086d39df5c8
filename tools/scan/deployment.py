"""The deployment in three forms, each of which shows what the others hide: the Terraform files with the reasons beside
their resources, the modules that are made from what Chalice writes, and plans, in which conditions have been decided.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from local.emulator import DEPLOYMENT_SERVICES, Emulator
from tools.scan.checkov import run_checkov
from tools.scan.report import Report, ScanSkipped
from tools.terraform_cli import BUILD, INFRA, Terraform, TerraformFailed, find_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULE = "main.tf.json"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
# production: protected, and with a key of its own.
PRODUCTION = {
    "aws_region": "us-east-1",
    "environment": "production",
    "database_url": "postgresql://directorio@db.example.com/directorio",
    "email_from": "directorio@example.com",
    "notify_to": ["rrhh@example.com"],
}
# As it is without a word, and with a load balancer on the internet. `prefix_list` has no resource that these have not,
# and `demo` is open on purpose.
PLANS: dict[str, dict[str, Any]] = {
    "vpc_origin": {},
    "none": {"edge": "none", "domain_name": "directorio.example.com", "certificate_arn": CERTIFICATE}
    | {"alb_certificate_arn": CERTIFICATE},
}
# The emulator cannot describe its type, without which there is no plan.
UNKNOWN_TO_THE_EMULATOR = 'resource "aws_cloudcontrolapi_resource" "page_style" {\n  count = 0\n}\n'


def copy_root_module(work: Path) -> Path:
    """Copy the root module as it is in the repository, less a person's own backend and variables."""
    folder = work / INFRA.name
    (folder / "waf").mkdir(parents=True)
    for file in [*INFRA.glob("*.tf"), INFRA / ".terraform.lock.hcl", *INFRA.glob("waf/*.tf")]:
        if file.name != "backend.tf":
            shutil.copy(file, folder / file.relative_to(INFRA))
    return folder


def scan_files(work: Path) -> Report:
    """Scan the Terraform files.

    Raises:
        ScanFailed: see `run_checkov`.
    """
    return run_checkov("terraform", "--directory", copy_root_module(work), base=work)


def scan_modules(work: Path, build: Path = BUILD) -> Report:
    """Scan the apps' modules below ``build``.

    Raises:
        ScanFailed: see `run_checkov`.
    """
    folder = work / build.name
    for module in sorted(build.glob(f"*_app/{MODULE}")):
        template = json.loads(module.read_text("utf-8"))
        # Of all blocks, it is the one that Checkov's reader of JSON cannot read. Only versions are in it.
        del template["terraform"]
        copy = folder / module.relative_to(build)
        copy.parent.mkdir(parents=True)
        copy.write_text(json.dumps(template, indent=2), "utf-8")
    return run_checkov("terraform_json", "--directory", folder, base=work)


def scan_plans(work: Path, build: Path = BUILD) -> Report:
    """Scan plans for an empty account, that of the emulator.

    Raises:
        ScanSkipped: there is no Terraform.
        ScanFailed: see `run_checkov`.
        TerraformFailed: there is no plan.
    """
    try:
        find_program()
    except TerraformFailed as missing:
        raise ScanSkipped(str(missing)) from missing
    folder = copy_root_module(work)
    # Checkov finds the reasons in the files, by the names of the resources.
    reasons = ("--repo-root-for-plan-enrichment", folder)
    return run_checkov("terraform_plan", "--file", *_make_plans(folder, build), *reasons, base=work)


def _make_plans(folder: Path, build: Path) -> Iterator[Path]:
    (folder / "scan_override.tf").write_text(UNKNOWN_TO_THE_EMULATOR, "utf-8")
    (folder.parent / BUILD.name).symlink_to(build)
    with Emulator(folder.parent / "emulator.log", services=DEPLOYMENT_SERVICES) as emulator:
        terraform = Terraform(folder, emulator.environment)
        terraform.read("init", "-input=false", "-lockfile=readonly")
        for name, variables in PLANS.items():
            (folder / "terraform.tfvars.json").write_text(json.dumps(PRODUCTION | variables), "utf-8")
            terraform.read("plan", "-input=false", f"-out={name}.tfplan")
            plan = folder.parent / f"{name}.json"
            plan.write_text(terraform.read("show", "-json", f"{name}.tfplan"), "utf-8")
            yield plan
