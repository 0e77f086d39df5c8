"""Flips every switch of a running environment off, on and off again on the emulator, and prints what was seen.

    python -m tests.e2e.switches [folder with packages for Python 3.12 or newer]

It takes a quarter of an hour: `make e2e` flips the key and the firewall only. docs/design/deployment.md has the table.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from local.emulator import DEPLOYMENT_SERVICES, Emulator
from local.postgres import running_postgres
from tests.e2e.project import CERTIFICATE, Project

if TYPE_CHECKING:
    from collections.abc import Mapping

DISTRIBUTION = "aws_cloudfront_distribution.main[0]"
HOURS = {"opens": "cron(0 8 ? * MON-FRI *)", "closes": "cron(0 19 ? * MON-FRI *)", "timezone": "America/Lima"}
DOMAIN = {"domain_name": "a.example.com", "certificate_arn": CERTIFICATE}


class Step(NamedTuple):
    """A deployment: what changes, and for each resource that goes, those that must have let go of it before."""

    name: str
    variables: dict[str, Any]
    goes: Mapping[str, tuple[str, ...]] = MappingProxyType({})


BASE: dict[str, Any] = {
    "edge": "vpc_origin",
    "alb_enabled": True,
    "waf_enabled": True,
    "customer_key": True,
    "alb_certificate_arn": CERTIFICATE,
    "office_hours": None,
    "machine_clients": {},
    "domain_name": "",
    "certificate_arn": "",
}
STEPS = (
    Step("everything as by default, with a key", {}),
    Step(
        "waf_enabled, customer_key off; office_hours, machine client, domain on",
        {
            "waf_enabled": False,
            "customer_key": False,
            "office_hours": HOURS,
            "machine_clients": {"a": "lector"},
            **DOMAIN,
        },
        {"module.waf_cloudfront[0].aws_wafv2_web_acl.main": (DISTRIBUTION,)},
    ),
    Step(
        "the other way round; the key of before goes, since no message waits",
        {"waf_enabled": True, "office_hours": None, "machine_clients": {}, "domain_name": "", "certificate_arn": ""},
        {"aws_kms_key.main[0]": ()},
    ),
    Step("customer_key, snapstart on", {"customer_key": True, "snapstart": True}),
    Step(
        "snapstart off",
        {"snapstart": False},
        {
            "module.crud.aws_lambda_alias.api_handler[0]": ('aws_apigatewayv2_integration.app["crud"]',),
            "module.email.aws_lambda_alias.enviar_correos[0]": (
                "module.email.aws_lambda_event_source_mapping.enviar_correos-sqs-event-source",
            ),
        },
    ),
    Step(
        "edge = prefix_list",
        {"edge": "prefix_list", **DOMAIN},
        {"aws_cloudfront_vpc_origin.main[0]": (DISTRIBUTION,), "aws_lb.main[0]": (DISTRIBUTION,)},
    ),
    Step(
        "edge = vpc_origin",
        {"edge": "vpc_origin"},
        {"aws_lb_listener_rule.from_cloudfront[0]": (DISTRIBUTION,), "aws_lb.main[0]": (DISTRIBUTION,)},
    ),
    Step("edge = none", {"edge": "none"}, {"aws_lb.main[0]": ()}),
    Step("edge = vpc_origin again", {"edge": "vpc_origin"}, {"aws_lb.main[0]": (DISTRIBUTION,)}),
    Step(
        "demo on",
        {"demo": True},
        {'aws_apigatewayv2_authorizer.jwt["crud"]': ('aws_apigatewayv2_route.app["crud $default"]',)},
    ),
    Step("demo, alb_enabled off", {"demo": False, "alb_enabled": False}, {"aws_lb.main[0]": ()}),
    Step("alb_enabled on", {"alb_enabled": True}),
)


def check_order(printed: str, goes: Mapping[str, tuple[str, ...]]) -> str:
    """What Terraform removed only after its users, or what it did wrong."""
    seen = []
    for address, users in goes.items():
        removal = re.search(rf"^{re.escape(address)}.*: Destroying\.\.\.", printed, re.MULTILINE)
        if not removal:
            return f"WRONG: {address} stays"
        for user in users:
            ready = re.search(rf"^{re.escape(user)}: (Modifications|Creation) complete", printed, re.MULTILINE)
            if not ready or ready.start() > removal.start():
                return f"WRONG: {address} goes before {user}"
        seen.append(f"{address} after {', '.join(users)}" if users else f"{address} goes")
    return "; ".join(seen) or "ok"


def main(packages: Path) -> int:
    wrong = False
    with TemporaryDirectory(prefix="switches-") as name, running_postgres(Path(name) / "postgres") as postgres:
        folder = Path(name)
        with Emulator(folder / "emulator.log", services=DEPLOYMENT_SERVICES) as emulator:
            url = postgres.create_database("switches")
            project = Project(folder / "project", emulator, "dev", url, BASE, packages)
            project.deployment("sender", answer="yes\n")
            for step in STEPS:
                began = time.monotonic()
                for variable, value in step.variables.items():
                    project.let(variable, value)
                try:
                    seen = check_order(project.deploy(), step.goes)
                except AssertionError as failure:
                    seen = f"WRONG: {str(failure)[-1500:]}"
                wrong |= seen.startswith("WRONG")
                print(f"| {step.name} | {seen} | {time.monotonic() - began:.0f} s |", flush=True)  # noqa: T201 - a command
            project.destroy()
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()))
