"""Who may do what, asked of `make run`: at the page's address and at the APIs' own."""

import httpx

from chalice_frontdoor import ANYBODY
from contract.roles import ROLES
from crud_app.app import RULES as DIRECTORIO
from email_app.app import RULES as CORREOS
from tests.support.roles import RULES, answers_of, expected_answers

EXPECTED = {rule: expected_answers(*rule) for rule in RULES}


def test_each_role_may_do_what_the_rules_say_at_the_page_and_at_the_apis(stack):
    people = {"no token": {}, "without a role": {"Authorization": stack.authorization_of_newcomer()}}
    people |= {role: {"Authorization": stack.authorization(role)} for role in ROLES}
    places = {stack.url: RULES, stack.address("CRUD_PORT"): DIRECTORIO, stack.address("EMAIL_PORT"): CORREOS}

    for place, rules in places.items():
        with httpx.Client(base_url=place, trust_env=False) as client:
            assert answers_of(client, rules, people) == {rule: EXPECTED[rule] for rule in rules}, place


def test_a_program_may_do_what_a_person_of_its_role_may(stack):
    programs = {role: {"Authorization": stack.authorization(role, is_program=True)} for role in ROLES}

    for port, rules in (("CRUD_PORT", DIRECTORIO), ("EMAIL_PORT", CORREOS)):
        with httpx.Client(base_url=stack.address(port), trust_env=False) as client:
            assert answers_of(client, rules, programs) == {rule: EXPECTED[rule][2:] for rule in rules}


def test_the_rules_name_every_operation_that_the_apis_describe_and_open_only_what_is_public(stack):
    described = {
        (method.upper(), path)
        for port in ("CRUD_PORT", "EMAIL_PORT")
        for path, operations in httpx.get(f"{stack.address(port)}/openapi.json", trust_env=False)
        .json()["paths"]
        .items()
        for method in operations
        if method in {"get", "post", "put", "delete"}
    }

    assert described == set(RULES)
    assert {rule for rule, needed in RULES.items() if needed == ANYBODY} == {
        ("GET", "/health"),
        ("GET", "/openapi.json"),
    }
