"""The packages of libs/ as other projects get them: wheels in an empty environment, beside a stock Chalice project.

`make libs` runs these tests. Each supported Python meets the oldest and the newest supported Chalice, and Python 3.11
all versions between them. What an environment gets is locked in requirements/libs.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
UV = Path(sys.executable).with_name("uv")
PACKAGES = sorted(folder.parent for folder in ROOT.glob("libs/*/pyproject.toml"))
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
CHALICES = ("1.29", "1.30", "1.31", "1.32", "1.33", "1.34")
CELLS = [
    (python, chalice)
    for python in PYTHONS
    for chalice in CHALICES
    if python == "3.11" or chalice in {CHALICES[0], CHALICES[-1]}
]


def run(*command, cwd, env=None):
    """Run a command; a failure shows what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
    environment |= env or {}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def find_interpreter(version):
    """A Python of this version: on the PATH, or installed by pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    on_path = shutil.which(f"python{version}")
    for found in [*([Path(on_path)] if on_path else []), *sorted(pyenv.glob(f"versions/{version}.*/bin/python"))]:
        if (
            subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0
        ):  # pyenv's shims may refuse
            return found
    return None


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """One wheel of each package."""
    folder = tmp_path_factory.mktemp("wheels")
    for package in PACKAGES:
        build = (UV, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable)
        run(*build, package, "--out-dir", folder, cwd=folder)
    return sorted(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def database(postgres):
    return postgres.create_database("wheels")


def test_each_wheel_has_its_licence_and_says_that_it_is_typed(wheels):
    assert len(wheels) == len(PACKAGES)
    for wheel in wheels:
        names = {Path(name).name for name in zipfile.ZipFile(wheel).namelist()}
        assert {"LICENSE", "METADATA", "py.typed"} <= names, wheel.name


@pytest.mark.parametrize(("python", "chalice"), CELLS)
def test_a_chalice_project_installs_the_wheels_and_works(python, chalice, wheels, database, tmp_path):
    interpreter = find_interpreter(python)
    if interpreter is None:
        pytest.skip(f"Python {python} is not installed")
    environment = tmp_path / "environment"
    bin_folder = environment / "bin"
    requirements = ROOT / "requirements" / "libs" / f"chalice-{chalice}.txt"
    run(UV, "venv", "--quiet", "--python", interpreter, environment, cwd=tmp_path)
    install = (UV, "pip", "install", "--quiet", "--python", bin_folder / "python")
    run(*install, "--require-hashes", "-r", requirements, cwd=tmp_path)
    run(*install, "--no-deps", *wheels, cwd=tmp_path)
    run(UV, "pip", "check", "--quiet", "--python", bin_folder / "python", cwd=tmp_path)

    shutil.copytree(HERE / "project", tmp_path / "stock")
    moved = shutil.copytree(HERE / "project", tmp_path / "moved")
    code = (moved / "app.py").read_text()
    changed = code.replace('app = Chalice(app_name="todo")', 'app = FrontDoor(app_name="todo")')
    (moved / "app.py").write_text("from chalice_frontdoor import FrontDoor\n" + changed)
    (moved / "requirements.txt").write_text("")
    vendored = next((environment / "lib").glob("*/site-packages/chalice_frontdoor"))
    shutil.copytree(vendored, moved / "vendor" / "chalice_frontdoor")

    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    shutil.copy(HERE / "smoke.py", tmp_path)
    run(bin_folder / "python", "smoke.py", cwd=tmp_path, env={"POSTGRES": database, "PATH": path})
