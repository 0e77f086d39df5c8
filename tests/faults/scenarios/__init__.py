"""Everything that goes wrong, by what it goes wrong with."""

from __future__ import annotations

from tests.faults.scenarios import aws, deaths, postgres

SCENARIOS = (*deaths.SCENARIOS, *postgres.SCENARIOS, *aws.SCENARIOS)
