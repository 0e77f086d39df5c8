"""The model against what is known without it: Little's law, sums that must agree, the Terraform, and AWS's rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scale.__main__ import count, main
from benchmarks.scale.model import (
    DAY_SECONDS,
    STARTS_PER_SECOND,
    Load,
    Site,
    demand,
    load_limits,
    simulate,
    working_day,
)
from tools.cost.model import DEFAULT_WRITES

ROOT = Path(__file__).resolve().parents[4]
LOAD = Load()
LIMITS = load_limits(LOAD)
ENDLESS = Site(concurrency=1e9, connections=1e9, is_pooled=False, mails_per_second=1e9)

curves = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)
sites = st.builds(Site, st.floats(1, 1e5), st.floats(1, 1e4), st.booleans(), st.floats(0.1, 1e4))


def test_a_limit_is_reached_at_the_rate_that_needs_all_of_it() -> None:
    for limit in LIMITS:
        assert demand(limit.breaks_at(limit.value, LOAD), LOAD)[limit.of] == pytest.approx(limit.value)
        assert limit.raised is None or limit.raised > limit.value > 0, limit.key
    rates = [limit.breaks_at(limit.value, LOAD) for limit in LIMITS]
    assert rates == sorted(rates)
    assert [round(demand(1_000, LOAD)[name], 3) for name in ("executions", "invocations", "ledger_units")] == [
        1_000 * 0.090 + 100 * 0.2 / 10,
        2_000 + 100 / 10,
        100 * 14,
    ]


def test_limits_and_load_agree_with_the_terraform_and_the_bill() -> None:
    variables = (ROOT / "infra" / "variables.tf").read_text("utf-8")
    (throttle,) = [limit for limit in LIMITS if limit.key == "api_throttle"]
    assert f"default     = {{ rate = {throttle.value:g}, burst = 200 }}" in variables
    assert float(DEFAULT_WRITES) == LOAD.writes
    for limit in LIMITS:
        assert limit.page.startswith("/") or (ROOT / limit.page).exists(), limit.key


def test_a_steady_rate_needs_what_littles_law_says() -> None:
    last = simulate([500.0] * 60, LOAD, ENDLESS)[-1]
    assert last.environments == pytest.approx(500 * (LOAD.bff_seconds + LOAD.crud_seconds))
    assert (last.served, last.connections) == (500, pytest.approx(500 * LOAD.crud_seconds))


@given(curves, sites)
def test_no_limit_is_passed_and_nothing_is_lost(curve: list[float], site: Site) -> None:
    moments = simulate(curve, LOAD, site)
    for offered, moment in zip(curve, moments, strict=True):
        assert moment.offered == offered
        assert 0 <= moment.served <= offered + 1e-6
        assert moment.environments <= site.concurrency * (1 + 1e-9)
        assert moment.connections <= site.connections * (1 + 1e-9)
        assert moment.cold_starts <= 2 * STARTS_PER_SECOND
    came = sum(moment.served for moment in moments) * LOAD.writes * LOAD.mails
    assert came - site.mails_per_second * len(moments) - 1e-6 <= moments[-1].queue <= came + 1e-6


def test_a_backlog_of_mails_leaves_at_the_rate_of_ses() -> None:
    moments = simulate([1_000.0] * 60 + [0.0] * 900, LOAD, ENDLESS._replace(mails_per_second=10))
    backlog = moments[59].queue
    assert backlog == pytest.approx(60 * (100 - 10), rel=0.1)
    emptied = next(second for second, moment in enumerate(moments) if second > 59 and moment.queue == 0)
    assert emptied - 59 == pytest.approx(backlog / 10, abs=2)


def test_a_sudden_crowd_waits_for_lambda_to_start() -> None:
    """30,000 at once need 1,800 environments of bff_app: at 100 a second they exist after 18 seconds."""
    moments = simulate([30_000.0] * 60, LOAD, ENDLESS)
    assert moments[0].served == pytest.approx(STARTS_PER_SECOND / LOAD.bff_seconds)
    assert next(second for second, moment in enumerate(moments) if moment.offered - moment.served < 1) == 17


def test_environments_stay_warm_for_a_while_and_then_end() -> None:
    again = simulate([1_000.0] * 10 + [0.0] * 100 + [1_000.0], LOAD, ENDLESS)[-1]
    assert (again.cold_starts, again.served) == (0, 1_000)
    idle = int(LOAD.idle_seconds)
    assert simulate([1_000.0] * 10 + [0.0] * (idle + 1), LOAD, ENDLESS)[-1].environments == 0


def test_connections_are_the_limit_without_a_pooler_and_not_with_one() -> None:
    site = ENDLESS._replace(connections=100)
    direct = simulate([10_000.0] * 60, LOAD, site)[-1]
    pooled = simulate([10_000.0] * 60, LOAD, site._replace(is_pooled=True))[-1]
    assert direct.served == pytest.approx(100 / LOAD.crud_seconds)
    assert (pooled.served, pooled.connections) == (10_000, pytest.approx(10_000 * LOAD.statement_seconds))


def test_a_working_day_has_a_night_a_noon_and_a_burst() -> None:
    day = working_day(1_000)
    assert len(day) == DAY_SECONDS
    assert max(day) == pytest.approx(1_000, rel=0.01)
    assert day[0] == pytest.approx(25)
    assert day[DAY_SECONDS // 2 - 60] == pytest.approx(500, rel=0.02)


def test_the_command_prints_limits_bill_and_simulation(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["--rate=500"]) == 0
    text = capsys.readouterr().out
    assert "what 500 requests a second need" in text
    assert text.index("in the sandbox") < text.index("messages in flight")
    assert "A month with this peak (four times the mean) has 320 million requests" in text
    assert "as deployed, without a pooler" in text
    with pytest.raises(SystemExit):
        main(["--rate=0"])
    assert "RATE must be a whole number from 1 to 1,000,000,000, not '0'." in capsys.readouterr().err


def test_counts_have_two_digits() -> None:
    words = [count(value) for value in (0.034, 7, 168, 5_321, 1.24e6, 320e6)]
    assert words == ["0.034", "7", "170", "5,300", "1.2 million", "320 million"]
