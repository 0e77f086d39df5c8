from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_devserver.http import HttpResponse
from tests.support.fake_directory import json_answer, running_directory
from tools.target import (
    Target,
    TargetError,
    default_url,
    read_target,
    require_directory,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.fake_directory import FakeDirectory


@pytest.mark.parametrize(
    ("text", "url", "host"),
    [
        ("http://localhost:8000", "http://localhost:8000", "localhost"),
        ("http://LOCALHOST/", "http://LOCALHOST", "localhost"),
        ("https://d111.cloudfront.net", "https://d111.cloudfront.net", "d111.cloudfront.net"),
        ("http://[::1]:8000", "http://[::1]:8000", "::1"),
        ("http://localhost:4566/_alb/crud-app-alb/", "http://localhost:4566/_alb/crud-app-alb", "localhost"),
        ("http://localhost:4566/_aws/execute-api/a1/$default", None, "localhost"),
    ],
)
def test_an_address_is_read(text: str, url: str | None, host: str) -> None:
    assert read_target(text) == Target(url or text, host)


@pytest.mark.parametrize(
    "text",
    [
        "", "localhost:8000", "localhost", "ftp://localhost", "http://", "http:///empleados", "http://:8000",
        "http://localhost:0", "http://localhost:65536", "http://localhost:", "http://localhost:8000?x=1",
        "http://localhost:8000#x", "http://user:secret@localhost:8000", "http://localhost\\@example.org",
        "http://localhost /", " http://localhost", "http://localhost\n", "http://loc%61lhost", "http://[::1",
        "http://[::g]", "http://[1:2]", "http://-x", "http://ñ.example", "http://localhost//x", "http://localhost:٨",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_the_rule(text: str) -> None:
    with pytest.raises(TargetError, match=r"^URL must be an address with a host, and without user, query and "):
        read_target(text)


def test_what_is_refused_does_not_fill_the_screen() -> None:
    with pytest.raises(TargetError) as refusal:
        read_target("x" * 10_000)
    assert len(str(refusal.value)) < 250


@given(st.text(alphabet="htps:/[]@\\?#.%1lo calhost\t", max_size=30).map("http://".__add__))
def test_who_is_asked_is_who_was_read(text: str) -> None:
    """Whatever is taken for an address has the same host for those who will send requests there."""
    try:
        target = read_target(text)
    except TargetError:
        return
    assert urlsplit(target.url).hostname == httpx.URL(target.url).host == target.host


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_this_machine_is_ones_own(host: str) -> None:
    target = read_target(f"http://{host}:8000")
    assert target.is_own
    target.require_own(mine=False, why="it would be wrong")


@pytest.mark.parametrize(
    "host",
    [
        "example.org", "localhost.example.org", "10.0.0.1", "127.1", "2130706433", "[::]", "[fe80::1]",
        "0.0.0.0",  # noqa: S104 - nobody listens there: it is refused
    ],
)  # fmt: skip
def test_any_other_machine_needs_its_owners_word(host: str) -> None:
    target = read_target(f"http://{host}")
    with pytest.raises(TargetError, match="is not this machine, and it would be wrong: say MINE=1 if it is yours"):
        target.require_own(mine=False, why="it would be wrong")
    target.require_own(mine=True, why="it would be wrong")


def test_the_address_of_make_run_follows_its_variable() -> None:
    assert default_url({}) == default_url({"BFF_PORT": ""}) == "http://localhost:8000"
    assert default_url({"BFF_PORT": "8100"}) == "http://localhost:8100"


@pytest.mark.parametrize("port", ["0", "65536", "http", "80 ", "-1", "٨٠"])
def test_a_port_that_is_none_is_refused_by_name(port: str) -> None:
    with pytest.raises(TargetError, match=r"^BFF_PORT must be a port, a whole number from 1 to 65535, not '"):
        default_url({"BFF_PORT": port})


@pytest.fixture
def fake_directory() -> Iterator[FakeDirectory]:
    with running_directory() as directory:
        yield directory


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def test_the_directory_is_recognised(client: httpx.Client, fake_directory: FakeDirectory) -> None:
    require_directory(client, read_target(fake_directory.url))
    assert [request.path for request in fake_directory.requests] == ["/health"]


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(200, [("Content-Type", "text/html")], b"<h1>It works!</h1>"),
        HttpResponse(302, [("Location", "/health")], b""),
        json_answer({"estado": "mal"}),
        json_answer(["estado"]),
        json_answer({"estado": "ok"}, 503),
    ],
)
def test_something_else_is_not_the_directory(
    answer: HttpResponse, client: httpx.Client, fake_directory: FakeDirectory
) -> None:
    fake_directory.fault = lambda _: answer
    with pytest.raises(TargetError, match=rf"is not the directory, or not well \(GET /health: {answer.status}\)"):
        require_directory(client, read_target(fake_directory.url))


def test_who_has_not_started_the_system_is_told_how(client: httpx.Client, closed_port: int) -> None:
    with pytest.raises(TargetError, match=r"^No directory answers at \S+ \(ConnectError\): start it with `make run`"):
        require_directory(client, read_target(f"http://127.0.0.1:{closed_port}"))


def test_a_host_far_away_that_does_not_answer_is_a_question(client: httpx.Client, closed_port: int) -> None:
    target = Target(f"http://127.0.0.1:{closed_port}", "example.org")
    with pytest.raises(TargetError, match=r"is the address right\?$"):
        require_directory(client, target)
