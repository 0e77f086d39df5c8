"""`make demo` against a directory in memory."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from chalice_devserver.http import HttpResponse
from chalice_devserver.program import Ending
from local.settings import ROOT
from tests.support.fake_directory import json_answer, running_directory
from tools.demo.__main__ import main
from tools.demo.filling import PARALLEL, Filler, NotFilled, Outcome
from tools.demo.people import invent_people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_devserver.http import HttpRequest
    from tests.support.fake_directory import FakeDirectory

PEOPLE = invent_people()[:40]


@pytest.fixture
def fake_directory() -> Iterator[FakeDirectory]:
    with running_directory() as directory:
        yield directory


@pytest.fixture
def ending() -> Ending:
    return Ending()


@pytest.fixture
def filler(fake_directory: FakeDirectory, ending: Ending) -> Iterator[Filler]:
    """One whose patience costs no time."""
    with httpx.Client(trust_env=False) as client:
        yield Filler(client, fake_directory.url, ending, pauses=(0.01, 0.01))


def test_everybody_is_added_once_and_a_second_time_changes_nothing(
    filler: Filler, fake_directory: FakeDirectory
) -> None:
    assert list(filler.fill(PEOPLE)) == [Outcome.ADDED] * 40
    before = {id_: dict(row) for id_, row in fake_directory.rows.items()}
    assert list(filler.fill(PEOPLE)) == [Outcome.THERE] * 40
    assert fake_directory.rows == before


def test_people_are_sent_as_they_were_invented(filler: Filler, fake_directory: FakeDirectory) -> None:
    list(filler.fill(PEOPLE[:1]))
    (row,) = fake_directory.rows.values()
    assert (row["nombre"], row["email"], row["fecha_contratacion"]) == (
        PEOPLE[0].nombre,
        PEOPLE[0].email,
        PEOPLE[0].fecha_contratacion,
    )


def test_so_many_are_sent_at_once_and_no_more(filler: Filler, fake_directory: FakeDirectory) -> None:
    lock, counts = threading.Lock(), [0, 0]

    def count(_: HttpRequest) -> None:
        with lock:
            counts[0] += 1
            counts[1] = max(counts)
        time.sleep(0.02)
        with lock:
            counts[0] -= 1

    fake_directory.fault = count
    list(filler.fill(PEOPLE))
    assert 2 <= counts[1] <= PARALLEL


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_trouble_that_passes_is_outlasted(status: int, filler: Filler, fake_directory: FakeDirectory) -> None:
    refused: set[bytes] = set()

    def refuse_once(request: HttpRequest) -> HttpResponse | None:
        if request.body in refused:
            return None
        refused.add(request.body)
        return json_answer({"status": status}, status)

    fake_directory.fault = refuse_once
    assert list(filler.fill(PEOPLE[:10])) == [Outcome.ADDED] * 10


def test_an_answer_that_was_lost_does_not_add_somebody_twice(filler: Filler, fake_directory: FakeDirectory) -> None:
    lost: set[bytes] = set()

    def lose_once(request: HttpRequest) -> HttpResponse | None:
        if request.body in lost:
            return None
        lost.add(request.body)
        fake_directory.create(request)
        return json_answer({"status": 504}, 504)

    fake_directory.fault = lose_once
    assert list(filler.fill(PEOPLE[:5])) == [Outcome.THERE] * 5
    assert len(fake_directory.rows) == 5


@pytest.mark.parametrize(
    ("answer", "times"),
    [
        (json_answer({"status": 422}, 422), 1),
        (json_answer({"type": "about:blank"}, 409), 1),
        (json_answer([], 409), 1),
        (HttpResponse(409, [], b"<html>"), 1),
        (json_answer({}, 200), 1),
        (json_answer({"status": 503}, 503), 3),
    ],
)
def test_what_does_not_pass_ends_it_with_a_sentence(
    answer: HttpResponse, times: int, filler: Filler, fake_directory: FakeDirectory, ending: Ending
) -> None:
    fake_directory.fault = lambda _: answer
    sentence = rf"answered {answer.status} to the employee {re.escape(PEOPLE[0].email)}\. What is there stays; "
    with pytest.raises(NotFilled, match=sentence):
        list(filler.fill(PEOPLE[:1]))
    assert len(fake_directory.requests) == times
    assert (ending.asked, ending.wait()) == (True, 1)


def test_a_directory_that_dies_is_named_and_nobody_else_is_tried(filler: Filler, fake_directory: FakeDirectory) -> None:
    fake_directory.stop()
    with pytest.raises(NotFilled, match=r"the directory does not answer any more \(ConnectError\)\."):
        list(filler.fill(PEOPLE))


def test_who_is_left_when_the_end_is_asked_for_is_left_out(
    filler: Filler, fake_directory: FakeDirectory, ending: Ending
) -> None:
    outcomes = []
    for outcome in filler.fill(PEOPLE):
        outcomes.append(outcome)
        ending.ask()
        fake_directory.fault = lambda _: json_answer({}, 500)  # whoever is still sent does harm
    assert outcomes[0] is Outcome.ADDED
    assert Outcome.LEFT_OUT in outcomes
    assert len(outcomes) == 40


# ---- the program


@pytest.mark.usefixtures("_own_signals")
def test_the_program_says_what_it_did_and_where_to_look(
    fake_directory: FakeDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    for added, there in ((1_000, 0), (0, 1_000)):
        assert main([], {"BFF_PORT": str(fake_directory.port)}) == 0
        output = capsys.readouterr()
        assert re.search(rf"^{added:,} added, {there:,} were there already; \d+\.\d s$", output.out, re.MULTILINE)
        assert output.out.endswith(f"Look at them: http://localhost:{fake_directory.port}/\n")
        assert output.err == ""
    assert len(fake_directory.rows) == 1_000


@pytest.mark.usefixtures("_own_signals")
@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--url=http://example.org", "example.org is not this machine, and its directory would be full of invented "),
        ("--url=localhost", "URL must be an address with a host"),
    ],
)
def test_what_cannot_be_filled_is_one_sentence(
    argument: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([argument], {}) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"make demo: {sentence}")
    assert output.err.count("\n") == 1


@pytest.mark.usefixtures("_own_signals")
def test_a_system_that_does_not_run_is_one_sentence(capsys: pytest.CaptureFixture[str], closed_port: int) -> None:
    assert main([], {"BFF_PORT": str(closed_port)}) == 2
    assert capsys.readouterr().err == (
        f"make demo: No directory answers at http://localhost:{closed_port} (ConnectError): start it with `make run`.\n"
    )


@pytest.mark.usefixtures("_own_signals")
def test_a_refusal_is_exit_code_1_after_the_summary(
    fake_directory: FakeDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_directory.fault = lambda request: json_answer({}, 422) if request.method == "POST" else None
    assert main([f"--url={fake_directory.url}"], {}) == 1
    output = capsys.readouterr()
    assert "0 added, 0 were there already; " in output.out
    assert "Look at them" not in output.out
    assert output.err.startswith("make demo: Not all employees are there: the directory answered 422 to ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_and_it_can_go_on_later(number: signal.Signals, fake_directory: FakeDirectory) -> None:
    fake_directory.fault = lambda _: time.sleep(0.02)
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.demo", f"--url={fake_directory.url}"],
        cwd=ROOT,
        env={**os.environ, "BFF_PORT": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    fake_directory.wait_until(lambda: len(fake_directory.rows) > 20)
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    added = len(fake_directory.rows)
    assert (process.returncode, errors) == (130, "")
    assert f"{added} added, 0 were there already; stopped before the other {1_000 - added}; " in output
    assert 20 < added < 1_000
