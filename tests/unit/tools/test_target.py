import argparse

import httpx
import pytest

from tools.command_line import NotReady
from tools.target import add_target, is_this_machine, open_directory, read_url, require_entry


def test_an_address_is_read_and_anything_else_is_refused_with_the_rule():
    for text, host in (
        ("http://LOCALHOST/", "localhost"),
        ("https://d111.cloudfront.net", "d111.cloudfront.net"),
        ("http://[::1]:8000", "::1"),
        ("http://localhost:4566/_alb/crud-app-alb/", "localhost"),
    ):
        assert read_url(text).host == host
    for text in (
        *("", "localhost:8000", "ftp://localhost", "http:///empleados", "http://localhost:65536", "http://[::g]"),
        *("http://localhost:8000?x=1", "http://localhost:8000#x", "http://user:secret@localhost:8000"),
        *("http://localhost\\@example.org", "http://localhost\n", "x" * 10_000),
    ):
        with pytest.raises(NotReady, match=r"^URL must be an address with a host, and without user") as refusal:
            read_url(text)
        assert len(str(refusal.value)) < 250


def test_only_loopback_addresses_are_this_machine():
    for text in ("localhost", "127.0.0.1", "127.9.9.9", "[::1]"):
        assert is_this_machine(read_url(f"http://{text}:8000").host)
    for text in ("example.org", "localhost.example.org", "10.0.0.1", "127.1", "2130706433", "[::]", "[fe80::1]"):
        assert not is_this_machine(read_url(f"http://{text}").host)


def client_that_gets(response):
    return httpx.Client(base_url="http://a/b", transport=httpx.MockTransport(lambda _: response))


def test_only_a_directory_that_is_well_and_lets_in_is_used():
    require_entry(client_that_gets(httpx.Response(200, json=[])), "")
    for response, refusal in (
        (httpx.Response(200, html="<h1>It works!</h1>"), r"is not the directory, or not well \(GET /correos: 200\)"),
        (httpx.Response(302, headers={"Location": "/correos"}), r"not well \(GET /correos: 302\)"),
        (httpx.Response(503, json={}), r"not well \(GET /correos: 503\)"),
        (httpx.Response(401), r"^The directory at http://a/b requires a token of the role rrhh \(401\): say TOKEN=…$"),
        (httpx.Response(403), r"a token of the role rrhh \(403\): say TOKEN=…$"),
    ):
        with pytest.raises(NotReady, match=refusal):
            require_entry(client_that_gets(response), "")


def test_another_machine_needs_a_word_and_this_one_a_directory(closed_port):
    parser, other = argparse.ArgumentParser(), f"http://0.0.0.0:{closed_port}"
    add_target(parser, {"BFF_PORT": str(closed_port)})
    for argv, refusal in (
        (["--url=http://example.org"], r"^example\.org is not this machine, and why: say MINE=1 if it is yours\.$"),
        ([f"--url={other}", "--mine"], rf"^No directory answers at {other} .* address right\?$"),
        ([], rf"^No directory answers at http://localhost:{closed_port} .* start it with `make run`$"),
    ):
        with pytest.raises(NotReady, match=refusal):
            open_directory(parser.parse_args(argv), {"TOKEN": "x"}, why="why")
    add_target(parser := argparse.ArgumentParser(), {"BFF_PORT": ""})
    assert parser.parse_args([]).url == "http://localhost:8000"
