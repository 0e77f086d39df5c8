"""`make plan`, `make deploy`, `make sender` and `make destroy`, with a terraform that only records its arguments.

The account is the emulator's, the database a real one.
"""

import json
import stat

import pytest

from local.emulator import REGION
from tests.unit.tools.conftest import StubbedSession
from tests.unit.tools.terraform.conftest import SENDER, plan_of
from tools.command_line import NotReady
from tools.deployment import Deployment, main, prune_versions, read_url_version, resume_sweep, terraform_variables
from tools.terraform_cli import TerraformFailed


@pytest.fixture
def deployed(terraform, session, database_url, tmp_path):
    """Makes a deployment whose plan would hold ``database`` and ``sender``."""
    for folder in ("infra", "build"):
        (tmp_path / folder).mkdir()

    def make(database=database_url, sender=SENDER, **environment):
        terraform.answer("show", prints=json.dumps(plan_of(database, sender=sender)))
        terraform.answer("output", prints=json.dumps({"revisions": {"value": ["a" * 40]}}))
        terraform.answer("workspace", prints="* default\n  dev\n  staging\n")
        return Deployment({"DATABASE_URL": database, **environment}, session, tmp_path)

    return make


def test_plan_shows_the_changes_of_the_environment_and_keeps_them(deployed, terraform, tmp_path):
    (tmp_path / "infra" / "staging.tfvars").touch()
    deployment = deployed(ENVIRONMENT="staging")

    deployment.plan()

    assert terraform.commands == ["init", "workspace", "workspace", "output", "show", "plan", "show"]
    assert terraform.calls[2]["arguments"][-1] == "staging"
    assert terraform.arguments_of("plan")[-1] == f"-var-file={tmp_path}/infra/staging.tfvars"
    variables = terraform.calls[-2]["environment"]
    assert variables["TF_VAR_environment"] == "staging"
    # What AWS says of the account.
    assert int(variables["TF_VAR_lambda_quota"]) > 0
    assert float(variables["TF_VAR_ses_rate"]) > 0
    assert int(variables["TF_VAR_database_connections"]) >= 100
    assert variables["TF_VAR_keep_key"] == "false"
    assert deployment.plan_file.name == "staging.tfplan"
    assert deployment.plan_file.exists()


def test_deploy_makes_the_changes_that_were_planned_once(deployed, terraform):
    deployment = deployed()
    with pytest.raises(NotReady, match=r"^There is no plan for the environment dev: run `make plan`"):
        deployment.deploy()
    deployment.plan()
    terraform.answer("apply", exits=1)
    with pytest.raises(TerraformFailed):
        deployment.deploy()
    assert deployment.plan_file.exists()
    terraform.answer("apply")

    deployment.deploy()

    assert terraform.commands[-4:] == ["show", "show", "apply", "output"]
    assert terraform.calls[-2]["arguments"][1:] == ["apply", "-input=false", str(deployment.plan_file)]
    assert not deployment.plan_file.exists()


def test_deploy_asks_again_what_may_have_changed_and_a_plan_that_could_not_work_is_not_kept(deployed, terraform):
    deployed().plan()
    later = deployed(sender="other@example.net")

    with pytest.raises(NotReady, match="make sender"):
        later.deploy()
    assert "apply" not in terraform.commands
    assert later.plan_file.exists()

    with pytest.raises(NotReady, match="make sender"):
        later.plan()
    assert not later.plan_file.exists()


@pytest.mark.parametrize("step", [Deployment.plan, Deployment.create_sender, Deployment.destroy])
def test_no_step_begins_without_a_database_after_a_state_that_was_not_stored_or_in_another_account(
    deployed, terraform, tmp_path, step
):
    with pytest.raises(NotReady, match=r"^DATABASE_URL is not set"):
        step(deployed(database=""))
    deployment, left = deployed(), tmp_path / "infra" / "errored.tfstate"
    left.touch()
    with pytest.raises(NotReady, match=r"^An interrupted deployment could not store its state: run .* state push"):
        step(deployment)
    left.unlink()
    assert terraform.commands == []

    elsewhere = {"account": {"value": {"number": "999999999999", "region": REGION}}}
    terraform.answer("output", prints=json.dumps(elsewhere))
    with pytest.raises(NotReady, match=r"^The environment dev is in account 999999999999"):
        step(deployment)
    assert terraform.commands == ["init", "workspace", "workspace", "output"]


@pytest.mark.parametrize(("stored", "version"), [("postgresql://a", 3), ("postgresql://b", 4), (None, 4)])
def test_the_address_is_written_when_it_is_not_what_is_stored(stored, version):
    asked = {"Name": "/crud-app-dev/database-url", "WithDecryption": True}
    answer = {"Parameter": {"Value": stored}} if stored else "ParameterNotFound"
    session = StubbedSession(("ssm.get_parameter", answer, asked))

    outputs = {"name": "crud-app-dev", "database_url_version": 3}
    assert read_url_version(outputs, "postgresql://a", session) == version
    assert read_url_version({}, "postgresql://a", session) == 1


@pytest.mark.parametrize("action", ["delete", "no-op"])
def test_after_office_hours_went_the_sweep_is_on(action):
    target = {"input": json.dumps({"Name": "sweep"})}
    change = {"actions": [action], "before": {"target": [target]}}
    session = StubbedSession(*([("events.enable_rule", {}, {"Name": "sweep"})] if action == "delete" else []))

    resume_sweep([{"address": 'aws_scheduler_schedule.office_hours["opens"]', "change": change}], session)

    session.assert_all_asked()


@pytest.mark.parametrize(("keep", "deleted"), [(2, ["3"]), (0, ["3", "9", "10"])])
def test_versions_whose_snapshots_nothing_starts_are_deleted(keep, deleted):
    versions = {"Versions": [{"Version": version} for version in ("$LATEST", "10", "3", "9")]}
    deletions = [("lambda.delete_function", {}, {"FunctionName": "crud", "Qualifier": version}) for version in deleted]
    session = StubbedSession(("lambda.list_versions_by_function", versions, {"FunctionName": "crud"}), *deletions)

    prune_versions(["crud"], session, keep=keep)

    session.assert_all_asked()


@pytest.mark.parametrize(
    ("resource", "own", "refusal"),
    [
        (("aws_lb.main[0]", {"enable_deletion_protection": True}), [], r"^dev is protected against deletion"),
        (("aws_sesv2_email_identity.sender[0]", {"email_identity": SENDER}), [], r"\(crud-app-dev-email\).* state rm"),
        (("aws_sesv2_email_identity.sender[0]", {"email_identity": SENDER}), ["crud-app-dev-email"], None),
        (("aws_sesv2_email_identity.sender[0]", {"email_identity": "x@example.com"}), [], None),
    ],
)
def test_destroy_refuses_what_is_protected_or_shared_and_lets_terraform_ask(
    deployed, terraform, resource, own, refusal
):
    deployment = deployed()
    terraform.answer("output", prints=json.dumps({"functions": {"value": {name: name for name in own}}}))
    resources = [{"address": resource[0], "values": resource[1]}]
    terraform.answer("show", prints=json.dumps({"values": {"root_module": {"resources": resources}}}))

    if refusal:
        with pytest.raises(NotReady, match=refusal):
            deployment.destroy()
    else:
        deployment.destroy()

    assert ("destroy" in terraform.commands) == (refusal is None)


def test_a_name_that_cannot_be_deployed_leaves_no_workspace(deployed, terraform):
    deployment = deployed(ENVIRONMENT="Bad")
    with pytest.raises(NotReady, match=r"^There is no environment Bad"):
        deployment.destroy()
    terraform.answer("console", complains="Error: Invalid value for variable\n\nenvironment must have 2 to 12")
    with pytest.raises(TerraformFailed, match="environment must have 2 to 12"):
        deployment.plan()

    assert [call["arguments"][2:] for call in terraform.calls if "workspace" in call["arguments"]] == [["list"]] * 2


def test_sender_makes_the_identity_and_nothing_else(deployed, terraform):
    deployed(sender="new@example.net").create_sender()

    assert terraform.arguments_of("apply")[1:] == ["apply", "-target=aws_sesv2_email_identity.sender"]


def test_what_the_shell_says_becomes_variables_of_terraform():
    shell = {"DATABASE_URL": "postgresql://d", "EMAIL_FROM": SENDER, "NOTIFY_TO": "a@example.com, b@example.com"}
    own = {"TF_VAR_environment": "dev", "TF_VAR_aws_region": REGION}

    # What the shell does not say is left to the file of variables.
    assert terraform_variables({"EMAIL_FROM": ""}, "dev", REGION) == own
    assert terraform_variables(shell, "dev", REGION) == own | {
        "TF_VAR_database_url": "postgresql://d",
        "TF_VAR_email_from": SENDER,
        "TF_VAR_notify_to": '["a@example.com", "b@example.com"]',
    }


@pytest.mark.usefixtures("umask")
def test_the_command_says_where_it_goes_and_what_is_missing(terraform, emulator, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    with pytest.raises(NotReady, match=r"^DATABASE_URL is not set"):
        main(["plan"], {})

    assert capsys.readouterr().out == "Environment dev: account 000000000000, us-east-1\n"
    assert terraform.commands == []
    # A plan and a local state hold the database's password.
    (tmp_path / "state").touch()
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o600
