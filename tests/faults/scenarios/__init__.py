"""Everything that goes wrong, by what it goes wrong with. Importing a module registers its faults, in this order."""

from __future__ import annotations

# isort: off
from tests.faults.scenarios import deaths, postgres, pooler, aws, way_in, load

# isort: on
from tests.faults.trial import FAULTS

__all__ = ["FAULTS", "aws", "deaths", "load", "pooler", "postgres", "way_in"]
