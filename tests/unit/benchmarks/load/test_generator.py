"""The process that makes the load, against a directory in memory."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest

from benchmarks.load.fake_directory import JSON, json_answer
from benchmarks.load.generator import Generator, GeneratorFailed
from benchmarks.load.profile import Profile
from benchmarks.load.work import Excerpt, Load, OwnRow, own_employee
from local.wire import WireAnswer

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.load.fake_directory import FakeDirectory
    from benchmarks.load.results import Measurement
    from local.wire import WireRequest

EXCERPT = Excerpt(ids=(1, 2, 3), words=("Ana", "Núñez"), positions=("Analista",), second_page="limite=50&cursor=50")


def load_for(directory: FakeDirectory, **changes: object) -> Load:
    load = Load(
        url=directory.url,
        headers={"Authorization": "Bearer x"},
        profile=Profile.READ,
        users=2,
        requests=20,
        seconds=60,
        seed=1,
        excerpt=EXCERPT,
    )
    return replace(load, **changes)  # type: ignore[arg-type] # the fields of Load


def lowered(request: WireRequest) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in request.headers]


def measure(load: Load) -> list[Measurement]:
    return list(Generator(load).measurements())


def test_every_request_is_sent_once_and_measured_once(fake_directory: FakeDirectory) -> None:
    measurements = measure(load_for(fake_directory))
    assert len(measurements) == len(fake_directory.requests) == 20
    assert all(("authorization", "Bearer x") in lowered(request) for request in fake_directory.requests)
    assert [each.failure for each in measurements] == [""] * 20
    assert [each.at for each in measurements] == sorted(each.at for each in measurements)
    assert all(0 < each.ms <= each.at * 1_000 for each in measurements)
    assert {each.kind for each in measurements} == {"listar", "página siguiente", "buscar", "ver"}


def test_writing_succeeds_with_several_people_at_once(fake_directory: FakeDirectory) -> None:
    own_rows = tuple(OwnRow(fake_directory.add(**own_employee("a1", number)), '"1"') for number in range(5))
    measurements = measure(
        load_for(fake_directory, profile=Profile.MIX, users=4, requests=100, run="a1", own_rows=own_rows)
    )
    assert [each.failure for each in measurements if each.failure] == []
    assert [len(fake_directory.asked(method)) for method in ("POST", "PUT", "DELETE")] == [4, 4, 2]


def test_as_many_are_under_way_at_once_as_there_are_people(fake_directory: FakeDirectory) -> None:
    all_there = threading.Barrier(4, timeout=10)

    def wait_for_the_others(_: WireRequest) -> None:
        all_there.wait()

    fake_directory.fault = wait_for_the_others
    measurements = measure(load_for(fake_directory, users=4, requests=8))
    assert [each.failure for each in measurements] == [""] * 8


def test_each_wrong_answer_is_a_failure_with_its_reason_and_not_asked_for_again(fake_directory: FakeDirectory) -> None:
    answers = [
        json_answer({"status": 503}, 503),
        json_answer([], 201),
        WireAnswer(302, [("Location", f"{fake_directory.url}/health")], b""),
        WireAnswer(200, [("Content-Type", "text/html")], b"<p>"),
        WireAnswer(200, [], b""),
    ]
    left = iter(answers)
    fake_directory.fault = lambda _: next(left)
    measurements = measure(load_for(fake_directory, users=1, requests=5))
    assert [each.failure for each in measurements] == ["HTTP 503", "HTTP 201", "HTTP 302", "no es JSON", "no es JSON"]
    assert len(fake_directory.requests) == 5


def test_a_server_that_is_gone_is_a_failure(fake_directory: FakeDirectory) -> None:
    fake_directory.stop()
    (measurement,) = measure(load_for(fake_directory, users=1, requests=1))
    assert measurement.failure.startswith("sin respuesta (")


def test_an_answer_that_breaks_off_is_a_failure(fake_directory: FakeDirectory) -> None:
    broken = WireAnswer(200, [JSON, ("Transfer-Encoding", "chunked")], b"5\r\n[1,2")
    fake_directory.fault = lambda _: broken
    (measurement,) = measure(load_for(fake_directory, users=1, requests=1))
    assert measurement.failure.startswith("sin respuesta (")


def test_a_stop_lets_the_answers_come_that_are_under_way(fake_directory: FakeDirectory) -> None:
    goes_on = hold_answers(fake_directory)
    generator = Generator(load_for(fake_directory, users=3))
    fake_directory.wait_until(lambda: len(fake_directory.requests) == 3)
    generator.stop()
    time.sleep(0.2)  # the signal must come before the answers
    goes_on.set()
    assert [each.failure for each in generator.measurements()] == [""] * 3
    assert len(fake_directory.requests) == 3


def test_a_second_stop_waits_for_nothing(fake_directory: FakeDirectory) -> None:
    goes_on = hold_answers(fake_directory)
    generator = Generator(load_for(fake_directory))
    fake_directory.wait_until(lambda: len(fake_directory.requests) == 2)
    generator.stop()
    generator.stop()
    assert list(generator.measurements()) == []
    goes_on.set()


def test_nothing_is_sent_when_nobody_listens_any_more(fake_directory: FakeDirectory) -> None:
    generator = Generator(load_for(fake_directory, users=1, requests=1_000))
    for _ in generator.measurements():
        break
    assert len(fake_directory.requests) < 1_000
    assert not any("benchmarks.load.users" in process.cmdline() for process in psutil.Process().children())


def test_the_time_ends_a_load(fake_directory: FakeDirectory) -> None:
    measurements = measure(load_for(fake_directory, requests=100_000, seconds=0.5))
    assert 0 < len(measurements) < 100_000
    # One that is under way then is waited for.
    assert 0.4 < measurements[-1].at < 5


def test_a_process_that_breaks_is_reported_with_its_last_words(fake_directory: FakeDirectory) -> None:
    fake_directory.fault = lambda _: json_answer({}, 201)  # without the headers of a creation
    load = load_for(fake_directory, profile=Profile.MIX, run="a1", requests=50)
    with pytest.raises(GeneratorFailed, match="KeyError"):
        measure(load)


def test_an_environment_that_is_not_there_is_reported(fake_directory: FakeDirectory, tmp_path: Path) -> None:
    with pytest.raises(GeneratorFailed, match="make load-test"):
        Generator(load_for(fake_directory), python=tmp_path / "python")


def hold_answers(directory: FakeDirectory) -> threading.Event:
    """No answer comes before the event."""
    goes_on = threading.Event()

    def wait(_: WireRequest) -> None:
        goes_on.wait(30)

    directory.fault = wait
    return goes_on
