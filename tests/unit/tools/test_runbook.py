"""The runbook speaks of what there is: alarms, make targets and commands of AWS."""

import re
from pathlib import Path

import boto3
from botocore import xform_name

from local.emulator import REGION

ROOT = Path(__file__).resolve().parents[3]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")


def test_it_says_of_every_alarm_what_to_do():
    alarms = (ROOT / "infra" / "alarms.tf").read_text("utf-8")
    functions = re.search(
        r"\n  functions = \{\n(.*?)\n  \}", (ROOT / "infra" / "locals.tf").read_text("utf-8"), re.DOTALL
    )
    assert functions
    names = [name.replace("_", "-") for name in re.findall(r"^ +(\w+) +=", functions[1], re.MULTILINE)]
    of_functions = [f"{name}-{what}" for name in names for what in re.findall(r'replace\(.*\)}-(\w+)" = \{', alarms)]
    others = re.findall(r"^    ([a-z0-9-]+) = \{$|alarm_name += \"\${local.name}-([a-z-]+)\"", alarms, re.MULTILINE)

    said = {
        name for row in re.findall(r"^\| (`.*?`) \|", RUNBOOK, re.MULTILINE) for name in re.findall(r"`(.*?)`", row)
    }

    assert said == {*of_functions, *(one or other for one, other in others)}


def test_its_make_targets_exist():
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)

    assert set(re.findall(r"(?:`|\$ |&& )make ([a-z0-9-]+)", RUNBOOK)) <= set(targets)


def test_its_aws_commands_exist():
    commands = set(re.findall(r"aws ((?!configure|sso)[a-z0-9-]+) ((?!wait)[a-z-]+)", RUNBOOK.replace("s3api", "s3")))
    known = {
        (service, xform_name(operation, "-"))
        for service in {service for service, _ in commands}
        for operation in boto3.client(service, region_name=REGION).meta.service_model.operation_names  # type: ignore[call-overload]
    }

    assert len(commands) > 20
    assert commands <= known
