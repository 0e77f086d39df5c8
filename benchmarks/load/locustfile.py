"""People at work in the directory. ``python -m benchmarks.load`` passes its options in the variable ``LOAD_TEST``."""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import sys
import time
from math import ceil, floor
from pathlib import Path
from statistics import fmean
from typing import Any, NoReturn
from urllib.parse import quote

import gevent
import requests
from locust import FastHttpUser, LoadTestShape, events, task
from locust.exception import StopUser

OPTIONS: dict[str, Any] = json.loads(os.environ["LOAD_TEST"])
IS_CLIMB, IS_MIX = OPTIONS["profile"] == "step", OPTIONS["profile"] == "mix"
NETWORK_SECONDS = 30.0  # longer than bff_app's own deadline: its 504 comes first
STEP_SECONDS, MOST_AT_ONCE = 10.0, 256
LEAST_GROWTH = 1.1  # of the throughput, from one step of a climb to the next
EXIT_MISSED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130

# Only load tests create employees with an address there, and they remove them. No real address can end so (RFC 2606).
OWN_DOMAIN = "prueba-de-carga.example.com"
LIST = "/empleados?orden=nombre&limite=50"  # as the page asks for it
# How many requests of a block are of this kind (READ: of 10, MIX: of 50), so that a small run has the same shares as a
# large one, and their path. Those without a path write.
KINDS = {
    "listar": (4, 9, LIST),
    "página siguiente": (1, 3, "{next_page}"),
    "buscar": (3, 11, LIST + "&q={prefix}"),
    "ver": (2, 6, "/empleados/{id}"),
    "filtrar": (0, 3, LIST + "&posicion={position}"),
    "resumen": (0, 5, "/resumen"),
    "historial": (0, 5, "/empleados/{id}/eventos"),
    "correos": (0, 3, "/correos?empleado={id}"),
    "alta": (0, 2, ""),
    "cambio": (0, 2, ""),
    "baja": (0, 1, ""),
}


class Load:
    """Hands out the requests, and remembers what came of them."""

    def __init__(self) -> None:
        self.users: int = OPTIONS["concurrency"]
        self.answers: list[tuple[float, float | None]] = []  # when, and the milliseconds; None: it failed
        self.steps: list[dict[str, Any]] = []
        self._halt = ""
        self.signal = ""
        self.handed_out = 0
        self._chance = random.Random(50)  # noqa: S311 - the same requests in each run
        self._block: list[str] = []
        self.rows: list[tuple[str, str]] = []
        self._client = requests.Session()
        self._client.headers.update(OPTIONS["headers"])
        self._client.trust_env = False

    def prepare(self, **_: Any) -> None:
        """Learn what to ask for, and create an employee for each person to change."""
        rows = self._send("GET", "/empleados?orden=-id&limite=200").json()
        self._examples = [row for row in rows if not row["email"].endswith(OWN_DOMAIN)]
        if not self._examples:
            give_up(f"The directory at {OPTIONS['url']} is empty: fill it with `make demo`.")
        self._next_page = self._send("GET", LIST).links.get("next", {"url": LIST})["url"]
        for employee in [new_employee() for number in range(self.users + 1) if IS_MIX]:
            headers = self._send("POST", "/empleados", json=employee).headers
            self.rows.append((headers["Location"], headers["ETag"]))
        self._began = self._step_began = time.monotonic()

    def remove_rows(self) -> int:
        """Remove all employees of load tests, also those of runs that were killed; the result is how many."""
        query = f"/empleados?q={OWN_DOMAIN}&limite=200"
        rows = [row for row in self._send("GET", query).json() if row["email"].endswith(f"@{OWN_DOMAIN}")]
        for row in rows:
            self._send("DELETE", f"/empleados/{row['id']}")
        return len(rows) + (self.remove_rows() if rows else 0)

    def _send(self, method: str, path: str, **content: Any) -> requests.Response:
        try:
            answer = self._client.request(method, OPTIONS["url"] + path, timeout=NETWORK_SECONDS, **content)
            answer.raise_for_status()
        except requests.RequestException as error:
            give_up(f"{method} {path} failed: {error}")  # what is left of a mix, the next one removes
        return answer

    def next_kind(self) -> str:
        """The kind of the next request; ``StopUser`` when all have been handed out."""
        if not IS_CLIMB and self.handed_out == OPTIONS["requests"]:
            raise StopUser
        self.handed_out += 1
        if not self._block:
            self._block = [kind for kind, shares in KINDS.items() for _ in range(int(shares[IS_MIX]))]
            self._chance.shuffle(self._block)
        return self._block.pop()

    def path_of(self, template: str) -> str:
        row = self._chance.choice(self._examples)
        prefix = quote(row["nombre"].split()[0][: self._chance.randint(2, 6)])
        parts = {"next_page": self._next_page, "prefix": prefix, "position": quote(row["posicion"])}
        return template.format(id=row["id"], **parts)

    def record(self, response_time: float, exception: object, **_: Any) -> None:
        self.answers.append((time.monotonic() - self._began, None if exception else response_time))

    @property
    def outcome(self) -> str:
        """Why the load is over; empty while it is not, and after Ctrl-C."""
        if self._halt or time.monotonic() - self._began > OPTIONS["duration"]:
            return self._halt or "se acabó el tiempo"
        return "" if IS_CLIMB or len(self.answers) < OPTIONS["requests"] else "todas las peticiones"

    def climb(self) -> None:
        """End a step of a climb when its time is over; twice as many people follow if it was worth it."""
        if not IS_CLIMB or time.monotonic() - self._step_began < STEP_SECONDS:
            return
        began = self._step_began - self._began
        step = figures_of([answer for answer in self.answers if answer[0] >= began], began)
        least = LEAST_GROWTH * self.steps[-1]["throughput"] if self.steps else 0.0
        if step["percent_failed"] > OPTIONS["errors"]:
            self._halt = "fallan demasiadas peticiones"
        elif step["p95"] is None or step["p95"] > OPTIONS["p95"]:
            self._halt = "el P95 pasa de su límite"
        elif step["throughput"] < least:
            self._halt = "el throughput ya no crece"
        self.steps.append({"concurrency": self.users, "halt": self._halt, **step})
        if not self._halt and 2 * self.users > MOST_AT_ONCE:
            self._halt = "esta prueba no pide más a la vez"
        self.users *= 1 if self._halt else 2
        self._step_began = time.monotonic()


def figures_of(answers: list[tuple[float, float | None]], began: float = 0) -> dict[str, Any]:
    """Times and throughput are those of the right answers; a percentile is a time that was measured."""
    times = sorted(milliseconds for _, milliseconds in answers if milliseconds is not None)
    seconds = answers[-1][0] - began if answers else 0.0
    total, succeeded, failed = len(answers), len(times), len(answers) - len(times)
    counts = {"total": total, "succeeded": succeeded, "failed": failed, "percent_failed": 100 * failed / max(total, 1)}
    rate = {"seconds": seconds, "throughput": succeeded / seconds if seconds else 0.0}
    ranks = {"min": 0, "p50": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}
    spread = {name: times[max(ceil(succeeded * rank / 100) - 1, 0)] if times else None for name, rank in ranks.items()}
    return {**counts, **rate, "mean": fmean(times) if times else None, **spread}


def format_block(figures: dict[str, Any]) -> str:
    """The figures in the form of the original project's load test."""
    ms = {key: f"{value:.2f} ms" if isinstance(value, float) else "—" for key, value in figures.items()}
    percent = floor(100 * (100 - figures["percent_failed"])) / 100  # never 100 when something failed
    done = {"Total": figures["total"], "Exitosas": figures["succeeded"], "Fallidas": figures["failed"]}
    speed = {"Tiempo total": f"{figures['seconds']:.2f} seg", "Throughput": f"{figures['throughput']:.2f} req/seg"}
    parts = {
        "Peticiones": {**done, "Tasa de éxito": f"{percent:g} %"},
        "Tiempos de respuesta": {"Promedio": ms["mean"], "Mínimo": ms["min"], "Máximo": ms["max"]},
        "Percentiles": {"P50 (mediana)": ms["p50"], **{rank.upper(): ms[rank] for rank in ("p90", "p95", "p99")}},
        "Rendimiento": speed,
    }
    line = "=" * 42
    lines = [f"{line}\nRESULTADOS\n{line}"]
    for title, rows in parts.items():
        lines += [f"\n{title}:", *(f"  {name + ':':15} {value}" for name, value in rows.items())]
    return "\n".join([*lines, line])


def new_employee() -> dict[str, Any]:
    email = f"{secrets.token_hex(6)}@{OWN_DOMAIN}"
    return {"nombre": "Prueba de carga", "email": email, "posicion": "Prueba de carga", "salario": 1_000}


def give_up(reason: str) -> NoReturn:
    sys.stderr.write(f"make load-test: {reason}\n")
    raise SystemExit(EXIT_USAGE) from None


LOAD = Load()
events.init.add_listener(LOAD.prepare)
events.request.add_listener(LOAD.record)
# Ctrl-C ends the load with the next tick: as an exception it could be lost in whatever greenlet runs.
gevent.signal_handler(signal.SIGINT, setattr, LOAD, "signal", "SIGINT")


class Person(FastHttpUser):  # type: ignore[misc] # mypy runs where locust is not
    """Sends the next request when the answer is there."""

    host = OPTIONS["url"]
    network_timeout = connection_timeout = NETWORK_SECONDS
    insecure = False

    @task  # type: ignore[untyped-decorator] # likewise
    def send_next(self) -> None:
        kind, body, headers = LOAD.next_kind(), None, dict(OPTIONS["headers"])
        if template := KINDS[kind][2]:
            method, path, status = "GET", LOAD.path_of(template), 200
        elif kind == "alta" or not LOAD.rows:  # the rows run out when creations fail
            kind, method, path, status, body = "alta", "POST", "/empleados", 201, new_employee()
        else:
            path, headers["If-Match"] = LOAD.rows.pop(0)
            method, status = ("DELETE", 204) if kind == "baja" else ("PUT", 200)
            body = {"salario": 2_000 + LOAD.handed_out} if method == "PUT" else None
        # A redirect may lead to a host that is not the owner's.
        options = {"name": kind, "json": body, "headers": headers, "allow_redirects": False, "catch_response": True}
        with self.client.request(method, path, **options) as answer:
            if answer.status_code != status:
                answer.failure(f"HTTP {answer.status_code}" if answer.status_code else f"sin respuesta: {answer.error}")
            elif status != requests.codes.no_content and "application/json" not in answer.headers["Content-Type"]:
                answer.failure("no es JSON")
            elif body:
                LOAD.rows.append((answer.headers.get("Location", path), answer.headers["ETag"]))


class Course(LoadTestShape):  # type: ignore[misc] # likewise
    """As many people as the load wants, until it is over."""

    def tick(self) -> tuple[int, float] | None:
        LOAD.climb()
        return None if LOAD.signal or LOAD.outcome else (LOAD.users, LOAD.users)


@events.quitting.add_listener  # type: ignore[untyped-decorator] # likewise
def report(environment: Any, **_: Any) -> None:
    environment.runner.quit()
    outcome, figures = LOAD.outcome, figures_of(LOAD.answers)
    good = [step for step in LOAD.steps if not step["halt"]]
    for step in LOAD.steps:
        print(f"{step['concurrency']:>5} a la vez {step['throughput']:>10.2f} req/seg  P95 {step['p95'] or 0:.2f} ms")
    print(format_block(good[-1] if good else figures))
    if IS_CLIMB:
        print(f"Rodilla: {good[-1]['concurrency']} a la vez" if good else "No hay rodilla", f"({outcome}).")
    judged = LOAD.steps[0] if LOAD.steps else figures
    is_kept = judged["succeeded"] > 0
    for name, unit, measured, limit in (
        ("P95", "ms", judged["p95"] or 0, OPTIONS["p95"]),
        ("Fallidas", "%", judged["percent_failed"], OPTIONS["errors"]),
    ):
        if limit is not None:
            is_kept = is_kept and measured <= limit
            verdict = "se cumple" if measured <= limit else "NO se cumple"
            print(f"{name} ≤ {limit:g} {unit}: {verdict} ({measured:.2f} {unit})")
    environment.process_exit_code = EXIT_INTERRUPTED if not outcome else 0 if is_kept else EXIT_MISSED
    if OPTIONS["json"]:
        document = {**figures, "kinds": environment.stats.serialize_stats(), "steps": LOAD.steps, "outcome": outcome}
        Path(OPTIONS["json"]).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(f"Informe: {os.path.relpath(OPTIONS['report'])}")
    if IS_MIX:
        print(f"Borrados: {LOAD.remove_rows()} empleados de prueba. Sus eventos y correos quedan.")
