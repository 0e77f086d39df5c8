from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.target import (
    Target,
    TargetError,
    authorization,
    default_url,
    read_target,
    require_entry,
)

HERE = Target("http://localhost:8000", "localhost")
ELSEWHERE = Target("https://directory.example", "directory.example")


def test_an_address_is_read_and_anything_else_is_refused_with_the_rule():
    for text, url, host in (
        ("http://LOCALHOST/", "http://LOCALHOST", "localhost"),
        ("https://d111.cloudfront.net", "https://d111.cloudfront.net", "d111.cloudfront.net"),
        ("http://[::1]:8000", "http://[::1]:8000", "::1"),
        ("http://localhost:4566/_alb/crud-app-alb/", "http://localhost:4566/_alb/crud-app-alb", "localhost"),
    ):
        assert read_target(text) == Target(url, host)
    for text in (
        *("", "localhost:8000", "ftp://localhost", "http:///empleados", "http://localhost:0", "http://localhost:65536"),
        *("http://localhost:8000?x=1", "http://localhost:8000#x", "http://user:secret@localhost:8000"),
        *("http://localhost\\@example.org", "http://localhost\n", "http://[::g]", "http://localhost:٨", "x" * 10_000),
    ):
        with pytest.raises(TargetError, match=r"^URL must be an address with a host, and without user") as refusal:
            read_target(text)
        assert len(str(refusal.value)) < 250


@given(st.text(alphabet="htps:/[]@\\?#.%1lo calhost\t", max_size=30).map("http://".__add__))
def test_the_host_that_is_checked_is_the_host_that_is_asked(text):
    try:
        target = read_target(text)
    except TargetError:
        return
    assert urlsplit(target.url).hostname == httpx.URL(target.url).host == target.host


def test_only_loopback_addresses_are_this_machine():
    for host in ("localhost", "127.0.0.1", "127.9.9.9", "[::1]"):
        read_target(f"http://{host}:8000").require_own(mine=False, why="it would be wrong")
    for host in ("example.org", "localhost.example.org", "10.0.0.1", "127.1", "2130706433", "[::]", "[fe80::1]"):
        target = read_target(f"http://{host}")
        with pytest.raises(TargetError, match="is not this machine, and it would be wrong: say MINE=1 if it is yours"):
            target.require_own(mine=False, why="it would be wrong")
        target.require_own(mine=True, why="it would be wrong")


def test_the_address_of_make_run_follows_its_variable():
    assert default_url({}) == default_url({"BFF_PORT": ""}) == "http://localhost:8000"
    assert default_url({"BFF_PORT": "8100"}) == "http://localhost:8100"


def client_that_gets(response):
    return httpx.Client(transport=httpx.MockTransport(lambda _: response))


def test_only_a_directory_that_is_well_and_lets_in_is_used(closed_port):
    require_entry(client_that_gets(httpx.Response(200, json=[])), ELSEWHERE)
    for response, refusal in (
        (httpx.Response(200, html="<h1>It works!</h1>"), r"is not the directory, or not well \(GET /correos: 200\)"),
        (httpx.Response(302, headers={"Location": "/correos"}), r"not well \(GET /correos: 302\)"),
        (httpx.Response(503, json={}), r"not well \(GET /correos: 503\)"),
        (httpx.Response(401), r"a token of the role rrhh \(401\): say TOKEN=…$"),
        (httpx.Response(403), r"a token of the role rrhh \(403\): say TOKEN=…$"),
    ):
        with pytest.raises(TargetError, match=refusal):
            require_entry(client_that_gets(response), HERE)
    for host, advice in (("127.0.0.1", "start it with `make run`"), ("example.org", "is the address right?")):
        with httpx.Client(trust_env=False) as client, pytest.raises(TargetError) as refusal:
            require_entry(client, Target(f"http://127.0.0.1:{closed_port}", host))
        assert advice in str(refusal.value)


def test_a_token_is_used_if_there_is_one(tmp_path):
    for target in (HERE, ELSEWHERE):
        assert authorization(target, {"TOKEN": "abc"}) == {"Authorization": "Bearer abc"}
        assert authorization(target, {"LOCAL_STATE": str(tmp_path)}) == {}  # a demonstration needs none
