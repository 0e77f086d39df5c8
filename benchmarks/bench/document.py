"""The report as JSON, for machines: every series, and what became of each target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.bench.estimate import Estimate
    from benchmarks.bench.table import Comparison, Report, Table


def document(report: Report) -> dict[str, Any]:
    """Everything that the terminal shows, and the numbers of each round."""
    return {
        "version": 1,
        "began": report.began,
        "seconds": round(report.seconds, 1),
        "quick": report.is_quick,
        "machine": dict(report.machine),
        "tables": [_table(table) for table in report.tables],
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "key": table.key,
        "title": table.title,
        "unit": table.unit,
        "rows": [
            {
                "key": row.key,
                "label": row.label,
                "ours": row.is_ours,
                "rounds": {column: list(series) for column, series in row.series.items()},
                "medians": {
                    column: _estimate(measured)
                    for column in table.columns
                    if (measured := table.measured(row, column)) is not None
                },
            }
            for row in table.rows
        ],
        "targets": [_comparison(comparison) for comparison in table.comparisons],
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    """A ratio that is not printed is not here, either."""
    measured = comparison.measured
    return {
        "name": comparison.target.name,
        "most": comparison.target.most,
        "ratio": measured.value if comparison.is_meaningful else None,
        "low": measured.low,
        "high": measured.high,
        "verdict": comparison.verdict,
    }


def _estimate(measured: Estimate) -> dict[str, float]:
    return {"value": measured.value, "low": measured.low, "high": measured.high}
