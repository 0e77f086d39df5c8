"""The command: from a Chalice app to a module, by the project's settings."""

import json
import zipfile

import pytest

from chalice_terraform.__main__ import main
from chalice_terraform.errors import PackagingFailed
from chalice_terraform.settings import Settings, read_settings


def write_settings(app, text):
    (app / ".chalice" / "terraform.toml").write_text(text)


def test_the_module_has_all_files_of_the_project_but_caches_and_those_it_leaves_out(small_app, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "somebody-who-does-not-exist")
    own = {"chalicelib/__init__.py", "chalicelib/testing/samples.pyi", "chalicelib/tests/data.h"}
    left_out = {"vendor/vendored/testing/fakes.py"}
    caches = {"chalicelib/__pycache__/stale.pyc", "vendor/vendored/__pycache__/stale.pyc"}
    for name in own | left_out | caches:
        (small_app / name).parent.mkdir(parents=True, exist_ok=True)
        (small_app / name).touch()
    write_settings(small_app, 'leave_out = ["vendored/testing/", "yaml/"]\nmax_bytes = 10_000_000\n')

    assert main([str(tmp_path / "built"), str(small_app)]) == 0

    built = tmp_path / "built" / "small_app"
    assert sorted(path.name for path in built.iterdir()) == ["deployment.zip", "main.tf.json"]
    with zipfile.ZipFile(built / "deployment.zip") as packed:
        names = set(packed.namelist())
    assert {"app.py", "vendored/__init__.py", "chalice/app.py", *own} <= names
    assert not [name for name in names if name.startswith(("vendored/testing/", "yaml/")) or "stale" in name]
    assert not (small_app / ".chalice" / "deployments").exists()


def test_a_package_that_is_too_large_stops_the_build(small_app, tmp_path, capsys):
    write_settings(small_app, "max_bytes = 1_000\n")

    assert main([str(tmp_path / "built"), str(small_app)]) == 1
    assert "more than max_bytes = 1,000 allows" in capsys.readouterr().err
    assert not (tmp_path / "built").exists()


@pytest.mark.parametrize(
    "text",
    ["max_bytes =", "max_bytes = true", "max_bytes = -1", 'leave_out = "a"', 'leave_out = [""]', "size = 1"],
)
def test_settings_are_optional_and_those_that_make_no_sense_are_refused(small_app, text):
    assert read_settings(small_app) == Settings()
    write_settings(small_app, text)

    with pytest.raises(PackagingFailed, match=r"small_app/\.chalice/terraform\.toml"):
        read_settings(small_app)


def test_a_stage_that_is_missing_or_would_replace_another_and_a_folder_without_a_project_are_sentences(
    small_app, tmp_path, capsys
):
    config = json.loads((small_app / ".chalice" / "config.json").read_text())
    config["stages"]["dev"] = {}
    (small_app / ".chalice" / "config.json").write_text(json.dumps(config))
    assert main([str(tmp_path / "built"), str(small_app)]) == 0
    assert "deployment.zip: " in capsys.readouterr().out
    before = (tmp_path / "built" / "small_app" / "main.tf.json").read_text()
    for stage, app, sentence in (
        (
            "prod",
            small_app,
            "small_app has no stage `prod`: add it to .chalice/config.json, or use --stage aws or dev.",
        ),
        ("dev", small_app, "small_app holds the module of another stage: give each stage a folder of its own."),
        ("aws", tmp_path / "nothing", "nothing is no Chalice project: .chalice/config.json cannot be read"),
    ):
        assert main(["--stage", stage, str(tmp_path / "built"), str(app)]) == 1
        assert sentence in capsys.readouterr().err
    assert (tmp_path / "built" / "small_app" / "main.tf.json").read_text() == before
