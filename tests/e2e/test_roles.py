"""docs/roles.md is what the deployment does: at the page's address, and past it, at the APIs' own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from local.sign_in import ROLES
from tests.e2e.page import REQUEST_SECONDS
from tests.support.roles import Operation, document, operations_of, row_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.e2e.system import DeployedSystem, Headers

pytestmark = pytest.mark.e2e

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "roles.md"


@pytest.fixture(scope="module")
def people(system: DeployedSystem) -> dict[str, Headers]:
    """The headers of everybody there is, the weakest first."""
    return {"nobody": {}, "without a role": system.person(None)} | {role: system.person(role) for role in ROLES}


@pytest.fixture(scope="module")
def apis(system: DeployedSystem) -> Iterator[list[httpx.Client]]:
    """The two HTTP APIs at their own addresses, asked by whoever says so in the request."""
    clients = [
        httpx.Client(base_url=url, timeout=REQUEST_SECONDS, trust_env=False)
        for url in system.outputs["api_urls"].values()
    ]
    yield clients
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def rows(apis: list[httpx.Client], people: dict[str, Headers]) -> Mapping[Operation, list[str]]:
    return {operation: row_of(operation, api, people) for api in apis for operation in operations_of(api)}


def test_the_apis_answer_as_the_document_says(people: dict[str, Headers], rows: Mapping[Operation, list[str]]) -> None:
    assert document(list(people), rows) == DOCUMENT.read_text("utf-8")


def test_the_page_lets_in_exactly_those_whom_the_apis_let_in(
    system: DeployedSystem, people: dict[str, Headers], rows: Mapping[Operation, list[str]]
) -> None:
    with system.page.client() as page:
        assert {operation: row_of(operation, page, people) for operation in rows} == rows


def test_a_program_may_do_what_a_person_of_its_role_may(
    system: DeployedSystem, apis: list[httpx.Client], rows: Mapping[Operation, list[str]]
) -> None:
    programs = {role: system.program(role) for role in ROLES}

    answers = {operation: row_of(operation, api, programs) for api in apis for operation in operations_of(api)}

    assert answers == {operation: row[-len(ROLES) :] for operation, row in rows.items()}
