"""The whole way on the AWS emulator: load balancer, BFF, HTTP API, CRUD, PostgreSQL; ours and the original's.

Both systems are deployed on one emulator (ministack), without sign-in, as the original had none, with the same
PostgreSQL behind both. People who wait only for their answer ask for the list of 50, one or four of them. The
emulator's own work is in both numbers, and is most of them: on AWS the difference is larger.
"""

from __future__ import annotations

import http.client
import io
import json
import threading
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.bench.estimate import take_turns
from benchmarks.bench.report import Table, Target
from benchmarks.bench.subject import BenchFailed
from benchmarks.bench.workshop import HANDLERS, PACKAGES, PEERS, ROWS
from local.client import client_of
from local.emulator import DEPLOYMENT_SERVICES, Emulator
from local.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from benchmarks.bench.workshop import Workshop

ROUNDS, QUICK_ROUNDS = 8, 2
SECONDS, QUICK_SECONDS = 2.0, 0.3
AT_ONCE = (1, 4)
ANSWER_SECONDS = 60
WARM_UPS = 3
RUNTIME = "python3.11"  # the emulator, as AWS, gives functions this interpreter
ROLE = "arn:aws:iam::000000000000:role/bench"


@dataclass(frozen=True)
class Deployment:
    """One of the two systems.

    Attributes:
        crud: its API's function: code and handler.
        bff: the one behind the load balancer.
        multi_value: whether its target group hands over headers as lists.
    """

    key: str
    label: str
    crud: tuple[bytes, str]
    bff: tuple[bytes, str]
    crud_environment: Mapping[str, str]
    multi_value: bool


def measure(workshop: Workshop, *, is_quick: bool) -> list[Table]:
    near = workshop.near()
    deployments = (
        Deployment(
            "ours",
            "CrudEmpleados (ours)",
            ((PACKAGES / "crud_app" / "deployment.zip").read_bytes(), "app.app"),
            ((PACKAGES / "bff_app" / "deployment.zip").read_bytes(), "app.app"),
            {"DATABASE_URL": near["DATABASE_URL"], "DEMO": "true"},
            multi_value=True,
        ),
        Deployment(
            "original",
            "the original's two Lambdas",
            (zip_function("original_app", PEERS / "original" / "plain"), "original_app.handler"),
            (zip_function("original_bff"), "original_bff.handler"),
            {"SQLALCHEMY_URL": near["ORM_PSYCOPG2"]},
            multi_value=False,
        ),
    )
    columns = {f"users_{users}": f"{users} at once" for users in AT_ONCE}
    table = Table(
        key="throughput",
        title="Throughput through the load balancer: larger is better",
        unit="a second",
        columns=columns,
        rows={deployment.key: deployment.label for deployment in deployments},
        ours=frozenset({"ours"}),
        targets=[Target(f"{name}, to the original", ("ours", key), ("original", key)) for key, name in columns.items()],
    )
    with Emulator(workshop.folder / "emulator.log", services=DEPLOYMENT_SERVICES) as emulator:
        paths = {deployment.key: deploy(emulator, deployment) for deployment in deployments}
        for path in paths.values():
            warm_up(emulator.port, path)
        rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if is_quick else (ROUNDS, SECONDS)
        for key, users in take_turns([(key, users) for key in paths for users in AT_ONCE], rounds):
            table.add(key, f"users_{users}", ask(emulator.port, paths[key], users, seconds))
    return [table]


def zip_function(handler: str, packages: Path | None = None) -> bytes:
    """A function's package: its module and what it needs, as the peers' tools make it."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(HANDLERS / f"{handler}.py", f"{handler}.py")
        for file in packages.rglob("*") if packages else ():
            if file.is_file():
                archive.write(file, file.relative_to(packages or file))
    return memory.getvalue()


def deploy(emulator: Emulator, deployment: Deployment) -> str:
    """Make its functions, API and load balancer; the path under which the emulator has the latter."""
    clients = _clients(emulator.endpoint)
    crud = _function(clients, f"{deployment.key}-crud", *deployment.crud, deployment.crud_environment)
    api = f"{emulator.endpoint}/_aws/execute-api/{_http_api(clients, deployment.key, crud)}/$default"
    environment = {"CRUD_API_URL": api, "EMAIL_API_URL": api, "DEMO": "true"}
    bff = _function(clients, f"{deployment.key}-bff", *deployment.bff, environment)
    return f"/_alb/{_load_balancer(clients, deployment, bff)}"


def _clients(endpoint: str) -> Mapping[str, Any]:
    return {name: client_of(name, endpoint) for name in ("lambda", "apigatewayv2", "elbv2", "ec2")}


def _function(clients: Mapping[str, Any], name: str, code: bytes, handler: str, variables: Mapping[str, str]) -> str:
    made = clients["lambda"].create_function(
        FunctionName=name,
        Runtime=RUNTIME,
        Role=ROLE,
        Handler=handler,
        Code={"ZipFile": code},
        Timeout=ANSWER_SECONDS,
        MemorySize=512,
        Environment={"Variables": dict(variables)},
    )
    return str(made["FunctionArn"])


def _http_api(clients: Mapping[str, Any], name: str, function: str) -> str:
    gateway = clients["apigatewayv2"]
    api = gateway.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return str(api)


def _load_balancer(clients: Mapping[str, Any], deployment: Deployment, function: str) -> str:
    balancers = clients["elbv2"]
    subnets = [subnet["SubnetId"] for subnet in clients["ec2"].describe_subnets()["Subnets"]]
    balancer = balancers.create_load_balancer(Name=f"{deployment.key}-alb", Type="application", Subnets=subnets[:2])
    group = balancers.create_target_group(Name=f"{deployment.key}-bff", TargetType="lambda")
    (made,) = group["TargetGroups"]
    attribute = {"Key": "lambda.multi_value_headers.enabled", "Value": str(deployment.multi_value).lower()}
    balancers.modify_target_group_attributes(TargetGroupArn=made["TargetGroupArn"], Attributes=[attribute])
    balancers.register_targets(TargetGroupArn=made["TargetGroupArn"], Targets=[{"Id": function}])
    balancers.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": made["TargetGroupArn"]}],
    )
    return f"{deployment.key}-alb"


def warm_up(port: int, path: str) -> None:
    """Start a process of each function for each person. On a busy machine the first ones are too slow for a limit.

    Raises:
        BenchFailed: the last answers are wrong, too.
    """
    for _ in range(WARM_UPS):
        with suppress(BenchFailed):
            ask(port, path, max(AT_ONCE), 0)
    ask(port, path, max(AT_ONCE), 0)


def ask(port: int, path: str, users: int, seconds: float) -> float:
    """Right answers a second, with ``users`` people who each ask again as soon as they have their answer.

    Raises:
        BenchFailed: an answer was wrong.
    """
    counts = [0] * users
    failures: list[str] = []
    begin = time.perf_counter()

    def keep_asking(place: int) -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
        for answer in _answers(connection, path):
            counts[place] += answer == (200, ROWS)
            if answer != (200, ROWS):
                failures.append(f"{path} answered {answer} where (200, {ROWS}) was due")
            if failures or time.perf_counter() - begin >= seconds:
                break
        connection.close()

    threads = [threading.Thread(target=keep_asking, args=(place,)) for place in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise BenchFailed(failures[0])
    return sum(counts) / (time.perf_counter() - begin)


def _answers(connection: http.client.HTTPConnection, path: str) -> Iterator[tuple[int, object]]:
    """Status and number of rows of one answer after the other; instead of the number, what was answered."""
    while True:
        try:
            connection.request("GET", f"{path}/empleados")
            response = connection.getresponse()
            body = response.read().decode()
            rows = json.loads(body)
            yield response.status, len(rows) if isinstance(rows, list) else body[:200]
        except (OSError, http.client.HTTPException, ValueError) as error:
            yield 0, type(error).__name__
