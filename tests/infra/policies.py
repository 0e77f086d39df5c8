"""Checks IAM policies with parliament and policy_sentry, in the scanners' environment.

Standard input: the policies by name, as JSON. Standard output: a line for each fault.
"""

from __future__ import annotations

import json
import sys
import warnings
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


def find_faults(statement: dict[str, Any]) -> Iterator[str]:
    # A role's trust policy has no resource: it is the role's.
    policy = {"Version": "2012-10-17", "Statement": [{"Resource": "*", **statement}]}
    for finding in analyze_policy_string(json.dumps(policy)).findings:
        # In the policy of a resource, "*" is that resource.
        if finding.issue != "RESOURCE_STAR" or "Principal" not in statement:
            yield f"{finding.issue} {finding.detail}"
    actions = statement["Action"]
    for action in [actions] if isinstance(actions, str) else actions:
        if unknown := [each for each in expand(action) if each.lower() not in KNOWN_ACTIONS]:
            yield f"policy_sentry does not know {', '.join(unknown)}"
        if "*" in action and statement["Effect"] == "Allow" and not (action in WILDCARDS and "Principal" in statement):
            yield f"{action} is a wildcard"


for name, policy in json.load(sys.stdin).items():
    for statement in policy["Statement"]:
        for fault in find_faults(statement):
            sys.stdout.write(f"{name}: {fault}\n")
