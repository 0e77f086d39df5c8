"""Runs `chalice package` for one app, in a copy of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from chalice_terraform.errors import PackagingFailed

STAGE = "aws"
# Chalice asks for a region even where it calls nothing; which one makes no difference to what it writes.
REGION = "us-east-1"
# Chalice only warns, and then deploys a package without the dependency (aws/chalice#803).
MISSING_DEPENDENCY = "Could not install dependencies"
LEFT_BEHIND = ("__pycache__", "*_cache", "deployed", "deployments")


def package_app(app: Path, work: Path, *, stage: str = STAGE) -> Path:
    """Package the Chalice app in the folder ``app``; return the folder with `chalice.tf.json` and `deployment.zip`.

    It runs on a copy below ``work``: Chalice would zip the `__pycache__` of the source tree, and would keep a package
    in `.chalice/deployments` that it reuses next time, together with what was missing in it, without the warning.

    Raises:
        PackagingFailed: Chalice failed, or a dependency is missing; the message holds its output.
    """
    _check_stage(app, stage)
    copy = work / app.name
    shutil.copytree(app, copy, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
    packaged = work / "packaged"
    arguments = ["--project-dir", str(copy), "package", "--stage", stage, "--pkg-format", "terraform", str(packaged)]
    result = subprocess.run(  # noqa: S603 - the chalice of our own environment
        [Path(sys.executable).with_name("chalice"), *arguments],
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode or MISSING_DEPENDENCY in result.stdout:
        raise PackagingFailed(f"{app.name}: chalice package failed:\n{result.stdout.strip()}")
    return packaged


def _check_stage(app: Path, stage: str) -> None:
    """Refuse what Chalice would package without a word: a stage that the project does not have."""
    try:
        config = json.loads((app / ".chalice" / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise PackagingFailed(f"{app} is no Chalice project: .chalice/config.json cannot be read ({error}).") from None
    stages = config.get("stages") or {stage: {}}
    if stage not in stages:
        ways = f"add it to .chalice/config.json, or use --stage {' or '.join(sorted(stages))}."
        raise PackagingFailed(f"{app.name} has no stage `{stage}`: {ways}")


def _environment() -> dict[str, str]:
    """Nothing of the AWS account of the person who packages, and no bytecode left in the copy."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHONPATH"))}
    return {**kept, "AWS_DEFAULT_REGION": REGION, "PYTHONDONTWRITEBYTECODE": "1"}
