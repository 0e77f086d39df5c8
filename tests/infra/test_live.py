"""A running environment whose switches are changed (infra/tests/live): the order of the changes, rollbacks, policies.

A mock provider replaces nothing: which load balancer goes when was seen on the emulator (docs/design/deployment.md).
"""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.infra.conftest import DATA, run_tests
from tools.command_line import NotReady
from tools.preflight import check_changes, check_key
from tools.terraform_cli import ROOT

pytestmark = pytest.mark.timeout(900)

LOG = DATA / "live.log"  # the only place that has the order of the changes
RUN = re.compile(r"starting apply for \S+/(\w+)\n(.*?)completed apply", re.DOTALL)
CHANGE = re.compile(r"\[DEBUG\] (\S.*): applying the planned (\w+) change")
DISTRIBUTION = "aws_cloudfront_distribution.main[0]"
# By run: what goes, and what must have let go of it before. AWS refuses to delete what is in use, or the user fails.
GOES = {
    "prefix_list_and_all_off": {
        "module.waf_cloudfront[0].aws_wafv2_web_acl.main": DISTRIBUTION,
        "aws_cloudfront_vpc_origin.main[0]": DISTRIBUTION,
        "module.crud.aws_lambda_alias.api_handler[0]": 'aws_apigatewayv2_integration.app["crud"]',
        "module.email.aws_lambda_alias.enviar_correos[0]": (
            "module.email.aws_lambda_event_source_mapping.enviar_correos-sqs-event-source"
        ),
    },
    "vpc_origin_and_key_gone": {"aws_lb_listener_rule.from_cloudfront[0]": DISTRIBUTION, "aws_kms_key.main[0]": None},
    "demo": {
        DISTRIBUTION: None,
        'aws_apigatewayv2_authorizer.jwt["crud"]': 'aws_apigatewayv2_route.app["crud $default"]',
        'aws_apigatewayv2_authorizer.jwt["email"]': 'aws_apigatewayv2_route.app["email $default"]',
    },
    "no_load_balancer": {"aws_lb.main[0]": None},
}
# Why `make rollback` refuses a plan; None where it goes on.
ROLLBACKS = {
    "before_all": "The plan deletes the key with which queues and waiting messages are encrypted",
    "before_all_but_the_key": None,
}


@pytest.fixture(scope="module")
def live():
    LOG.unlink(missing_ok=True)
    return run_tests("-test-directory=tests/live", TF_LOG_CORE="DEBUG", TF_LOG_PATH=str(LOG))


def test_every_assertion_holds(live):
    assert live.errors == []


@pytest.mark.usefixtures("live")
def test_what_goes_is_let_go_of_before():
    changes = {run: CHANGE.findall(text) for run, text in RUN.findall(LOG.read_text("utf-8"))}

    for run, goes in GOES.items():
        for address, user in goes.items():
            assert (address, "Delete") in changes[run], run
            before = changes[run][: changes[run].index((address, "Delete"))]
            assert user is None or (user, "Update") in before, f"{run}: {address} goes before {user} has let go of it"


def refusal_of(changes):
    nowhere = None  # the key is in use by queues of the plan, so that SQS is not asked
    try:
        check_changes(changes)
        check_key(changes, nowhere)
    except NotReady as refused:
        return str(refused).partition(":")[0]
    return None


def test_a_rollback_across_switches_is_refused_or_not_as_expected(live):
    assert {run: refusal_of(live.changes[run]) for run in ROLLBACKS} == ROLLBACKS


def find_faults(policies):
    """What the scanners say of policies by name."""
    command = [ROOT / ".scan/bin/python", Path(__file__).with_name("policies.py")]
    result = subprocess.run(command, input=json.dumps(policies), capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


def test_scanners_find_no_fault_in_any_policy(live):
    policies = {
        f"{resource['address']} {attribute} {number}": json.loads(resource["values"][attribute])
        for number, resource in enumerate(live.resources)
        for attribute in ("policy", "assume_role_policy")
        # Of a topic or queue, the mock provider makes one up.
        if str(resource["values"].get(attribute)).startswith("{")
    }

    distinct = {json.dumps(policy): name for name, policy in policies.items()}
    assert len(distinct) > 14
    assert find_faults({name: json.loads(policy) for policy, name in distinct.items()}) == []


QUEUE = "arn:aws:sqs:us-east-1:123456789012:queue"


@pytest.mark.parametrize(
    ("action", "resource", "faults"),
    [
        ("sqs:SendMessage", QUEUE, []),
        ("sqs:SendMesage", QUEUE, ["UNKNOWN_ACTION", "policy_sentry does not know sqs:SendMesage"]),
        ("sqs:SendMessage", QUEUE.replace("sqs", "sns"), ["RESOURCE_MISMATCH"]),
        ("sqs:SendMessage", "*", ["RESOURCE_STAR"]),
        ("sqs:Send*", QUEUE, ["sqs:Send* is a wildcard"]),
    ],
)
def test_an_action_that_aws_does_not_have_or_that_is_too_wide_is_found(action, resource, faults):
    found = find_faults({"x": {"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}})

    assert len(found) == len(faults)
    assert all(line.startswith(f"x: {fault}") for line, fault in zip(found, faults, strict=True))
