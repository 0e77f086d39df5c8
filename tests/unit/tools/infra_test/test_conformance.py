"""What AWS would reject is found in a plan, for each kind of rule that botocore's models have."""

from __future__ import annotations

from typing import Any

import pytest

from tools.infra_test.conformance import OPERATIONS, Conformance, check_changes, input_of


def planned(kind: str, **arguments: Any) -> Conformance:
    return check_changes([{"address": f"{kind}.x", "type": kind, "mode": "managed", "change": {"after": arguments}}])


@pytest.mark.parametrize(
    ("kind", "arguments", "rule"),
    [
        ("aws_cognito_resource_server", {"name": "The directory's APIs"}, r"the pattern [\w\s+=,.@-]+"),
        ("aws_cognito_user_group", {"name": "a" * 129}, "between 1 and 128, not 129"),
        ("aws_cognito_resource_server", {"scope": [{"scope_name": "a"}, {"scope_name": "a/b"}]}, "the pattern"),
        ("aws_lambda_function", {"timeout": 0}, "between 1 and "),
        ("aws_lambda_function", {"runtime": "python2.6"}, "one of nodejs"),
        ("aws_cloudfront_distribution", {"http_version": "http9"}, "one of http1.1"),
        (
            "aws_cloudfront_distribution",
            {"origin": [{"custom_origin_config": [{"origin_protocol_policy": "tls"}]}]},
            "one of http-only",
        ),
    ],
)
def test_a_value_that_breaks_a_rule_of_aws_is_named(kind: str, arguments: dict[str, Any], rule: str) -> None:
    (violation,) = planned(kind, **arguments).violations

    assert violation.startswith(f"{kind}.x.")
    assert f": {OPERATIONS[kind]} requires {rule}" in violation


def test_what_is_unknown_absent_or_without_a_rule_passes() -> None:
    result = planned("aws_cognito_user_pool", name="directorio", schema=[], mfa_configuration=None, invented="'")

    assert (result.checked, result.violations, result.types) == (1, set(), {"aws_cognito_user_pool"})


def test_a_type_without_an_operation_is_listed() -> None:
    assert planned("aws_route_table", vpc_id="x").unmapped == {"aws_route_table"}


@pytest.mark.parametrize("operation", OPERATIONS.values())
def test_every_operation_is_one_that_botocore_knows(operation: str) -> None:
    assert input_of(operation).members
