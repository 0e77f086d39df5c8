"""`make demo` against a directory in memory."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import httpx
import pytest

from chalice_devserver.http import HttpResponse
from local.guardian import Child
from local.settings import ROOT
from tests.support.fake_directory import json_answer, running_directory
from tools.demo.__main__ import PARALLEL, Filler, NotFilled, main
from tools.demo.people import invent_people

PEOPLE = invent_people()[:40]


@pytest.fixture
def fake_directory():
    with running_directory() as directory:
        yield directory


@pytest.fixture
def make_filler(fake_directory):
    """Fillers that hardly pause."""
    with httpx.Client(trust_env=False) as client:
        yield lambda: Filler(client, fake_directory.url, pauses=(0.01, 0.01))


@pytest.fixture
def filler(make_filler):
    return make_filler()


def once(answer):
    """A fault that hits the first attempt of each request."""
    seen: set[bytes] = set()

    def fault(request):
        is_new = request.body not in seen
        seen.add(request.body)
        return answer(request) if is_new else None

    return fault


def test_people_are_added_once_even_if_the_response_is_lost(make_filler, fake_directory):
    def lose(request):
        fake_directory.create(request)
        return json_answer({"status": 504}, 504)

    first, second = make_filler(), make_filler()
    list(first.fill(PEOPLE[:30]))
    fake_directory.fault = once(lose)
    list(second.fill(PEOPLE))
    assert (first.added, second.added) == ([True] * 30, [False] * 40)
    assert len(fake_directory.rows) == 40
    sent = {name: PEOPLE[0]._asdict()[name] for name in ("nombre", "email", "fecha_contratacion")}
    assert any(sent.items() <= row.items() for row in fake_directory.rows.values())


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_transient_error_is_retried(status, filler, fake_directory):
    fake_directory.fault = once(lambda _: json_answer({"status": status}, status))
    list(filler.fill(PEOPLE[:10]))
    assert filler.added == [True] * 10


@pytest.mark.parametrize(
    ("answer", "times"),
    [
        (json_answer({"status": 422}, 422), 1),
        (json_answer({"type": "about:blank"}, 409), 1),
        (HttpResponse(409, [], b"<html>"), 1),
        (json_answer({}, 200), 1),
        (json_answer({"status": 503}, 503), 3),
    ],
)
def test_a_permanent_error_ends_it_with_a_sentence(answer, times, filler, fake_directory):
    fake_directory.fault = lambda _: answer
    sentence = rf"answered {answer.status} to the employee {re.escape(PEOPLE[0].email)}\. Run it again to continue\."
    with pytest.raises(NotFilled, match=sentence):
        list(filler.fill(PEOPLE[:1]))
    assert len(fake_directory.requests) == times
    assert filler.added == []


def test_a_directory_that_dies_is_reported(filler, fake_directory):
    fake_directory.stop()
    with pytest.raises(NotFilled, match=r"the directory does not answer any more \(ConnectError\)\."):
        list(filler.fill(PEOPLE))


@pytest.mark.usefixtures("_own_signals")
def test_the_program_says_what_it_did(fake_directory, capsys):
    environment = {"BFF_PORT": str(fake_directory.port)}
    assert main(["--url=http://example.org"], environment) == 2
    assert capsys.readouterr().err.startswith("make demo: example.org is not this machine, and its directory would be ")

    assert main([], environment) == 0
    output = capsys.readouterr().out
    assert re.search(r"^1,000 added, 0 were there already; \d+\.\d s$", output, re.MULTILINE)
    assert output.endswith(f"Look at them: http://localhost:{fake_directory.port}/\n")
    assert len(fake_directory.rows) == 1_000

    fake_directory.fault = lambda request: json_answer({}, 422) if request.method == "POST" else None
    assert main([], environment) == 1
    output, error = capsys.readouterr()
    assert "0 added, 0 were there already; stopped before the other 1,000; " in output
    assert error.startswith("make demo: Not all employees were added: the directory answered 422 to ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_with_an_exact_summary_and_without_retries(number, fake_directory):
    def refuse_after_twenty(request):
        return json_answer({}, 503) if request.method == "POST" and len(fake_directory.rows) >= 20 else None

    fake_directory.fault = refuse_after_twenty
    command = [sys.executable, "-m", "tools.demo", f"--url={fake_directory.url}"]
    process = Child(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    fake_directory.wait_until(lambda: len(fake_directory.asked("POST")) >= 20 + PARALLEL)
    process.send_signal(number)
    sent = len(fake_directory.asked("POST"))
    output, errors = process.communicate()
    added = len(fake_directory.rows)
    assert (process.returncode, errors) == (130, "")
    assert f"{added} added, 0 were there already; stopped before the other {1_000 - added}; " in output
    assert len(fake_directory.asked("POST")) <= sent + PARALLEL
