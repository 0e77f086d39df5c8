"""What a person who edits a `.tf` file breaks: format, the assertions of infra/tests, and what AWS's APIs accept."""

import pytest

from tests.infra.conformance import OPERATIONS, check_values, input_of
from tests.infra.conftest import run_tests
from tools.terraform_cli import INFRA, Terraform

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def plans():
    return run_tests()


def test_files_are_formatted():
    Terraform(INFRA).read("fmt", "-check", "-diff", "-recursive")


def test_every_assertion_holds(plans):
    assert plans.errors == []


def test_aws_accepts_every_planned_value(plans, record_testsuite_property):
    result = check_values(change for changes in plans.changes.values() for change in changes)

    record_testsuite_property("checked", result.checked)
    record_testsuite_property("without rules", sorted(result.unmapped))
    assert result.violations == set()
    assert result.types == OPERATIONS.keys()
    assert result.checked > 9_500


def planned(kind, **arguments):
    return check_values([{"address": f"{kind}.x", "type": kind, "mode": "managed", "change": {"after": arguments}}])


@pytest.mark.parametrize(
    ("kind", "arguments", "rule"),
    [
        ("aws_cognito_resource_server", {"name": "The directory's APIs"}, r"the pattern [\w\s+=,.@-]+"),
        ("aws_cognito_user_group", {"name": "a" * 129}, "between 1 and 128, not 129"),
        ("aws_cognito_resource_server", {"scope": [{"scope_name": "a"}, {"scope_name": "a/b"}]}, "the pattern"),
        ("aws_lambda_function", {"timeout": 0}, "between 1 and "),
        ("aws_lambda_function", {"runtime": "python2.6"}, "one of nodejs"),
        (
            "aws_cloudfront_distribution",
            {"origin": [{"custom_origin_config": [{"origin_protocol_policy": "tls"}]}]},
            "one of http-only",
        ),
    ],
)
def test_a_value_that_breaks_a_rule_of_aws_is_named(kind, arguments, rule):
    (violation,) = planned(kind, **arguments).violations

    assert violation.startswith(f"{kind}.x.")
    assert f": {OPERATIONS[kind]} requires {rule}" in violation


def test_what_is_unknown_absent_or_without_a_rule_passes():
    result = planned("aws_cognito_user_pool", name="directorio", schema=[], mfa_configuration=None, invented="'")

    assert (result.checked, result.violations, result.types) == (1, set(), {"aws_cognito_user_pool"})
    assert planned("aws_route_table", vpc_id="x").unmapped == {"aws_route_table"}
    assert all(input_of(operation).members for operation in OPERATIONS.values())
