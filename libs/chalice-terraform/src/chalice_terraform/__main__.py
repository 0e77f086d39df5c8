"""`chalice-terraform build crud_app email_app`: one Terraform module for each Chalice app, below `build`."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from chalice_terraform.archive import find_own_files, is_needed, rewrite
from chalice_terraform.chalice_cli import STAGE, package_app
from chalice_terraform.errors import PackagingFailed
from chalice_terraform.module import GENERATED, JSON, adapt
from chalice_terraform.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence


def build_module(app: Path, target: Path, *, stage: str = STAGE) -> Path:
    """Make the Terraform module of the Chalice app in the folder ``app``, in the folder ``target``; return its zip.

    Raises:
        PackagingFailed: the message says what to change. ``target`` is then as it was.
    """
    settings = read_settings(app)
    own = find_own_files(app)

    def belongs(path: PurePosixPath) -> bool:
        return not path.as_posix().startswith(settings.leave_out) and (path in own or is_needed(path))

    with tempfile.TemporaryDirectory() as name:
        packaged = package_app(app, Path(name), stage=stage)
        module = adapt(json.loads((packaged / "chalice.tf.json").read_text("utf-8")), stage=stage)
        archive = Path(name) / "deployment.zip"
        rewrite(packaged / "deployment.zip", archive, is_needed=belongs)
        size = archive.stat().st_size
        if settings.max_bytes is not None and size > settings.max_bytes:
            raise PackagingFailed(
                f"{app.name}: the package has {size:,} bytes, more than max_bytes = {settings.max_bytes:,} allows."
            )

        _check_target(target, module)
        target.mkdir(parents=True, exist_ok=True)
        package = Path(shutil.copy(archive, target))
    # Last: make compares its date with those of the sources.
    text = json.dumps(module, indent=2, sort_keys=True, ensure_ascii=False)
    (target / "main.tf.json").write_text(text + "\n", "utf-8")
    return package


def _check_target(target: Path, module: JSON) -> None:
    """Refuse to replace another stage's module, whose functions Terraform would then rename."""
    try:
        built = str(json.loads((target / "main.tf.json").read_text("utf-8")).get("//"))
    except (OSError, ValueError, AttributeError):
        return
    if built.startswith(GENERATED) and built != module["//"]:
        raise PackagingFailed(f"{target} holds the module of another stage: give each stage a folder of its own.")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="chalice-terraform", description=__doc__)
    parser.add_argument("--stage", default=STAGE, help=f"the stage of .chalice/config.json (default: {STAGE})")
    parser.add_argument("target", type=Path, help="the folder that gets one module for each app")
    parser.add_argument("apps", type=Path, nargs="+", help="the folders of the Chalice apps")
    options = parser.parse_args(arguments)
    for app in map(Path.resolve, options.apps):  # so that "." has a name, too
        try:
            package = build_module(app, options.target / app.name, stage=options.stage)
        except PackagingFailed as problem:
            print(problem, file=sys.stderr)
            return 1
        print(f"{package}: {package.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
