"""`make demo` against a directory in memory; tests/stack/test_load.py fills a real one."""

from __future__ import annotations

import hashlib
import json

import httpx
import pytest

from tools.demo.__main__ import MOST_OPERATIONS, fill, main
from tools.demo.people import invent_people

PEOPLE = invent_people()


def test_they_are_the_same_people_at_each_run_and_on_each_machine():
    """Otherwise a second `make demo` would add others. Update the digest after an intended change."""
    people = json.dumps([person._asdict() for person in PEOPLE], ensure_ascii=False)
    assert hashlib.sha256(people.encode()).hexdigest()[:16] == "319348ee7b4245f1"


class Directory:
    def __init__(self):
        self.emails = set()
        self.closed = []
        self.sizes = []

    def __call__(self, request):
        body = json.loads(request.content)
        if request.url.path.endswith("/cierre"):
            self.closed.append(body)
            return httpx.Response(200, json={})
        assert request.headers["Idempotency-Key"]
        self.sizes.append(len(body["crear"]))
        emails = [person["email"] for person in body["crear"]]
        results = [{"estado": 409 if email in self.emails else 201} for email in emails]
        self.emails.update(emails)
        return httpx.Response(200, json={"resultados": results})


def test_people_are_added_once_with_one_email_about_all_of_them():
    directory = Directory()
    with httpx.Client(transport=httpx.MockTransport(directory)) as client:
        assert fill(client, "http://directory", PEOPLE[:600]) == 600
        assert fill(client, "http://directory", PEOPLE) == 400
        assert fill(client, "http://directory", PEOPLE) == 0
    assert max(directory.sizes) == MOST_OPERATIONS
    assert directory.closed == [{"aviso": True}] * 2


def test_what_goes_wrong_is_one_sentence(capsys, closed_port):
    assert main(["--url=http://example.org"], {}) == 2
    assert capsys.readouterr().err.startswith("make demo: example.org is not this machine, and its directory would be ")
    assert main([], {"BFF_PORT": str(closed_port), "TOKEN": "x"}) == 2
    assert "start it with `make run`" in capsys.readouterr().err


@pytest.mark.parametrize("status", [403, 422, 503])
def test_a_directory_that_refuses_them_stops_it(status):
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(status)))
    with client, pytest.raises(httpx.HTTPStatusError, match=str(status)):
        fill(client, "http://directory", PEOPLE)
