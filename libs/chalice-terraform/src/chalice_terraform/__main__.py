"""`python -m chalice_terraform build crud_app email_app bff_app`: one Terraform module for each app, below `build`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from chalice_terraform.archive import rewrite
from chalice_terraform.chalice_cli import package_app
from chalice_terraform.contents import is_needed
from chalice_terraform.errors import OverBudget, PackagingFailed
from chalice_terraform.module import adapt

if TYPE_CHECKING:
    from collections.abc import Sequence

# Bytes of each zip, a tenth above what was measured: what a new dependency costs must be seen and decided.
SIZE_BUDGETS = {"crud_app": 1_140_000, "email_app": 375_000, "bff_app": 1_215_000}


def build_module(app: Path, target: Path) -> Path:
    """Make the Terraform module of the Chalice app in the folder ``app``, in the folder ``target``; return its zip.

    Raises:
        PackagingFailed: the message says what to change. ``target`` is then as it was.
    """
    with tempfile.TemporaryDirectory() as name:
        packaged = package_app(app, Path(name))
        module = adapt(json.loads((packaged / "chalice.tf.json").read_text("utf-8")))
        archive = Path(name) / "deployment.zip"
        rewrite(packaged / "deployment.zip", archive, is_needed=is_needed)
        _check_size(app.name, archive)

        target.mkdir(parents=True, exist_ok=True)
        package = target / archive.name
        package.write_bytes(archive.read_bytes())
    # Last, because make takes its date for the date of the whole module.
    text = json.dumps(module, indent=2, sort_keys=True, ensure_ascii=False)
    (target / "main.tf.json").write_text(text + "\n", "utf-8")
    return package


def _check_size(app: str, archive: Path) -> None:
    size, budget = archive.stat().st_size, SIZE_BUDGETS[app]
    if size > budget:
        raise OverBudget(f"{app}: the package has {size:,} bytes, its budget is {budget:,} (libs/chalice-terraform).")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m chalice_terraform", description=__doc__)
    parser.add_argument("target", type=Path, help="the folder that gets one module for each app")
    parser.add_argument("apps", type=Path, nargs="+", help="the folders of the Chalice apps")
    options = parser.parse_args(arguments)
    for app in options.apps:
        try:
            package = build_module(app.resolve(), options.target / app.name)
        except PackagingFailed as problem:
            print(problem, file=sys.stderr)
            return 1
        print(f"{package}: {package.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
