"""The outcome as JSON, for machines. Times are milliseconds; what was not measured is null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.load.results import PERCENTILES

if TYPE_CHECKING:
    from benchmarks.load.climb import Step
    from benchmarks.load.outcome import Outcome
    from benchmarks.load.results import Results


def document(outcome: Outcome) -> dict[str, Any]:
    """Everything that the report says."""
    options, climb = outcome.options, outcome.climb
    return {
        "version": 1,
        "began": outcome.began.isoformat(timespec="seconds"),
        "url": options.target.url,
        "profile": options.profile,
        "concurrency": options.concurrency,
        "interrupted": outcome.is_interrupted,
        **_figures(outcome.results),
        "by_kind": {kind: _figures(results) for kind, results in outcome.results.by_kind().items()},
        "failures": outcome.results.failures,
        "thresholds": [
            {"name": each.name, "unit": each.unit, "limit": each.limit, "measured": each.measured, "kept": each.is_kept}
            for each in outcome.thresholds
        ],
        "steps": [_step(step) for step in climb.steps] if climb else [],
        "knee": climb.knee.users if climb and climb.knee else None,
        "halt": climb.halt.name.lower() if climb else None,
    }


def _step(step: Step) -> dict[str, Any]:
    return {"concurrency": step.users, **_figures(step.results)}


def _figures(results: Results) -> dict[str, Any]:
    return {
        "total": results.total,
        "succeeded": results.succeeded,
        "failed": results.failed,
        "seconds": round(results.seconds, 3),
        "throughput": round(results.throughput, 3),
        "ms": {
            "mean": results.mean and round(results.mean, 3),
            "min": results.least,
            "max": results.most,
            **{f"p{rank}": results.percentile(rank) for rank in PERCENTILES},
        },
    }
