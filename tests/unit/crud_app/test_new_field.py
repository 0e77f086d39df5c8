"""What CONTRIBUTING.md prescribes for a new field suffices, also if an employee can be without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from local.postgres import migrate


@pytest.fixture(scope="module")
def answers(postgres, worker_id):
    """Of crud_app with one more field, by what was asked."""
    name = f"new_field_{worker_id}"
    url = postgres.create_database(name)
    migrate(url)
    file = postgres.execute("SELECT pg_relation_filenode('empleados')", database=name)
    postgres.execute("SET lock_timeout = '1s'; ALTER TABLE empleados ADD COLUMN apodo text", database=name)
    assert postgres.execute("SELECT pg_relation_filenode('empleados')", database=name) == file, "rows were rewritten"
    command = [sys.executable, "-m", "tests.unit.crud_app.one_more_field"]
    environment = {**os.environ, "DATABASE_URL": url}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("asked", "status", "apodo"),
    [
        ("created without", 201, None), ("repeated", 201, None), ("another", 201, "600"), ("set", 200, "700"),
        ("kept", 200, "700"), ("read", 200, "700"), ("emptied", 200, None), ("left as it was", 200, None),
    ],
)  # fmt: skip
def test_a_field_that_may_be_empty_is_set_kept_and_emptied(answers, asked, status, apodo):
    found, row = answers[asked]
    assert (found, row["apodo"]) == (status, apodo)


def test_a_repetition_is_the_same_request_with_null_as_without_the_field(answers):
    assert answers["repeated"] == answers["created without"]


def test_what_changes_nothing_makes_no_version(answers):
    assert answers["left as it was"][1]["version"] == answers["emptied"][1]["version"] == 4


def test_lists_show_it_and_sort_by_it_only_if_it_is_sortable(answers):
    assert {row["email"]: row["apodo"] for row in answers["listed"][1]} == {
        "ana@example.com": None,
        "b@example.com": "600",
    }
    assert answers["sorted"][0] == 422


def test_the_history_names_it_where_it_was_given_or_changed(answers):
    changes = [event["cambios"] for event in answers["history"][1]]
    given = ["nombre", "email", "posicion", "fecha_contratacion"]
    assert changes == [["apodo"], ["nombre"], ["apodo"], [*given, "apodo"], given]
