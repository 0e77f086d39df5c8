"""A handler in a process of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.bench.subject import BenchFailed, Subject, running, time_first_answer

if TYPE_CHECKING:
    from pathlib import Path

HANDLER = """
import logging, os, sys, time
print("printed")
def handler(event, context):
    logging.getLogger("any").warning("logged")
    assert context.get_remaining_time_in_millis() > 0
    return {"statusCode": 200, "body": "[1, 2]", "event": event, "environment": dict(os.environ), "path": sys.path}
def wait(event, context):
    time.sleep(0.2)
def crash(event, context):
    raise RuntimeError("no good")
"""


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    (tmp_path / "sample.py").write_text(HANDLER)
    return Subject("sample", "a sample", (tmp_path,), "sample.handler", {"CITY": "Lima"})


def test_sees_its_folders_and_variables_and_no_more(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    with running(subject) as process:
        answer = process.call(['{"a": 1}']).answer
    assert answer["event"] == {"a": 1}
    assert {name for name in answer["environment"] if name != "LC_CTYPE"} == {"CITY"}
    assert answer["path"][0] == str(tmp_path)
    assert not [folder for folder in answer["path"] if "site-packages" in folder or folder == "/nowhere"]


def test_calls_as_often_as_asked_with_the_events_in_turn(subject: Subject) -> None:
    with running(subject) as process:
        calls = process.call(["1", "2"], 5)
    assert len(calls.microseconds) == 5
    assert calls.answer["event"] == 1
    assert all(each > 0 for each in calls.microseconds)
    assert 5 < calls.mebibytes < 200


def test_tells_what_the_processor_had_to_do(subject: Subject) -> None:
    with running(replace(subject, handler="sample.wait")) as process:
        calls = process.call(["1"], 2)
    assert len(calls.cpu_microseconds) == 2
    assert all(cpu < took / 2 for cpu, took in zip(calls.cpu_microseconds, calls.microseconds, strict=True))
    assert calls.cpu_since_start > sum(calls.cpu_microseconds) > 0


def test_a_pause_is_not_counted(subject: Subject) -> None:
    with running(subject) as process:
        assert max(process.call(["1"], 2, pause=0.2).microseconds) < 200_000


def test_compiles_nothing_beside_its_modules(subject: Subject, tmp_path: Path) -> None:
    with running(subject) as process:
        process.call(["1"])
    assert [path.name for path in tmp_path.iterdir()] == ["sample.py"]


def test_a_first_answer_takes_longer_than_the_call(subject: Subject) -> None:
    milliseconds, calls = time_first_answer(subject, "1")
    assert milliseconds * 1000 > calls.microseconds[0]


def test_a_crash_is_told_in_its_last_words(subject: Subject) -> None:
    crashing = Subject("sample", "a sample", subject.folders, "sample.crash")
    with running(crashing) as process, pytest.raises(BenchFailed, match="a sample ended: RuntimeError: no good"):
        process.call(["1"])


def test_a_process_that_is_gone_cannot_be_asked(subject: Subject) -> None:
    with running(subject) as process:
        process.close()
        with pytest.raises((BenchFailed, ValueError)):
            process.call(["1"])


def test_the_right_answer_counts(subject: Subject) -> None:
    with running(subject) as process:
        calls = process.call(["1"])
    assert calls.require(subject, 200, 2) is calls
    with pytest.raises(BenchFailed, match="where 201 was due"):
        calls.require(subject, 201)
    with pytest.raises(BenchFailed, match="with 3 rows"):
        calls.require(subject, 200, 3)


def test_what_is_no_response_does_not_count(subject: Subject) -> None:
    with running(Subject("sample", "a sample", subject.folders, "json.dumps")) as process, pytest.raises(BenchFailed):
        process.call([json.dumps("x")]).require(subject, 200)
