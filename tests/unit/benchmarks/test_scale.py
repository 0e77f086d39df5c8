"""The model of `make scale` against Little's law, the Terraform, and AWS's rules."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scale.__main__ import (
    BFF_SECONDS,
    CRUD_SECONDS,
    STARTS_PER_SECOND,
    WRITES,
    Site,
    demand,
    load_limits,
    simulate,
)
from local.settings import ROOT

LIMITS = load_limits()
ENDLESS = Site(concurrency=1e9, connections=1e9, is_pooled=False, mails_per_second=1e9)
sites = st.builds(Site, st.floats(1, 1e5), st.floats(1, 1e4), st.booleans(), st.floats(0.1, 1e4))


def test_a_limit_is_reached_at_the_rate_that_needs_all_of_it() -> None:
    for limit in LIMITS:
        assert demand(limit.rate(limit.value))[limit.of] == pytest.approx(limit.value)
        assert limit.raised is None or limit.raised > limit.value > 0, limit.name
        assert limit.page.startswith("/") or (ROOT / limit.page).exists(), limit.name
    (throttle,) = [limit for limit in LIMITS if "`api_throttle`" in limit.name]
    assert f"default     = {{ rate = {throttle.value:g}," in (ROOT / "infra" / "variables.tf").read_text("utf-8")


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), sites)
def test_no_limit_is_passed_and_no_mail_is_lost(curve: list[float], site: Site) -> None:
    moments = list(simulate(curve, site))
    for offered, moment in zip(curve, moments, strict=True):
        assert 0 <= moment.served <= offered
        assert moment.environments <= site.concurrency * (1 + 1e-9)
        assert moment.connections <= site.connections * (1 + 1e-9)
    came = sum(moment.served for moment in moments) * WRITES
    assert came - site.mails_per_second * len(moments) - 1e-6 <= moments[-1].queue <= came + 1e-6


def test_a_sudden_crowd_waits_for_lambda_to_start() -> None:
    """30,000 at once need 1,800 environments of bff_app: at 100 a second they exist after 18 seconds."""
    moments = list(simulate([30_000.0] * 60, ENDLESS))
    assert moments[0].served == pytest.approx(STARTS_PER_SECOND / BFF_SECONDS)
    assert next(second for second, moment in enumerate(moments) if moment.served > 29_999) == 17
    assert moments[-1].environments == pytest.approx(30_000 * (BFF_SECONDS + CRUD_SECONDS))


def test_the_command_prints_limits_bill_and_simulation() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", "--rate=500"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    words = ("what 500 requests", "in the sandbox", "has 320 million requests", "as deployed,")
    assert all(word in " ".join(done.stdout.split()) for word in words), done.stdout
