"""The doors as they were deployed: one way in, and no way round it.

The emulator routes by names, not by networks: of what only a network enforces (security groups, subnets), this is what
AWS was told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.e2e.page import REQUEST_SECONDS

if TYPE_CHECKING:
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

CLOSED = ("/empleados", "/no-such-path", "/empleados/1", "/health/", "/HEALTH", "/health/../empleados")


def test_plain_http_is_sent_to_https(system: DeployedSystem) -> None:
    with system.page.client(over_https=False) as page:
        answer = page.get("/empleados", params={"q": "ana"})

    assert (answer.status_code, answer.headers["location"]) == (301, f"{system.page.url}/empleados?q=ana")


@pytest.mark.parametrize("path", ["/", "/empleados", "/sesion", "/static/no-such-file"])
def test_every_answer_tells_browsers_to_stay_on_https(system: DeployedSystem, path: str) -> None:
    headers = system.http.get(path).headers

    assert headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers or "awselb" not in headers["server"]


def test_the_load_balancer_is_not_on_the_internet(system: DeployedSystem) -> None:
    (balancer,) = system.aws.client("elbv2").describe_load_balancers(Names=[f"{system.outputs['name']}-alb"])[
        "LoadBalancers"
    ]
    ec2 = system.aws.client("ec2")
    subnets = [zone["SubnetId"] for zone in balancer["AvailabilityZones"]]
    tables = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": subnets}])["RouteTables"]

    assert balancer["Scheme"] == "internal"
    assert [route.get("GatewayId") for table in tables for route in table["Routes"]] == ["local"]
    assert ingress_of(system, balancer["SecurityGroups"]) == [("tcp", 80, 80)]


def ingress_of(system: DeployedSystem, groups: list[str]) -> list[tuple[str, int, int]]:
    """The protocols and ports that these security groups let in, from CloudFront: nobody is to be named `0.0.0.0/0`."""
    rules: list[dict[str, Any]] = system.aws.client("ec2").describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": groups}]
    )["SecurityGroupRules"]
    entrances = [rule for rule in rules if not rule["IsEgress"]]
    assert "0.0.0.0/0" not in [rule.get("CidrIpv4") for rule in entrances]
    return [(rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in entrances]


def test_the_firewall_stands_before_the_page(system: DeployedSystem) -> None:
    distributions = system.aws.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    (web_acl,) = [each["WebACLId"] for each in distributions if each["DomainName"] == system.page.host]
    firewalls = system.aws.client("wafv2").list_web_acls(Scope="CLOUDFRONT")["WebACLs"]

    assert web_acl in [each["ARN"] for each in firewalls if each["Name"] == system.outputs["name"]]


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize("api", ["crud", "email"])
def test_the_apis_own_addresses_are_closed(system: DeployedSystem, api: str, path: str) -> None:
    answer = httpx.get(f"{system.outputs['api_urls'][api]}{path}", timeout=REQUEST_SECONDS, trust_env=False)

    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD"])
def test_what_is_open_there_is_open_for_reading_alone(system: DeployedSystem, method: str) -> None:
    answer = httpx.request(
        method, f"{system.outputs['api_urls']['crud']}/health", timeout=REQUEST_SECONDS, trust_env=False
    )

    assert answer.status_code == 401
