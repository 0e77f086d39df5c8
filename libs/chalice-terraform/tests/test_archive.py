"""The zip of a Lambda: the same bytes from the same input, compiled, and nothing that is not needed."""

from __future__ import annotations

import hashlib
import importlib.util
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from chalice_terraform.archive import EPOCH, rewrite
from chalice_terraform.contents import is_needed
from chalice_terraform.errors import PackagingFailed

UNCHECKED_HASH = 0b01  # PEP 552: hash-based, and the source is not checked


def write_zip(
    path: Path, files: dict[str, str], date: tuple[int, int, int, int, int, int] = (2026, 11, 24, 8, 0, 0)
) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in files.items():
            packed.writestr(zipfile.ZipInfo(name, date), text)
    return path


def keep_all(_path: PurePosixPath) -> bool:
    return True


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_order_and_dates_make_no_difference(tmp_path: Path) -> None:
    files = {"app.py": "A = 1\n", "data/z.json": "{}", "data/a.json": "[]"}
    one = write_zip(tmp_path / "one.zip", files)
    other = write_zip(tmp_path / "other.zip", dict(reversed(files.items())), (1999, 1, 1, 0, 0, 0))

    rewrite(one, tmp_path / "first" / "out.zip", is_needed=keep_all)
    rewrite(other, tmp_path / "second" / "out.zip", is_needed=keep_all)

    assert digest(tmp_path / "first" / "out.zip") == digest(tmp_path / "second" / "out.zip")


def test_what_the_environment_of_the_build_says_makes_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_zip(tmp_path / "in.zip", {"words.py": '"""Words."""\n'})
    rewrite(source, tmp_path / "plain.zip", is_needed=keep_all)
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    rewrite(source, tmp_path / "optimized.zip", is_needed=keep_all)

    assert digest(tmp_path / "plain.zip") == digest(tmp_path / "optimized.zip")


def test_each_module_is_compiled_so_that_its_date_does_not_matter(tmp_path: Path) -> None:
    source = write_zip(tmp_path / "in.zip", {"shop/cart.py": "TOTAL = 1 + 1\n"})

    rewrite(source, tmp_path / "out.zip", is_needed=keep_all)

    with zipfile.ZipFile(tmp_path / "out.zip") as packed:
        compiled = packed.read(importlib.util.cache_from_source("shop/cart.py"))
        assert packed.namelist() == sorted(packed.namelist())
    assert compiled[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(compiled[4:8], "little") == UNCHECKED_HASH
    assert b"/var/task/shop/cart.py" in compiled
    assert str(tmp_path).encode() not in compiled


def test_entries_have_the_modes_that_lambda_needs(tmp_path: Path) -> None:
    source = write_zip(tmp_path / "in.zip", {"data.json": "{}", "fast.so": "elf"})

    rewrite(source, tmp_path / "out.zip", is_needed=keep_all)

    with zipfile.ZipFile(tmp_path / "out.zip") as packed:
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in packed.infolist()}
        assert {entry.date_time for entry in packed.infolist()} == {EPOCH}
    assert modes == {"data.json": "0o100644", "fast.so": "0o100755"}


def test_what_is_not_needed_is_left_out(tmp_path: Path) -> None:
    source = write_zip(tmp_path / "in.zip", {"app.py": "", "app.pyi": "", "__pycache__/app.cpython-311.pyc": "stale"})

    rewrite(source, tmp_path / "out.zip", is_needed=is_needed)

    with zipfile.ZipFile(tmp_path / "out.zip") as packed:
        assert packed.namelist() == [importlib.util.cache_from_source("app.py"), "app.py"]
        assert packed.read(importlib.util.cache_from_source("app.py")) != b"stale"


def test_a_module_that_does_not_compile_stops_the_build(tmp_path: Path) -> None:
    source = write_zip(tmp_path / "in.zip", {"app.py": "def broken(:\n"})

    with pytest.raises(PackagingFailed, match=r"app\.py"):
        rewrite(source, tmp_path / "out.zip", is_needed=keep_all)

    assert not (tmp_path / "out.zip").exists()


@pytest.mark.parametrize(
    "path",
    [
        "app.py",
        "chalicelib/letters/layout.html",
        "shop/cart.py",
        "compiled/part.cpython-311-x86_64-linux-gnu.so",
        "pg8000-1.31.6.dist-info/METADATA",
        "plugin-1.0.dist-info/entry_points.txt",
        "pg8000-1.31.6.dist-info/licenses/LICENSE",
        "certifi/cacert.pem",
    ],
)
def test_needed(path: str) -> None:
    assert is_needed(PurePosixPath(path))


@pytest.mark.parametrize(
    "path",
    [
        "shop/__pycache__/cart.cpython-311.pyc",
        "shop/py.typed",
        "compiled/part.pyx",
        "six-1.17.0.dist-info/RECORD",
        "six-1.17.0.dist-info/WHEEL",
        "anything/tests/test_it.py",
    ],
)
def test_not_needed(path: str) -> None:
    assert not is_needed(PurePosixPath(path))


def test_a_second_build_overwrites_the_first(tmp_path: Path) -> None:
    for text in ("1", "2"):
        rewrite(write_zip(tmp_path / "in.zip", {"data.txt": text}), tmp_path / "out.zip", is_needed=keep_all)

    with zipfile.ZipFile(tmp_path / "out.zip") as packed:
        assert packed.read("data.txt") == b"2"
    assert {path.name for path in tmp_path.iterdir()} == {"in.zip", "out.zip"}
