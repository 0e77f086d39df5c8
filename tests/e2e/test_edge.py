"""The doors as they were deployed: one way in, and no way round it.

The emulator routes by names, not by networks: of what only a network enforces (security groups, subnets), this is what
AWS was told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.e2e.identity import REQUEST_SECONDS

if TYPE_CHECKING:
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

CLOSED = [("GET", path) for path in ("/empleados", "/no-such-path", "/health/", "/HEALTH", "/health/../empleados")]
# Open for reading alone.
CLOSED += [(method, "/health") for method in ("POST", "PUT", "DELETE", "PATCH", "HEAD")]


def test_plain_http_is_sent_to_https(system: DeployedSystem) -> None:
    with system.page.client(over_https=False) as page:
        answer = page.get("/empleados", params={"q": "ana"})

    assert (answer.status_code, answer.headers["location"]) == (301, f"{system.page.url}/empleados?q=ana")


def test_every_answer_tells_browsers_to_stay_on_https(system: DeployedSystem) -> None:
    for path in ("/", "/empleados", "/sesion", "/static/no-such-file"):
        headers = system.http.get(path).headers
        assert headers["strict-transport-security"] == "max-age=31536000", path
        assert headers["x-content-type-options"] == "nosniff", path


def test_the_load_balancer_is_not_on_the_internet(system: DeployedSystem) -> None:
    name = f"{system.outputs['name']}-alb"
    (balancer,) = system.aws.client("elbv2").describe_load_balancers(Names=[name])["LoadBalancers"]
    ec2 = system.aws.client("ec2")
    subnets = [zone["SubnetId"] for zone in balancer["AvailabilityZones"]]
    tables = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": subnets}])["RouteTables"]
    groups = [{"Name": "group-id", "Values": balancer["SecurityGroups"]}]
    rules = ec2.describe_security_group_rules(Filters=groups)["SecurityGroupRules"]
    entrances = [rule for rule in rules if not rule["IsEgress"]]

    assert balancer["Scheme"] == "internal"
    assert [route.get("GatewayId") for table in tables for route in table["Routes"]] == ["local"]
    assert [(rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in entrances] == [("tcp", 80, 80)]
    assert "0.0.0.0/0" not in [rule.get("CidrIpv4") for rule in entrances]


def test_the_firewall_stands_before_the_page(system: DeployedSystem) -> None:
    distributions = system.aws.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    (web_acl,) = [each["WebACLId"] for each in distributions if each["DomainName"] == system.page.host]
    firewalls = system.aws.client("wafv2").list_web_acls(Scope="CLOUDFRONT")["WebACLs"]

    assert web_acl in [each["ARN"] for each in firewalls if each["Name"].startswith(system.outputs["name"])]


@pytest.mark.parametrize("api", ["crud", "email"])
def test_the_apis_own_addresses_are_closed(system: DeployedSystem, api: str) -> None:
    with httpx.Client(base_url=system.outputs["api_urls"][api], timeout=REQUEST_SECONDS, trust_env=False) as door:
        answers = {call: door.request(*call).status_code for call in CLOSED}

    assert answers == dict.fromkeys(CLOSED, 401)
