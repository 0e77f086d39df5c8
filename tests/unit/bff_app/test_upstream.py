"""Which addresses of an upstream are accepted."""

import pytest

from chalicelib.web.upstream import Upstream

ADDRESSES = {
    "http://127.0.0.1:8001": ("http://127.0.0.1:8001", ""),
    "http://127.0.0.1:8001/": ("http://127.0.0.1:8001", ""),
    "https://API.example.com/prod": ("https://api.example.com", "/prod"),
    "http://[::1]:8001": ("http://[::1]:8001", ""),
    "http://localhost:4566/_aws/execute-api/x/$default/": ("http://localhost:4566", "/_aws/execute-api/x/$default"),
}


def test_parse_reads_origin_and_prefix():
    for text, expected in ADDRESSES.items():
        upstream = Upstream.parse("crud", text)
        assert (upstream.origin, upstream.prefix) == expected


def test_parse_refuses_anything_but_a_plain_base_url():
    for text in (
        "", "api.example.com", "//api.example.com", "ftp://api.example.com", "http://", "http:///empleados",
        "http://user:secret@api.example.com", "http://api.example.com?stage=prod", "http://api.example.com/#top",
        "http://api.example.com:0", "http://api.example.com:655361", "http://api.example.com:port",
        "http://api.example.com/../other", "http://api.example.com/a//b", "http://api.example.com/a b",
        "http://api.example.com/%2e%2e", "http://api.example.com\\@evil.example", "http://ñandú.example",
        "http://[::1", "${var.crud_api_url}",
    ):  # fmt: skip
        with pytest.raises(ValueError, match="http"):
            Upstream.parse("crud", text)
