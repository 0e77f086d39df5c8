"""``python -m benchmarks.load``, which ``make load-test`` calls: prepares a load, runs locust, and reports."""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import signal
import sys
import tempfile
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.load.results import (
    MOST_AT_ONCE,
    Answer,
    failures_of,
    figures_by_kind,
    figures_of,
    find_knee,
    format_block,
    format_ms,
    format_step,
    format_threshold,
    thresholds_of,
)
from local.guardian import Child
from local.settings import ROOT
from tools.command_line import OneSentenceParser, shortened, whole_number
from tools.target import (
    TargetError,
    authorization,
    default_url,
    read_target,
    require_directory,
    require_entry,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PYTHON = ROOT / ".load" / "bin" / "python"
REPORT = ROOT / "build" / "load-test.html"
MOST_REQUESTS, MOST_SECONDS, MOST_MILLISECONDS = 100_000, 1_800, 30_000

# The load of the original report. For a climb: enough for a P95 that is not chance, and what makes people give up.
REQUESTS, CONCURRENCY, SECONDS = 50, 1, 300
CLIMB_REQUESTS, CLIMB_P95_MS, CLIMB_ERRORS_PERCENT = 200, 500, 1.0

# Only load tests create employees with an address there, and they remove them. No real address can end so (RFC 2606).
OWN_DOMAIN = "prueba-de-carga.example.com"
OWN_EMPLOYEE = {"nombre": "Prueba de carga", "posicion": "Prueba de carga", "salario": 1_000}
PAGE_SIZE, MOST_ROWS = 50, 200
DIRECTORY_SECONDS = 30.0

EXIT_MISSED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 128 + signal.SIGINT


class LoadTestFailed(Exception):
    """Nothing was measured, or something is left to clean up; the message is a sentence for the person who asked."""


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Measure, report, and remove what the load created; the result is the exit code."""
    try:
        options = parse_arguments(argv)
        target = read_target(options.url or default_url(environment))
        target.require_own(mine=options.mine, why="a load that its owner did not ask for is an attack")
        headers = authorization(target, environment)
        with httpx.Client(base_url=target.url, trust_env=False, headers=headers, timeout=DIRECTORY_SECONDS) as client:
            require_directory(client, target)
            require_entry(client, target)
            excerpt = read_excerpt(client)
            began = datetime.now(UTC)
            try:
                is_interrupted, result = _run_locust(client, options, target.url, headers, excerpt)
                outcome = report(options, target.url, began, result, is_interrupted=is_interrupted)
            finally:
                if options.profile == "mix":
                    print(f"Borrados: {remove_own_rows(client)} empleados de prueba. Sus eventos y correos quedan.")
    except (TargetError, LoadTestFailed) as error:
        sys.stderr.write(f"make load-test: {error}\n")
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    if is_interrupted:
        return EXIT_INTERRUPTED
    is_good = outcome["succeeded"] and all(threshold["kept"] for threshold in outcome["thresholds"])
    return 0 if is_good else EXIT_MISSED


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = OneSentenceParser("make load-test", "How fast the directory answers, and how many people at once.")
    requests, at_once = whole_number("REQUESTS", 1, MOST_REQUESTS), whole_number("CONCURRENCY", 1, MOST_AT_ONCE)
    duration = whole_number("DURATION", 1, MOST_SECONDS)
    parser.add_argument("--url", help="where it is (default: `make run` on this machine)")
    parser.add_argument("--mine", action="store_true", help="the host of URL is mine")
    parser.add_argument("--profile", type=_profile, default="read", help="read, mix or step (docs/load-test.md)")
    parser.add_argument("--requests", type=requests, help=f"how many (default: {REQUESTS})")
    parser.add_argument("--concurrency", type=at_once, default=CONCURRENCY, help="how many at once (default: 1)")
    parser.add_argument("--duration", type=duration, default=SECONDS, help="seconds at most (default: 300)")
    parser.add_argument("--p95", type=_milliseconds, help="the most that 95 of 100 answers may take: 200ms")
    parser.add_argument("--errors", type=_percent, help="the most that may fail: 1%%")
    parser.add_argument("--report", type=_file("REPORT"), default=REPORT, help="locust's HTML report")
    parser.add_argument("--json", type=_file("JSON"), help="the figures, for programs")
    options = parser.parse_args(argv)
    if options.profile == "step":
        options.requests = options.requests or CLIMB_REQUESTS
        options.p95 = CLIMB_P95_MS if options.p95 is None else options.p95
        options.errors = CLIMB_ERRORS_PERCENT if options.errors is None else options.errors
    options.requests = options.requests or REQUESTS
    if options.concurrency > options.requests and options.profile != "step":
        parser.error(f"CONCURRENCY ({options.concurrency}) must not be larger than REQUESTS ({options.requests})")
    return options


def _profile(text: str) -> str:
    if text not in {"read", "mix", "step"}:
        raise argparse.ArgumentTypeError(f"PROFILE must be read, mix or step, not {shortened(text)}")
    return text


def _milliseconds(text: str) -> int:
    match = re.fullmatch("([0-9]{1,6})(ms)?", text, re.ASCII)
    if not match or not 1 <= int(match[1]) <= MOST_MILLISECONDS:
        raise argparse.ArgumentTypeError(
            f"P95 must be a whole number of milliseconds from 1 to {MOST_MILLISECONDS:,}, such as 200ms, "
            f"not {shortened(text)}"
        )
    return int(match[1])


def _percent(text: str) -> float:
    match = re.fullmatch(r"([0-9]{1,3}(\.[0-9]{1,3})?)%?", text, re.ASCII)
    if not match or not 0 <= float(match[1]) <= 100:
        raise argparse.ArgumentTypeError(
            f"ERRORS must be a percentage from 0 to 100, such as 1%, not {shortened(text)}"
        )
    return float(match[1])


def _file(variable: str) -> Callable[[str], Path]:
    """A file that can be written: the load would be for nothing if that failed after it."""

    def read(text: str) -> Path:
        path = Path(text).absolute()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.open("a").close()
        except OSError:
            raise argparse.ArgumentTypeError(
                f"{variable} must be a file that can be written, not {shortened(text)}"
            ) from None
        return path

    return read


def read_excerpt(client: httpx.Client) -> dict[str, Any]:
    """What the requests ask for: ids, words and positions of the first rows and of the last, and the second page.

    Raises:
        LoadTestFailed: the directory is empty, or does not answer as it should.
    """
    lists = [
        _send(client, "GET", "/empleados", {200}, params={"orden": order, "limite": MOST_ROWS})
        for order in ("id", "-id")
    ]
    rows = {row["id"]: row for response in lists for row in response.json() if not _is_own(row)}
    if not rows:
        raise LoadTestFailed(f"The directory at {client.base_url} is empty: fill it with `make demo`.")
    words = {word for row in rows.values() for word in row["nombre"].split() if word.isalpha() and len(word) > 2}
    first_page = _send(client, "GET", "/empleados", {200}, params={"orden": "nombre", "limite": PAGE_SIZE})
    link = first_page.links.get("next", {"url": str(first_page.url)})
    return {
        "ids": sorted(rows),
        "words": sorted(words) or ["ana"],
        "positions": sorted({row["posicion"] for row in rows.values()}),
        "second_page": httpx.URL(link["url"]).query.decode(),
    }


def remove_own_rows(client: httpx.Client) -> int:
    """Remove all employees of load tests, also those of runs that were killed; how many there were.

    Raises:
        LoadTestFailed: some are left.
    """
    query = {"q": OWN_DOMAIN, "posicion": OWN_EMPLOYEE["posicion"], "limite": MOST_ROWS}
    removed = 0
    try:
        while rows := [row for row in _send(client, "GET", "/empleados", {200}, params=query).json() if _is_own(row)]:
            for row in rows:
                _send(client, "DELETE", f"/empleados/{row['id']}", {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND})
            removed += len(rows)
    except LoadTestFailed as problem:
        raise LoadTestFailed(
            f"{problem} Employees of {OWN_DOMAIN} are left: the next load test with PROFILE=mix removes them."
        ) from None
    return removed


def _is_own(row: dict[str, Any]) -> bool:
    return str(row["email"]).endswith(f"@{OWN_DOMAIN}")


def _send(client: httpx.Client, method: str, path: str, expected: set[int], **content: Any) -> httpx.Response:
    try:
        response = client.request(method, path, **content)
    except httpx.HTTPError as error:
        raise LoadTestFailed(f"The directory no longer answers ({type(error).__name__}).") from None
    if response.status_code not in expected:
        raise LoadTestFailed(f"The directory answered {response.status_code} to {method} {path}.")
    return response


def _run_locust(
    client: httpx.Client, options: argparse.Namespace, url: str, headers: Mapping[str, str], excerpt: dict[str, Any]
) -> tuple[bool, dict[str, Any]]:
    """Whether Ctrl-C or SIGTERM ended it early, and what the locustfile wrote."""
    run = secrets.token_hex(4)
    email = f"{run}-{{}}@{OWN_DOMAIN}"
    own_rows = []
    if options.profile == "mix":
        # One for each person, and one more: a removal may come before the creation that makes up for it.
        for number in range(options.concurrency + 1):
            employee = {**OWN_EMPLOYEE, "email": email.format(f"0{number}")}
            response = _send(client, "POST", "/empleados", {201}, json=employee)
            own_rows.append((response.json()["id"], response.headers["ETag"]))
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder) / "answers.json"
        load = {
            "url": url,
            "headers": dict(headers),
            "profile": options.profile,
            "requests": options.requests,
            "concurrency": options.concurrency,
            "seconds": options.duration,
            "p95_ms": options.p95,
            "errors_percent": options.errors,
            "excerpt": excerpt,
            "own_rows": own_rows,
            "employee": OWN_EMPLOYEE,
            "email": email,
            "answers": str(answers),
        }
        status, is_stopped = _run_process(
            [
                *(PYTHON, "-m", "locust", "-f", "benchmarks/load/locustfile.py", "--headless", "--skip-log-setup"),
                *("--stop-timeout", "30", "--html", options.report),
            ],
            {**os.environ, "LOAD_TEST": json.dumps(load)},
        )
        if answers.exists():
            return is_stopped, json.loads(answers.read_text("utf-8"))
    if not is_stopped:
        raise LoadTestFailed(f"locust ended with status {status} and measured nothing.")
    return True, {"answers": [], "steps": [], "halt": None}


def _run_process(command: Sequence[str | Path], environment: Mapping[str, str]) -> tuple[int, bool]:
    """The exit status, and whether Ctrl-C or SIGTERM ended it: the first lets the answers under way come."""
    stops: list[int] = []
    processes: list[Child] = []

    def stop(number: int, _: object) -> None:
        stops.append(number)
        for process in processes:
            process.send_signal(signal.SIGTERM if len(stops) == 1 else signal.SIGKILL)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        # A session of its own: Ctrl-C reaches it only through ``stop``.
        processes.append(Child(command, cwd=ROOT, env=environment))
        if stops:
            processes[0].terminate()
        return processes[0].wait(), bool(stops)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def report(
    options: argparse.Namespace, url: str, began: datetime, result: dict[str, Any], *, is_interrupted: bool
) -> dict[str, Any]:
    """Print the original report's block and what follows from it, and write the JSON; that is also returned."""
    answers = [Answer(*answer) for answer in result["answers"]]
    seconds = max((answer.at for answer in answers), default=0.0)
    steps, halt = result["steps"], result["halt"]
    judged = figures = figures_of(answers, seconds)
    knee, where = None, ""
    if options.profile == "step" and steps:
        knee = find_knee(steps, options.p95, options.errors)
        figures, judged, where = knee or steps[0], steps[0], " en el primer escalón"
    thresholds = thresholds_of(judged, options.p95, options.errors, where)
    failures = failures_of(answers)
    for step in steps:
        print(format_step(step))
    print(format_block(figures))
    for reason, times in failures.items():
        print(f"  {times} de {reason}")
    if options.profile == "step":
        print(_knee_sentence(knee, halt[1] if halt else "interrumpida"))
    elif len(answers) < options.requests:
        why = "con Ctrl-C" if is_interrupted else f"por tiempo (DURATION={options.duration})"
        print(f"La prueba terminó {why}: {len(answers)} de {options.requests} peticiones.")
    for threshold in thresholds:
        print(format_threshold(threshold))
    print(f"Informe: {os.path.relpath(options.report)}")
    document = {
        "version": 1,
        "began": began.isoformat(timespec="seconds"),
        "url": url,
        "profile": options.profile,
        "concurrency": options.concurrency,
        "interrupted": is_interrupted,
        **{name: value for name, value in figures.items() if name != "concurrency"},
        "by_kind": figures_by_kind(answers, seconds),
        "failures": failures,
        "thresholds": thresholds,
        "steps": steps,
        "knee": knee and knee["concurrency"],
        "halt": halt and halt[0],
    }
    if options.json:
        options.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return document


def _knee_sentence(knee: dict[str, Any] | None, halt: str) -> str:
    if not knee:
        return f"No hay rodilla: {halt}."
    return (
        f"Rodilla: {knee['concurrency']} a la vez, con {knee['throughput']:.2f} req/seg y P95 de "
        f"{format_ms(knee['ms']['p95'])}. Más allá: {halt}."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
