"""How the project's commands run Terraform."""

import json

import pytest

from tools.terraform_cli import PROVIDER, Terraform, TerraformFailed, find_mirror, find_program


def test_terraform_runs_in_its_folder_with_more_environment(terraform, tmp_path):
    terraform.answer("output", prints=json.dumps({"url": {"value": "http://a", "type": "string", "sensitive": False}}))
    cli = Terraform(tmp_path, {"TF_VAR_environment": "dev"})
    cli.let("ses_rate", 1.5)

    cli.run("plan", "-input=false")
    assert cli.outputs() == {"url": "http://a"}

    (plan, _) = terraform.calls
    assert plan["arguments"] == [f"-chdir={tmp_path}", "plan", "-input=false"]
    assert plan["environment"].items() >= {"TF_VAR_environment": "dev", "TF_VAR_ses_rate": "1.5"}.items()


@pytest.mark.parametrize(
    ("complaint", "advice"),
    [
        (
            "│ Error: AccessDenied: Your account must be verified\n│ before you can add new CloudFront resources",
            "AWS Support",
        ),
        ("Error acquiring the state lock", "force-unlock ID"),
        ("Error: no such thing", ""),
        ("checksums previously recorded in the dependency lock\n│ file", "`terraform -chdir=infra providers lock`"),
    ],
)
def test_a_failure_names_the_command_and_a_known_one_says_what_to_do(terraform, tmp_path, complaint, advice):
    for name, command in (("apply", lambda: Terraform(tmp_path).run("apply")), ("init", Terraform(tmp_path).init)):
        terraform.answer(name, complains=complaint, exits=1)
        with pytest.raises(TerraformFailed, match=rf"^terraform {name} failed") as failure:
            command()
        assert complaint in str(failure.value)
        assert advice in str(failure.value)


@pytest.mark.parametrize("name", ["terraform", "tofu"])
def test_a_missing_terraform_is_named_with_what_to_do(tmp_path, monkeypatch, name):
    monkeypatch.setenv("TERRAFORM", name)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(TerraformFailed, match=rf"^{name} is not on the PATH: install"):
        find_program()


@pytest.mark.parametrize(("named", "expected"), [("/no/such/file", None), (__file__, __file__)])
def test_a_variable_that_names_a_missing_configuration_is_dropped(terraform, tmp_path, monkeypatch, named, expected):
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", named)

    Terraform(tmp_path).init("-lockfile=readonly")

    (call,) = terraform.calls
    assert call["environment"].get("TF_CLI_CONFIG_FILE") == expected
    if expected:  # the person's own configuration says where providers are
        assert call["arguments"][1:] == ["init", "-input=false", "-lockfile=readonly"]


def test_a_mirror_is_found_three_folders_deep_and_no_deeper(tmp_path):
    mirror = tmp_path / "machine" / "opt" / "providers"
    (mirror / PROVIDER / "5.100.0").mkdir(parents=True)
    assert find_mirror(tmp_path) == find_mirror(mirror.parent) == mirror

    (tmp_path / "other" / "a" / "b" / "c" / "d" / PROVIDER).mkdir(parents=True)
    assert find_mirror(tmp_path / "other") is None
