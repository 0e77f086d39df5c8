"""Checks IAM policies with parliament and policy_sentry, in the scanners' environment (`make scan`).

The argument is a file with the events of `terraform test -json -verbose`, whose states hold the policies.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

warnings.filterwarnings("ignore", message="pkg_resources is deprecated")  # parliament imports it

from parliament import analyze_policy_string  # noqa: E402
from policy_sentry.analysis.expand import expand  # noqa: E402
from policy_sentry.querying.all import get_all_actions  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN_ACTIONS = get_all_actions(lowercase=True)
# The policy of a key grants what AWS's own examples grant: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
WILDCARDS = {"kms:*", "kms:GenerateDataKey*", "kms:ReEncrypt*"}


def read_policies(events: str) -> dict[str, list[dict[str, Any]]]:
    """The statements of each policy in the states of ``events``, by the policy's address."""
    states = [event["test_state"] for event in map(json.loads, events.splitlines()) if event["type"] == "test_state"]
    return {
        resource["address"]: [render(statement) for statement in resource["values"]["statement"]]
        for state in states
        for resource in state["root_module"]["resources"]
        if resource["type"] == "aws_iam_policy_document"
    }


def render(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement as IAM reads it."""
    conditions: dict[str, dict[str, Any]] = {}
    for each in statement["condition"]:
        values = each["values"]
        conditions.setdefault(each["test"], {})[each["variable"]] = values[0] if len(values) == 1 else values
    principals = {each["type"]: each["identifiers"] for each in statement["principals"]}
    return {
        "Effect": statement["effect"] or "Allow",
        "Action": statement["actions"],
        # A role's trust policy has none: it is the role's.
        "Resource": statement["resources"] or ["*"],
        **({"Principal": "*" if "*" in principals else principals} if principals else {}),
        **({"Condition": conditions} if conditions else {}),
    }


def find_faults(statement: dict[str, Any]) -> Iterator[str]:
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    for finding in analyze_policy_string(json.dumps(policy)).findings:
        # In the policy of a resource, "*" is that resource.
        if finding.issue != "RESOURCE_STAR" or "Principal" not in statement:
            yield f"{finding.issue} {finding.detail}"
    for action in statement["Action"]:
        if unknown := [each for each in expand(action) if each.lower() not in KNOWN_ACTIONS]:
            yield f"policy_sentry does not know {', '.join(unknown)}"
        if "*" in action and statement["Effect"] == "Allow" and not (action in WILDCARDS and "Principal" in statement):
            yield f"{action} is a wildcard"


def main(file: str) -> int:
    policies = read_policies(Path(file).read_text("utf-8"))
    statements = [(address, statement) for address, policy in policies.items() for statement in policy]
    faults = [f"{address}: {fault}" for address, statement in statements for fault in find_faults(statement)]
    print("\n".join(faults) or f"{len(policies)} policies, {len(statements)} statements")
    return 1 if faults or not statements else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
