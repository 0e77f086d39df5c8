"""The deployment itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.system import DeployedSystem

pytestmark = pytest.mark.e2e


def test_a_second_apply_has_nothing_to_change(system: DeployedSystem) -> None:
    assert system.deployment.changes() == []
