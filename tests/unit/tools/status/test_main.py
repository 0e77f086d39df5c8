from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tools.status.__main__ import main

if TYPE_CHECKING:
    from tests.unit.tools.status.conftest import Deployment

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def deployed_here(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a person who works with the emulator."""
    assert deployment.access.endpoint_url
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployment.access.endpoint_url)


@pytest.mark.usefixtures("deployed_here")
def test_the_status_of_an_environment_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--environment", "status"]) == 0
    output = capsys.readouterr().out
    assert output.startswith("crud-app-status  us-east-1, http://127.0.0.1:")
    assert "crud-app-status-email-dlq holds 3 messages" in output


@pytest.mark.usefixtures("deployed_here")
def test_the_environment_may_be_said_as_terraform_hears_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_environment", "status")
    monkeypatch.setenv("TF_VAR_project_name", "crud-app")
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("crud-app-status ")


@pytest.mark.usefixtures("deployed_here")
def test_a_report_is_written_where_it_is_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    report = tmp_path / "estado.md"
    assert main(["--environment", "status", "--report", str(report)]) == 0
    assert report.read_text("utf-8").startswith("# Status of crud-app-status\n")
    assert f"The report is in {report}." in capsys.readouterr().out.replace("\n", "")


@pytest.mark.usefixtures("deployed_here")
def test_a_report_that_cannot_be_written_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--environment", "status", "--report", str(tmp_path / "missing" / "estado.md")]) == 1
    assert capsys.readouterr().err.startswith("make status: REPORT cannot be written: No such file or directory: ")


@pytest.mark.usefixtures("deployed_here")
def test_a_name_that_nobody_has_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--environment", "nobody"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("make status: Nothing is called crud-app-nobody-")
    assert output.err.count("\n") == 1


def test_the_laptop_is_reached_without_any_settings(
    deployment: Deployment, no_aws: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deployment.access.endpoint_url
    deployment.client("sqs").create_queue(QueueName="crud-app-email-queue")
    no_aws.setenv("AWS_PORT", deployment.access.endpoint_url.rpartition(":")[2])
    assert main(["--laptop"]) == 0
    assert capsys.readouterr().out.startswith("crud-app  us-east-1, http://127.0.0.1:")


def test_no_access_is_one_sentence(no_aws: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    no_aws.delenv("AWS_REGION", raising=False)
    assert main([]) == 1
    assert capsys.readouterr().err.startswith("make status: There is no AWS region")


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--environment=Prod", "ENVIRONMENT must have 2 to 12 lower-case letters or digits, such as dev, not 'Prod'"),
        ("--environment=", "ENVIRONMENT must have"),
        ("--environment=dev-1", "ENVIRONMENT must have"),
        ("--project=crud-app-is-too-long", "PROJECT must have 2 to 14 lower-case letters, digits or hyphens"),
        ("--project=x/y", "PROJECT must have"),
        ("--env=dev", "unrecognized arguments"),
    ],
)
def test_a_bad_flag_is_refused(argument: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([argument])
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_stranger_finds_help_with_examples() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "tools.status", "--help"],
        cwd=ROOT,
        env=dict(os.environ),
        text=True,
        capture_output=True,
        check=True,
    )
    assert "make status ENVIRONMENT=production REPORT=status.md" in result.stdout
