"""`make infra-test`, and what it finds in a plan that AWS would reject."""

import json

import pytest

from tools.infra_test.__main__ import CONFORMANCE, main
from tools.infra_test.conformance import OPERATIONS, check_values, input_of


def change(kind, **arguments):
    return {"address": f"{kind}.x", "type": kind, "mode": "managed", "change": {"after": arguments}}


def planned(kind, **arguments):
    return check_values([change(kind, **arguments)])


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


@pytest.fixture
def infra(tmp_path, terraform, monkeypatch):
    """A folder with two files of tests, one of them the plans whose conformance is checked."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "defaults.tftest.hcl").touch()
    (tmp_path / CONFORMANCE).touch()
    check_order = tmp_path / "tests" / "order" / "check.py"
    check_order.parent.mkdir()
    check_order.write_text("import sys; sys.exit(sys.argv[1][-9:] != 'order.log')")
    plan_domain(terraform, "directorio")
    monkeypatch.setattr("tools.infra_test.__main__.ROLLBACKS", {"plain": ""})
    return tmp_path


def plan_domain(terraform, name):
    domain = change("aws_cognito_user_pool_domain", domain=name)
    domain["change"]["actions"] = ["create"]
    plan = {"type": "test_plan", "@testrun": "plain", "test_plan": {"resource_changes": [domain]}}
    terraform.answer("test", prints="".join(f"{json.dumps(event)}\n" for event in ({"type": "version"}, plan)))


def test_the_check_runs_from_format_to_each_file_of_tests_in_a_data_folder_of_its_own(terraform, infra, capsys):
    assert main(infra) == 0

    assert terraform.commands == ["fmt", "init", "validate", "test", "test", "test", "test"]
    assert "-lockfile=readonly" in terraform.arguments_of("init")
    assert all(call["environment"]["TF_DATA_DIR"].endswith("infra-test") for call in terraform.calls)
    assert f"{CONFORMANCE}: 1 values of 1 types in 1 plans conform" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["fmt", "init", "validate", "test", None])
def test_the_check_fails_when_terraform_does_or_aws_would(command, terraform, infra):
    if command:
        terraform.answer(command, exits=1)
    else:
        plan_domain(terraform, "The directory's")

    assert main(infra) == 1


def test_the_check_fails_when_a_rollback_is_not_refused_that_should_be(infra, monkeypatch, capsys):
    monkeypatch.setattr("tools.infra_test.__main__.ROLLBACKS", {"plain": "The plan deletes the key"})
    assert main(infra) == 1
    assert "Rollbacks across switches" in capsys.readouterr().err


def test_the_check_is_skipped_where_terraform_is_missing(tmp_path, monkeypatch):
    monkeypatch.delenv("TERRAFORM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main() == 0
