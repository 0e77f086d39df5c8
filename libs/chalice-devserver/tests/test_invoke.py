"""One handler, run once with an event from a file, as a person types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

APP = """
from chalice import Chalice

app = Chalice("photos")


@app.on_s3_event(bucket="photos")
def resize(event):
    return [event.bucket, event.key]


@app.lambda_function(name="count")
def count_words(event, context):
    return len(event["text"].split())
"""
#: AWS's own.
S3_EVENT = Path(__file__).parents[3] / "tests" / "contracts" / "aws" / "s3.json"


@pytest.fixture
def project(write_project):
    return write_project(APP)


def invoke(project, name, event):
    command = [sys.executable, "-m", "chalice_devserver.invoke", name, "-", "--project-dir", project]
    return subprocess.run(command, input=event, capture_output=True, text=True, check=False)


def test_a_handler_gets_the_event_and_its_result_is_printed(project):
    resized = invoke(project, "resize", S3_EVENT.read_text("utf-8"))
    counted = invoke(project, "count", '{"text": "one two"}')

    assert json.loads(resized.stdout) == ["lambda-artifacts-deafc19498e3f2df", "b21b84d653bb07b05b1e6b33684dc11b"]
    assert json.loads(counted.stdout) == 2


@pytest.mark.parametrize(
    ("name", "event", "code", "sentence"),
    [
        ("resise", "{}", 2, "has no handler resise. It has: count, resize."),
        ("resize", "{", 2, "- is not JSON"),
        ("count", "{}", 1, "photos-local-count failed: KeyError"),
    ],
)
def test_what_cannot_be_run_is_a_sentence(project, name, event, code, sentence):
    done = invoke(project, name, event)

    assert (done.returncode, done.stdout) == (code, "")
    assert sentence in done.stderr
