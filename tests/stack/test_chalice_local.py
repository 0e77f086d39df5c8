"""The apps under plain `chalice local` beside a running stack, as the README says."""

import shlex
import subprocess
import sys
from contextlib import ExitStack, contextmanager

import httpx

from local.guardian import Child
from local.ports import port_of, reserve
from tests.support.stack import ROOT
from tests.support.waiting import PATIENCE_SECONDS, wait_until

CHALICE = (sys.executable, "-c", "from chalice.cli import main; main()", "local", "--stage", "local")
NOTICE = "DEMO is on: no sign-in, everyone has every role. Enter invented data only."
LUZ = {"nombre": "Luz Suelta", "email": "luz.suelta@example.com", "posicion": "Analista", "salario": 3000}


@contextmanager
def serving(stack, app, log, **variables):
    """`chalice local` in a shell that has sourced ``env``, then set ``variables``."""
    lines = (stack.state / "env").read_text("utf-8").splitlines()
    sourced = dict(word.split("=", 1) for line in lines for word in shlex.split(line, comments=True))
    environment = stack.environment(**(sourced | variables))
    # Held: with SO_REUSEADDR, as Chalice sets it, a second socket may bind the port and listen.
    with ExitStack() as held, log.open("w") as output:
        port = port_of(held.enter_context(reserve()))
        command = [*CHALICE, "--port", str(port), "--no-autoreload"]
        process = Child(command, cwd=ROOT / app, env=environment, stdout=output, stderr=subprocess.STDOUT)
        held.callback(process.stop)
        client = held.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS, trust_env=False)
        )

        def answers():
            assert process.poll() is None, log.read_text()
            try:
                return client.get("/health").status_code == httpx.codes.OK
            except httpx.ConnectError:
                return False

        wait_until(answers)
        yield client


def test_each_app_does_its_work_under_chalice_local_without_sign_in(stack, tmp_path):
    logs = {app: tmp_path / app for app in ("crud_app", "email_app", "bff_app")}
    with ExitStack() as running:
        crud, email = (running.enter_context(serving(stack, app, logs[app])) for app in ("crud_app", "email_app"))
        created = crud.post("/empleados", json=LUZ)
        assert created.status_code == 201, created.text
        place = created.headers["Location"]
        changed = crud.put(place, json={"posicion": "Jefa"}, headers={"If-Match": created.headers["ETag"]})
        assert (changed.status_code, changed.json()["posicion"]) == (200, "Jefa")
        assert LUZ["email"] in [row["email"] for row in crud.get("/empleados", params={"q": "Luz Suelta"}).json()]
        history = crud.get(f"{place}/eventos").json()
        assert [(event["tipo"], event["actor"]) for event in history] == [
            ("actualizado", "anonimo"),
            ("creado", "anonimo"),
        ]
        refused = crud.post("/empleados", json=LUZ | {"email": "luz@empresa.es"})
        assert refused.status_code == 422, "a demonstration takes invented data only"

        # The stack's pump sends the events' emails.
        stack.wait_for("the mails", lambda: len(stack.mails_about("Luz Suelta")) >= 2)
        wait_until(lambda: email.get("/correos", params={"empleado_id": place.rpartition("/")[2]}).json())
        assert email.get("/cola").status_code == 200

        upstreams = {"CRUD_API_URL": str(crud.base_url), "EMAIL_API_URL": str(email.base_url)}
        page = running.enter_context(serving(stack, "bff_app", logs["bff_app"], **upstreams))
        assert page.get("/").headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.get(place).json()["nombre"] == LUZ["nombre"]
        assert page.get("/correos").status_code == 200
        assert page.get("/no-such-path").status_code == 403  # Chalice's own: docs/design/local-stack.md
        assert crud.delete(place).status_code == 204
    for log in logs.values():
        assert log.read_text().count(NOTICE) == 1


def test_the_shell_may_close_an_app_and_the_stack_stays_closed(stack, tmp_path):
    with serving(stack, "crud_app", tmp_path / "log", DEMO="false") as crud:
        assert crud.get("/empleados").status_code == 401
    for port in ("CRUD_PORT", "EMAIL_PORT"):
        assert stack.stranger.get(f"{stack.address(port)}/empleados").status_code == 401
