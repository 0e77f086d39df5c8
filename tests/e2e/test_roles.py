"""Who may do what in the deployment: at the page's address and at the APIs' own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from chalicelib.correos import roles as correos
from contract.roles import ROLES
from crud_app.app import RULES as DIRECTORIO
from tests.e2e.page import REQUEST_SECONDS
from tests.support.roles import RULES, answers_of, expected_answers

if TYPE_CHECKING:
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

EXPECTED = {rule: expected_answers(*rule) for rule in RULES}


def test_each_role_may_do_what_the_rules_say_at_the_page_and_at_the_apis(system: DeployedSystem) -> None:
    people = {"nobody": {}, "without a role": system.person(None)} | {role: system.person(role) for role in ROLES}
    programs = {role: system.program(role) for role in ROLES}

    with system.page.client() as page:
        assert answers_of(page, RULES, people) == EXPECTED
    for name, rules in (("crud", DIRECTORIO), ("email", correos.RULES)):
        url = system.outputs["api_urls"][name]
        with httpx.Client(base_url=url, timeout=REQUEST_SECONDS, trust_env=False) as api:
            assert answers_of(api, rules, people) == {rule: EXPECTED[rule] for rule in rules}, name
            assert answers_of(api, rules, programs) == {rule: EXPECTED[rule][2:] for rule in rules}, name
