"""Everything that goes wrong, by what it goes wrong with."""

from __future__ import annotations

from tests.faults.scenarios import aws, deaths, load, pooler, postgres, proxy, retries

SCENARIOS = (
    *deaths.SCENARIOS,
    *postgres.SCENARIOS,
    *pooler.SCENARIOS,
    *aws.SCENARIOS,
    *proxy.SCENARIOS,
    *retries.SCENARIOS,
    *load.SCENARIOS,
)
