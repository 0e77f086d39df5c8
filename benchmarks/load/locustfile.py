"""People at work in the directory. ``python -m benchmarks.load`` passes its options in the variable ``LOAD_TEST``."""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import sys
import time
from collections import deque
from math import ceil, floor
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import gevent
import requests
from locust import FastHttpUser, LoadTestShape, events, task
from locust.exception import StopUser

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OPTIONS: dict[str, Any] = json.loads(os.environ["LOAD_TEST"])
IS_CLIMB, IS_MIX = OPTIONS["profile"] == "step", OPTIONS["profile"] == "mix"
NETWORK_SECONDS = 30.0  # longer than bff_app's own deadline: its 504 comes first
STEP_SECONDS = 10.0
MOST_AT_ONCE = 256
LEAST_GROWTH = 1.1  # of the throughput, from one step of a climb to the next
EXIT_MISSED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130

# Only load tests create employees with an address there, and they remove them. No real address can end so (RFC 2606).
OWN_DOMAIN = "prueba-de-carga.example.com"
EMPLOYEE = {"nombre": "Prueba de carga", "posicion": "Prueba de carga", "salario": 1_000}
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
BLOCK = """{line}\nRESULTADOS\n{line}

Peticiones:
  Total:          {total}
  Exitosas:       {succeeded}
  Fallidas:       {failed}
  Tasa de éxito:  {percent:g} %

Tiempos de respuesta:
  Promedio:       {mean}
  Mínimo:         {min}
  Máximo:         {max}

Percentiles:
  P50 (mediana):  {p50}
  P90:            {p90}
  P95:            {p95}
  P99:            {p99}

Rendimiento:
  Tiempo total:   {seconds:.2f} seg
  Throughput:     {throughput:.2f} req/seg
{line}"""


class Load:
    """Hands out the requests, and remembers what came of them."""

    def __init__(self) -> None:
        self.users: int = OPTIONS["concurrency"]
        self.answers: list[tuple[float, float | None]] = []  # when, and the milliseconds; None: it failed
        self.steps: list[dict[str, Any]] = []
        self._halt = ""
        self.is_interrupted = False
        self._handed_out = 0
        self._chance = random.Random(50)  # noqa: S311 - the same requests in each run
        self._kinds = self._shuffle()
        self._rows: deque[tuple[str, str]] = deque()
        self._client = requests.Session()
        self._client.headers.update(OPTIONS["headers"])
        self._client.trust_env = False

    def prepare(self, **_: Any) -> None:
        """Learn what to ask for, and create an employee for each person to change.

        Raises:
            SystemExit: there is nothing to ask for.
        """
        rows = self._send("GET", "/empleados?orden=-id&limite=200").json()
        self._examples = [row for row in rows if not row["email"].endswith(OWN_DOMAIN)]
        if not self._examples:
            sys.stderr.write(f"make load-test: The directory at {OPTIONS['url']} is empty: fill it with `make demo`.\n")
            raise SystemExit(EXIT_USAGE)
        self._next_page = self._send("GET", LIST).links.get("next", {"url": LIST})["url"]
        for employee in [new_employee() for number in range(self.users + 1) if IS_MIX]:
            headers = self._send("POST", "/empleados", json=employee).headers
            self.keep(headers["Location"], headers["ETag"])
        self._began = self._step_began = time.monotonic()

    def remove_rows(self) -> int:
        """Remove all employees of load tests, also those of runs that were killed; the result is how many."""
        removed = 0
        query = f"/empleados?q={OWN_DOMAIN}&limite=200"
        while rows := [row for row in self._send("GET", query).json() if row["email"].endswith(f"@{OWN_DOMAIN}")]:
            for row in rows:
                self._send("DELETE", f"/empleados/{row['id']}")
            removed += len(rows)
        return removed

    def _send(self, method: str, path: str, **content: Any) -> requests.Response:
        try:
            answer = self._client.request(method, OPTIONS["url"] + path, timeout=NETWORK_SECONDS, **content)
            answer.raise_for_status()
        except requests.RequestException as error:
            # What is left of a mix, the next one removes.
            sys.stderr.write(f"make load-test: {method} {path} failed: {error}\n")
            raise SystemExit(EXIT_USAGE) from None
        return answer

    def next(self) -> tuple[str, str, str, int, dict[str, Any] | None, str]:
        """The next request: kind, method, path, the right status, body, and version of the row.

        Raises:
            StopUser: all have been handed out.
        """
        if not IS_CLIMB and self._handed_out == OPTIONS["requests"]:
            raise StopUser
        self._handed_out += 1
        kind = next(self._kinds)
        if path := KINDS[kind][2]:
            return kind, "GET", path.format(**self._parts()), 200, None, ""
        if kind == "alta" or not self._rows:  # the rows run out when creations fail
            return "alta", "POST", "/empleados", 201, new_employee(), ""
        path, version = self._rows.popleft()
        if kind == "baja":
            return kind, "DELETE", path, 204, None, version
        return kind, "PUT", path, 200, {"salario": 2_000 + self._handed_out}, version

    def _parts(self) -> dict[str, object]:
        row = self._chance.choice(self._examples)
        prefix = row["nombre"].split()[0][: self._chance.randint(2, 6)]
        return {
            "next_page": self._next_page,
            "id": row["id"],
            "prefix": quote(prefix),
            "position": quote(row["posicion"]),
        }

    def _shuffle(self) -> Iterator[str]:
        block = [kind for kind, (read, mix, _) in KINDS.items() for _ in range(mix if IS_MIX else read)]
        while True:
            self._chance.shuffle(block)
            yield from block

    def keep(self, path: str, version: str) -> None:
        self._rows.append((path, version))

    def record(self, response_time: float, exception: Exception | None, **_: Any) -> None:
        self.answers.append((time.monotonic() - self._began, None if exception else response_time))

    def interrupt(self) -> None:
        """Ctrl-C: end with the next tick. As an exception it could be lost in whatever greenlet runs."""
        self.is_interrupted = True

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
        self._halt = reason_to_halt(step, self.steps)
        if not self._halt and 2 * self.users > MOST_AT_ONCE:
            self._halt = "esta prueba no pide más a la vez"
        self.steps.append({"concurrency": self.users, "halt": reason_to_halt(step, self.steps), **step})
        self.users *= 1 if self._halt else 2
        self._step_began = time.monotonic()


def reason_to_halt(step: dict[str, Any], before: Sequence[dict[str, Any]]) -> str:
    if step["percent_failed"] > OPTIONS["errors"]:
        return "fallan demasiadas peticiones"
    if step["p95"] is None or step["p95"] > OPTIONS["p95"]:
        return "el P95 pasa de su límite"
    is_flat = before and step["throughput"] < LEAST_GROWTH * before[-1]["throughput"]
    return "el throughput ya no crece" if is_flat else ""


def figures_of(answers: Sequence[tuple[float, float | None]], began: float = 0) -> dict[str, Any]:
    """Times and throughput are those of the right answers; a percentile is a time that was measured."""
    times = sorted(milliseconds for _, milliseconds in answers if milliseconds is not None)
    seconds = answers[-1][0] - began if answers else 0.0
    failed = len(answers) - len(times)
    return {
        "total": len(answers),
        "succeeded": len(times),
        "failed": failed,
        "percent_failed": 100 * failed / max(len(answers), 1),
        "seconds": seconds,
        "throughput": len(times) / seconds if seconds else 0.0,
        "mean": fmean(times) if times else None,
        "min": times[0] if times else None,
        "max": times[-1] if times else None,
        **{f"p{rank}": times[ceil(len(times) * rank / 100) - 1] if times else None for rank in (50, 90, 95, 99)},
    }


def format_block(figures: dict[str, Any]) -> str:
    names = ("mean", "min", "max", "p50", "p90", "p95", "p99")
    ms = {name: "—" if figures[name] is None else f"{figures[name]:.2f} ms" for name in names}
    percent = floor(100 * (100 - figures["percent_failed"])) / 100  # never 100 when something failed
    return BLOCK.format(line="=" * 42, **{**figures, **ms}, percent=percent)


def new_employee() -> dict[str, Any]:
    return {**EMPLOYEE, "email": f"{secrets.token_hex(6)}@{OWN_DOMAIN}"}


LOAD = Load()
events.init.add_listener(LOAD.prepare)
events.request.add_listener(LOAD.record)
gevent.signal_handler(signal.SIGINT, LOAD.interrupt)


class Person(FastHttpUser):  # type: ignore[misc] # mypy runs where locust is not
    """Sends the next request when the answer is there."""

    host = OPTIONS["url"]
    network_timeout = connection_timeout = NETWORK_SECONDS
    insecure = False

    @task  # type: ignore[untyped-decorator] # likewise
    def send_next(self) -> None:
        kind, method, path, status, body, version = LOAD.next()
        headers = {**OPTIONS["headers"], **({"If-Match": version} if version else {})}
        # A redirect may lead to a host that is not the owner's.
        options = {"name": kind, "json": body, "headers": headers, "allow_redirects": False, "catch_response": True}
        with self.client.request(method, path, **options) as answer:
            if answer.status_code != status:
                answer.failure(f"HTTP {answer.status_code}" if answer.status_code else f"sin respuesta: {answer.error}")
            elif status != requests.codes.no_content and "application/json" not in answer.headers["Content-Type"]:
                answer.failure("no es JSON")
            elif body:
                LOAD.keep(answer.headers.get("Location", path), answer.headers["ETag"])


class Course(LoadTestShape):  # type: ignore[misc] # likewise
    """As many people as the load wants, until it is over."""

    def tick(self) -> tuple[int, float] | None:
        LOAD.climb()
        return None if LOAD.is_interrupted or LOAD.outcome else (LOAD.users, LOAD.users)


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
        kinds = environment.stats.serialize_stats()
        document = {**figures, "kinds": kinds, "steps": LOAD.steps, "outcome": outcome}
        Path(OPTIONS["json"]).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(f"Informe: {os.path.relpath(OPTIONS['report'])}")
    if IS_MIX:
        print(f"Borrados: {LOAD.remove_rows()} empleados de prueba. Sus eventos y correos quedan.")
