"""What `make sbom` says is in a Lambda's zip, beside what its lock file says."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("app", ["crud_app", "email_app", "bff_app"])
def test_each_locked_package_is_listed_with_its_version(app, tmp_path):
    archive = tmp_path / app / "deployment.zip"
    archive.parent.mkdir()
    archive.symlink_to(ROOT / "build" / app / "deployment.zip")

    subprocess.run([ROOT / ".scan/bin/python", "-m", "tools.sbom", archive], cwd=ROOT, check=True)

    document = json.loads(archive.with_name("bom.cdx.json").read_text("utf-8"))
    listed = {component["purl"] for component in document["components"]}
    locked = re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / app / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert (document["bomFormat"], document["metadata"]["component"]["name"]) == ("CycloneDX", app)
    assert {f"pkg:pypi/{name}@{version}" for name, version in locked} == {
        purl for purl in listed if "/chalice@" not in purl
    }
    assert any(purl.startswith("pkg:pypi/chalice@") for purl in listed)
