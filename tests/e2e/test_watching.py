"""Refusals are counted. infra/tests/defaults.tftest.hcl looks at what each alarm watches, and whom it tells."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.system import wait_for

if TYPE_CHECKING:
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e


def test_every_door_logs_refusals_and_a_metric_counts_them(system: DeployedSystem) -> None:
    """The emulator's logs are text, where Lambda's are JSON: the word is looked for here, the field by `make test`."""
    start = time.time()
    lector = system.person("lector")
    with system.page.client() as page:
        refused = [page.get("/empleados"), page.delete("/empleados/999999999", headers=lector)]
        refused.append(page.get("/cola", headers=lector))
    assert [answer.status_code for answer in refused] == [401, 403, 403]
    groups = {f"/aws/lambda/{system.outputs['functions'][key]}" for key in ("bff", "crud", "email")}

    def refusals() -> set[str]:
        return {line.partition(": ")[0] for line in system.logs_since(start) if "refused (" in line}

    wait_for("the words", lambda: refusals() >= groups)
    logs = system.aws.client("logs")
    filters = logs.describe_metric_filters(metricNamespace=system.outputs["name"], metricName="Refused")
    counted = {each["logGroupName"] for each in filters["metricFilters"]}
    of_apis = {f"/aws/vendedlogs/{system.outputs['name']}-{api}-api" for api in system.outputs["api_urls"]}
    assert counted == groups | of_apis
    assert counted <= {group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]}
