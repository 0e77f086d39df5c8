"""A handler in a process of its own, and a database that is some milliseconds away."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.bench.distance import far_database
from benchmarks.bench.subject import BenchFailed, Subject, running, time_first_answer

if TYPE_CHECKING:
    from pathlib import Path

HANDLER = """
import logging, os, sys, time
print("printed")
def handler(event, context):
    logging.getLogger("any").warning("logged")
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


def test_a_process_sees_its_folders_and_variables_only_and_compiles_nothing(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    with running(subject) as process:
        calls = process.call(['{"a": 1}', '{"a": 2}'], 3)
    assert len(calls.microseconds) == 3
    assert calls.answer["event"] == {"a": 1}  # the events in turn
    assert {name for name in calls.answer["environment"] if name != "LC_CTYPE"} == {"CITY"}
    assert calls.answer["path"][0] == str(tmp_path)
    assert not [folder for folder in calls.answer["path"] if "site-packages" in folder or folder == "/nowhere"]
    assert [path.name for path in tmp_path.iterdir()] == ["sample.py"]


def test_waiting_is_no_work_of_the_processor(subject: Subject) -> None:
    milliseconds, calls = time_first_answer(replace(subject, handler="sample.wait"), "1")
    assert calls.microseconds[0] > 200_000 > calls.cpu_microseconds[0] > 0
    assert milliseconds * 1000 > calls.microseconds[0]


def test_a_crash_and_a_wrong_answer_end_the_run(subject: Subject) -> None:
    crash = replace(subject, handler="sample.crash")
    with running(crash) as process, pytest.raises(BenchFailed, match="a sample ended: RuntimeError: no good"):
        process.call(["1"])
    with running(subject) as process:
        calls = process.call(["1"])
    assert calls.require(subject, 200, 2) is calls
    for status, rows, words in ((201, None, "where 201 was due"), (200, 3, "with 3 rows")):
        with pytest.raises(BenchFailed, match=words):
            calls.require(subject, status, rows)


def test_answers_from_afar_are_late_and_counted_once_for_each_wait(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        def echo() -> None:
            peer, _ = listener.accept()
            with peer, peer.makefile("rwb", buffering=0) as lines:
                for line in lines:
                    lines.write(line.upper())

        thread = threading.Thread(target=echo)
        thread.start()
        with far_database(path) as distance:
            with socket.create_connection(("127.0.0.1", distance.port)) as peer, peer.makefile("rb") as answers:
                distance.seconds = 0.2
                begin = time.monotonic()
                peer.sendall(b"a\nb\n")  # two questions, one wait
                assert [answers.readline(), answers.readline()] == [b"A\n", b"B\n"]
                assert time.monotonic() - begin >= 0.2
                for trips in (2, 3):
                    peer.sendall(b"c\n")
                    answers.readline()
                    assert distance.trips == trips
            thread.join()
