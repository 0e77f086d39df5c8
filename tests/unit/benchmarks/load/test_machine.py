from __future__ import annotations

import json

from benchmarks.load.climb import Halt
from benchmarks.load.machine import document
from benchmarks.load.sample import answers, climb_outcome, outcome, step


def test_the_document_holds_every_figure() -> None:
    measured = outcome([*answers(20, failed=2)], requests=20, p95_ms=20)
    figures = {
        "total": 20,
        "succeeded": 18,
        "failed": 2,
        "seconds": 2.0,
        "throughput": 9.0,
        "ms": {"mean": 20.5, "min": 12.0, "max": 29.0, "p50": 20.0, "p90": 28.0, "p95": 29.0, "p99": 29.0},
    }
    assert json.loads(json.dumps(document(measured))) == {
        "version": 1,
        "began": "2026-11-24T09:30:00+00:00",
        "url": "http://localhost:8000",
        "profile": "read",
        "concurrency": 1,
        "interrupted": False,
        **figures,
        "by_kind": {"listar": figures},
        "failures": {"HTTP 503": 2},
        "thresholds": [{"name": "P95", "unit": "ms", "limit": 20, "measured": 29.0, "kept": False}],
        "steps": [],
        "knee": None,
        "halt": None,
    }


def test_a_climb_adds_its_steps_its_knee_and_why_it_ended() -> None:
    climbed = document(climb_outcome([step(1, 100), step(2, 101)], Halt.FLAT))
    assert [(each["concurrency"], each["throughput"]) for each in climbed["steps"]] == [(1, 100), (2, 101)]
    assert (climbed["knee"], climbed["halt"], climbed["throughput"]) == (1, "flat", 100)


def test_a_climb_without_a_knee_has_none() -> None:
    assert document(climb_outcome([], Halt.SPENT))["knee"] is None


def test_what_was_not_measured_is_null() -> None:
    assert set(document(outcome([]))["ms"].values()) == {None}
