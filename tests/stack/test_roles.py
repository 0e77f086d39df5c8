"""docs/roles.md is what the running system does: at the page's address, and past it, at the APIs' own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import httpx
import pytest

from local.sign_in import ROLES
from tests.support.roles import Operation, document, operations_of, row_of
from tests.support.stack import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.stack import Stack

DOCUMENT = ROOT / "docs" / "roles.md"

Callers = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def people(stack: Stack) -> Callers:
    """The headers of everybody there is, the weakest first."""
    people = {"nobody": {}, "without a role": {"Authorization": stack.authorization_of_newcomer()}}
    return people | {role: {"Authorization": stack.authorization(role)} for role in ROLES}


@pytest.fixture(scope="module")
def programs(stack: Stack) -> Callers:
    return {role: {"Authorization": stack.authorization(role, is_program=True)} for role in ROLES}


@pytest.fixture(scope="module")
def apis(stack: Stack) -> Iterator[list[httpx.Client]]:
    """The two HTTP APIs, asked by whoever says so in the request."""
    clients = [
        httpx.Client(base_url=f"http://127.0.0.1:{stack.ports[port]}", trust_env=False)
        for port in ("CRUD_PORT", "EMAIL_PORT")
    ]
    yield clients
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def rows(apis: list[httpx.Client], people: Callers) -> Mapping[Operation, list[str]]:
    return {operation: row_of(operation, api, people) for api in apis for operation in operations_of(api)}


def test_the_document_is_what_the_apis_answer(people: Callers, rows: Mapping[Operation, list[str]]) -> None:
    table = document(list(people), rows)
    if os.environ.get("WRITE_DOCS"):
        DOCUMENT.write_text(table, encoding="utf-8")

    assert DOCUMENT.read_text(encoding="utf-8") == table


def test_the_page_lets_in_exactly_those_whom_the_apis_let_in(
    stack: Stack, people: Callers, rows: Mapping[Operation, list[str]]
) -> None:
    with httpx.Client(base_url=stack.url, trust_env=False) as page:
        proxied = {operation: row_of(operation, page, people) for operation in rows}

    assert proxied == rows


def test_a_program_may_do_what_a_person_of_its_role_may(
    apis: list[httpx.Client], programs: Callers, rows: Mapping[Operation, list[str]]
) -> None:
    answers = {operation: row_of(operation, api, programs) for api in apis for operation in operations_of(api)}

    assert answers == {operation: row[-len(ROLES) :] for operation, row in rows.items()}


def test_only_what_is_no_secret_is_open(rows: Mapping[Operation, list[str]]) -> None:
    open_to_all = {f"{operation.method} {operation.path}" for operation, row in rows.items() if row[0] == "✓"}

    assert open_to_all == {"GET /health", "GET /openapi.json"}
    assert all(row == sorted(row, key=lambda answer: answer == "✓") for row in rows.values()), "no role takes away"
