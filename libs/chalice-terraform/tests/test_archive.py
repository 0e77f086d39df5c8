"""The zip of a Lambda: the same bytes from the same input, compiled, and nothing that is not needed."""

import importlib.util
import zipfile
from pathlib import PurePosixPath

import pytest

from chalice_terraform.archive import EPOCH, is_needed, rewrite
from chalice_terraform.errors import PackagingFailed

UNCHECKED_HASH = 0b01  # PEP 552: hash-based, and the source is not checked


def rewritten(folder, files, year=2026, is_needed=bool):
    """The zip that is made of one with these files; ``bool`` keeps all."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "in.zip", "w") as packed:
        for name, text in files.items():
            packed.writestr(zipfile.ZipInfo(name, (year, 11, 24, 8, 0, 0)), text)
    rewrite(folder / "in.zip", folder / "out.zip", is_needed=is_needed)
    return folder / "out.zip"


def test_order_dates_and_the_environment_of_the_build_make_no_difference(tmp_path, monkeypatch):
    files = {"app.py": '"""Words."""\nA = 1\n', "data/z.json": "{}", "data/a.json": "[]"}
    first = rewritten(tmp_path / "first", files)
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    second = rewritten(tmp_path / "second", dict(reversed(files.items())), 1999)

    assert first.read_bytes() == second.read_bytes()


def test_each_module_is_compiled_and_entries_have_the_modes_that_lambda_needs(tmp_path):
    files = {"shop/cart.py": "TOTAL = 1 + 1\n", "fast.so": "elf", "app.pyi": "", "shop/__pycache__/stale.pyc": "stale"}
    cached = importlib.util.cache_from_source("shop/cart.py")
    with zipfile.ZipFile(rewritten(tmp_path, files, is_needed=is_needed)) as packed:
        compiled = packed.read(cached)
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in packed.infolist()}
        assert {entry.date_time for entry in packed.infolist()} == {EPOCH}
    assert modes == {"fast.so": "0o100755", cached: "0o100644", "shop/cart.py": "0o100644"}
    assert list(modes) == sorted(modes)
    assert compiled[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(compiled[4:8], "little") == UNCHECKED_HASH
    assert b"/var/task/shop/cart.py" in compiled
    assert str(tmp_path).encode() not in compiled


def test_a_module_that_does_not_compile_stops_the_build(tmp_path):
    with pytest.raises(PackagingFailed, match=r"app\.py"):
        rewritten(tmp_path, {"app.py": "def broken(:\n"})
    assert not (tmp_path / "out.zip").exists()


@pytest.mark.parametrize(
    ("needed", "path"),
    [
        (True, "chalicelib/letters/layout.html"), (True, "shop/cart.py"), (True, "part.cpython-311-x86_64.so"),
        (True, "pg8000-1.31.6.dist-info/METADATA"), (True, "plugin-1.0.dist-info/entry_points.txt"),
        (True, "pg8000-1.31.6.dist-info/licenses/LICENSE"), (True, "certifi/cacert.pem"),
        (False, "shop/__pycache__/cart.cpython-311.pyc"), (False, "shop/py.typed"), (False, "shop/cart.pyc"),
        (False, "six-1.17.0.dist-info/RECORD"), (False, "six-1.17.0.dist-info/WHEEL"), (False, "part.pyx"),
        (False, "anything/tests/test_it.py"),
    ],
)  # fmt: skip
def test_of_dependencies_only_what_runs_is_needed(path, *, needed):
    assert is_needed(PurePosixPath(path)) is needed
