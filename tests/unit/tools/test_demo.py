"""`make demo` against a directory in memory; tests/stack/test_load.py fills a real one."""

import json
import re

import httpx
import pytest

from tools.command_line import NotReady
from tools.demo import MOST_OPERATIONS, fill, invent_people

PEOPLE = invent_people()


def test_they_are_the_same_people_at_each_run_each_with_an_address():
    assert invent_people() == PEOPLE
    emails = {person["email"] for person in PEOPLE}
    assert len(emails) == len(PEOPLE) == 1_000
    assert [email for email in emails if not re.fullmatch(r"[a-z]+\.[a-z]+\d*@[a-z]+\.example\.com", email)] == []


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
    with httpx.Client(transport=httpx.MockTransport(directory), base_url="http://directory") as client:
        assert [fill(client, people) for people in (PEOPLE[:600], PEOPLE, PEOPLE)] == [600, 400, 0]
    assert max(directory.sizes) == MOST_OPERATIONS
    assert directory.closed == [{"aviso": True}] * 2


@pytest.mark.parametrize("status", [403, 503])
def test_a_directory_that_refuses_them_stops_it(status):
    transport = httpx.MockTransport(lambda _: httpx.Response(status))
    with httpx.Client(transport=transport, base_url="http://directory") as client, pytest.raises(NotReady) as refusal:
        fill(client, PEOPLE)
    assert str(refusal.value) == f"Not all employees were added ({status}). Run it again to continue."
