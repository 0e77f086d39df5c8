"""Somebody goes every way through the deployment, is forgotten, and is then in no store and in no log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from local.emulator import CREDENTIALS, REGION
from tests.e2e.system import wait_for
from tools.terraform_cli import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e

NAME, EMAIL, WORD, SALARY = "Marcada Zzyzx", "marca-4f1c@example.com", "Qwertzuiop", 7654321.09
TOKEN = "eyJhbGciOiJub25lIn0.eyJtYXJjYSI6MX0.ZmlybWE"
MARKERS = (NAME, EMAIL, WORD, "7654321", TOKEN)
EMPLOYEE: dict[str, Any] = {"nombre": NAME, "email": EMAIL, "posicion": WORD, "salario": SALARY}


def test_a_person_is_in_no_log_and_after_forgetting_in_no_store(system: DeployedSystem) -> None:
    row = system.create(**EMPLOYEE)
    go_every_way(system, row["id"])
    wait_for("the mails", lambda: len(system.mails_about(NAME)) >= 2)
    wait_for("an empty queue", lambda: system.messages_in(system.outputs["queue_url"]) == [])
    assert [marker for marker in (NAME, EMAIL, WORD) if marker not in stored(system)] == []

    said = forget(system, row["id"])

    assert [marker for marker in MARKERS if marker in stored(system) + said] == []
    assert system.http.get(f"/empleados/{row['id']}/eventos").json()[0]["tipo"] == "eliminado"
    lines = list(logged(system))
    assert len(lines) > 10
    assert [line for line in lines if any(marker in line for marker in MARKERS)] == []


def go_every_way(system: DeployedSystem, row_id: int) -> None:
    """Ask rightly and wrongly, with and without a word that lets in, at the page and past it."""
    for path in (f"/empleados/{row_id}", f"/empleados?q={NAME}", f"/empleados?{WORD}={EMAIL}", f"/{EMAIL}", "/correos"):
        system.http.get(path)
        system.http.get(path, headers={"Authorization": f"Bearer {TOKEN}", "Cookie": f"__Host-acceso={TOKEN}"})
    for body in (EMPLOYEE, {**EMPLOYEE, WORD: NAME}, {**EMPLOYEE, "salario": WORD}):
        system.http.post("/empleados", json=body)
        system.http.put(f"/empleados/{row_id}", json=body, headers={"If-Match": WORD})
    system.http.put(f"/empleados/{row_id}", json={"salario": SALARY + 1})
    system.http.post("/notify/email", json={"to": EMAIL, "subject": NAME, "body": WORD})
    system.http.post("/notify/email", content=json.dumps(EMPLOYEE).encode()[:-1])


def forget(system: DeployedSystem, row_id: int) -> str:
    """What `make forget ID=… YES=1` prints."""
    ssm = system.aws.client("ssm")
    parameter = ssm.get_parameter(Name=f"/{system.outputs['name']}/database-url", WithDecryption=True)["Parameter"]
    shell = {
        **os.environ,
        **CREDENTIALS,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": ssm.meta.endpoint_url,
        "DATABASE_URL": parameter["Value"],
        "YES": "1",
    }
    project, _, environment = system.outputs["name"].rpartition("-")
    command = [sys.executable, "-m", "tools.forget", "--id", str(row_id)]
    where = ["--project", project, "--environment", environment]
    done = subprocess.run([*command, *where], cwd=ROOT, env=shell, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def stored(system: DeployedSystem) -> str:
    """All that database and ledger hold."""
    rows = system.query("SELECT empleados::text FROM empleados UNION ALL SELECT eventos::text FROM eventos")
    pages = system.aws.client("dynamodb").get_paginator("scan").paginate(TableName=f"{system.outputs['name']}-correos")
    return json.dumps([rows, [page["Items"] for page in pages]], ensure_ascii=False)


def logged(system: DeployedSystem) -> Iterator[str]:
    """Every line of every log of the environment."""
    logs = system.aws.client("logs")
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            if system.outputs["name"] in group["logGroupName"]:
                for found in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                    yield from (event["message"] for event in found["events"])
