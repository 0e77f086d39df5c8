"""Chalice's own step: hermetic, and strict about what Chalice only warns of."""

import sys
import sysconfig
import zipfile

import pytest

from chalice_terraform.chalice_cli import package_app
from chalice_terraform.errors import PackagingFailed


def test_an_app_that_does_not_import_stops_the_build(small_app, tmp_path):
    (small_app / "app.py").write_text("raise RuntimeError('no such luck')\n")

    with pytest.raises(PackagingFailed, match="no such luck"):
        package_app(small_app, tmp_path / "work")


def test_a_dependency_that_lambda_cannot_run_stops_the_build(write_app, tmp_path, monkeypatch):
    """Chalice prints a warning, makes a package without it, and reports success."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    wheel = write_foreign_wheel(tmp_path)
    app = write_app(f"foreign @ {wheel.as_uri()}\n")

    with pytest.raises(PackagingFailed, match=r"Could not install dependencies:\s+foreign==1\.0"):
        package_app(app, tmp_path / "work")


def write_foreign_wheel(folder):
    """A wheel that pip takes on this machine and that no Lambda can load: of another platform, or a newer libc."""
    own = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    # Lambda has glibc 2.26 up to Python 3.11, and 2.34 from 3.12 on.
    libc = "2_28" if sys.version_info < (3, 12) else "2_35"
    platform = f"manylinux_{libc}_x86_64" if own == "linux_x86_64" else own
    wheel = folder / f"foreign-1.0-py3-none-{platform}.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("foreign.py", "")
        packed.writestr("foreign-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: foreign\nVersion: 1.0\n")
        packed.writestr("foreign-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: py3-none-{platform}\n")
        packed.writestr("foreign-1.0.dist-info/RECORD", "")
    return wheel
