"""One handler, run once with an event from a file, as a person types it."""

import json
import subprocess
import sys

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
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
S3_EVENT = {"Records": [{"s3": {"bucket": {"name": "photos"}, "object": {"key": "a%20cat.jpg"}}}]}


@pytest.fixture
def project(write_project):
    return write_project(APP)


def invoke(project, name, event):
    command = [sys.executable, "-m", "chalice_devserver.invoke", name, "-", "--project-dir", project]
    return subprocess.run(command, input=event, capture_output=True, text=True, check=False)


def test_a_handler_gets_the_event_and_its_result_is_printed(project):
    resized = invoke(project, "resize", json.dumps(S3_EVENT))
    counted = invoke(project, "count", '{"text": "one two"}')

    assert json.loads(resized.stdout) == ["photos", "a cat.jpg"]
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
