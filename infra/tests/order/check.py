# ruff: noqa: INP001 - beside the tests whose log it reads
"""Checks the order in which Terraform applied the runs of order.tftest.hcl; the argument is its log.

AWS refuses to delete what something uses, or the user fails meanwhile. A mock provider replaces nothing: which load
balancer goes when was seen on the emulator (docs/design/deployment.md).
"""

import re
import sys
from pathlib import Path

RUN = re.compile(r"starting apply for \S+/(\w+)\n(.*?)completed apply", re.DOTALL)
CHANGE = re.compile(r"\[DEBUG\] (\S.*): applying the planned (\w+) change")
DISTRIBUTION = "aws_cloudfront_distribution.main[0]"
# By run: what goes, and what must have let go of it before.
GOES = {
    "firewall_and_key_off": {"module.waf_cloudfront[0].aws_wafv2_web_acl.main": DISTRIBUTION},
    "firewall_on_and_key_gone": {"aws_kms_key.main[0]": ""},
    "snapstart_off": {
        "module.crud.aws_lambda_alias.api_handler[0]": 'aws_apigatewayv2_integration.app["crud"]',
        "module.email.aws_lambda_alias.enviar_correos[0]": (
            "module.email.aws_lambda_event_source_mapping.enviar_correos-sqs-event-source"
        ),
    },
    "prefix_list": {"aws_cloudfront_vpc_origin.main[0]": DISTRIBUTION},
    "vpc_origin": {"aws_lb_listener_rule.from_cloudfront[0]": DISTRIBUTION},
    "none": {DISTRIBUTION: ""},
    "demo": {
        f'aws_apigatewayv2_authorizer.jwt["{api}"]': f'aws_apigatewayv2_route.app["{api} $default"]'
        for api in ("crud", "email")
    },
    "no_load_balancer": {"aws_lb.main[0]": ""},
}


def find_faults(log: str) -> list[str]:
    """One sentence for each resource that stays, or that goes too early."""
    runs = {name: CHANGE.findall(text) for name, text in RUN.findall(log)}
    faults = []
    for run, goes in GOES.items():
        changes = runs.get(run, [])
        for address, user in goes.items():
            if (address, "Delete") not in changes:
                faults.append(f"{run}: {address} stays")
            elif user and (user, "Update") not in changes[: changes.index((address, "Delete"))]:
                faults.append(f"{run}: {address} goes before {user} has let go of it")
    return faults


if __name__ == "__main__":
    sys.exit("\n".join(find_faults(Path(sys.argv[1]).read_text("utf-8"))) or 0)
