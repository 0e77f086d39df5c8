"""The simulation against what is known without it: Little's law, sums that must agree, and rules of AWS."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scale.curve import SECONDS, working_day
from benchmarks.scale.demand import Load, demand
from benchmarks.scale.simulation import STARTS_PER_SECOND, Site, simulate

ENDLESS = Site(concurrency=1e9, connections=1e9, is_pooled=False, mails_per_second=1e9)
LOAD = Load()
curves = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)
sites = st.builds(
    Site,
    concurrency=st.floats(1, 1e5),
    connections=st.floats(1, 1e4),
    is_pooled=st.booleans(),
    mails_per_second=st.floats(0.1, 1e4),
)


def test_a_steady_rate_needs_what_littles_law_says() -> None:
    last = simulate([500.0] * 60, LOAD, ENDLESS)[-1]
    assert last.bff == pytest.approx(500 * LOAD.bff_seconds)
    assert last.crud == pytest.approx(500 * LOAD.crud_seconds)
    assert last.bff + last.crud + 5 == pytest.approx(demand(500, LOAD)["executions"], rel=0.1)


def test_littles_law_is_what_single_requests_do() -> None:
    """The oracle: requests that arrive by chance (Poisson), each inside for its time, counted now and then."""
    source = random.Random(5)  # noqa: S311 - statistics
    rate, seconds = 200.0, 200
    arrivals, clock = [], 0.0
    while clock < seconds:
        clock += source.expovariate(rate)
        arrivals.append(clock)
    moments = [source.uniform(1, seconds - 1) for _ in range(2_000)]
    inside = [sum(moment - LOAD.bff_seconds < each <= moment for each in arrivals) for moment in moments[:300]]
    mean = sum(inside) / len(inside)
    assert simulate([rate] * 60, LOAD, ENDLESS)[-1].bff == pytest.approx(mean, rel=0.1)


@given(curves, sites)
def test_what_is_offered_is_served_or_refused(curve: list[float], site: Site) -> None:
    for offered, moment in zip(curve, simulate(curve, LOAD, site), strict=True):
        assert moment.offered == offered
        assert moment.served + moment.refused == pytest.approx(offered, abs=1e-6)
        assert moment.served >= 0
        assert moment.refused >= -1e-6


@given(curves, sites)
def test_no_limit_is_passed(curve: list[float], site: Site) -> None:
    for moment in simulate(curve, LOAD, site):
        assert moment.bff + moment.crud <= site.concurrency * (1 + 1e-9)
        assert moment.connections <= site.connections * (1 + 1e-9)
        assert moment.cold_starts <= 2 * STARTS_PER_SECOND


@given(curves, sites)
def test_what_waits_is_what_came_less_what_left(curve: list[float], site: Site) -> None:
    moments = simulate(curve, LOAD, site)
    came = sum(moment.served for moment in moments) * LOAD.writes * LOAD.mails
    assert moments[-1].queue <= came + 1e-6
    assert moments[-1].queue >= came - site.mails_per_second * len(moments) - 1e-6


def test_a_backlog_is_gone_after_its_size_by_the_rate() -> None:
    site = replace(ENDLESS, mails_per_second=10)
    moments = simulate([1_000.0] * 60 + [0.0] * 900, LOAD, site)
    backlog = moments[59].queue
    assert backlog == pytest.approx(60 * (100 - 10), rel=0.1)
    emptied = next(second for second, moment in enumerate(moments) if second > 59 and moment.queue == 0)
    assert emptied - 59 == pytest.approx(backlog / 10, abs=2)


def test_a_sudden_crowd_waits_for_lambda_to_start() -> None:
    """30,000 at once need 1,800 environments of bff_app: at 100 a second they are there after 18 seconds."""
    moments = simulate([30_000.0] * 60, LOAD, ENDLESS)
    complete = next(second for second, moment in enumerate(moments) if moment.refused < 1)
    assert complete == 17
    assert moments[0].served == pytest.approx(STARTS_PER_SECOND / LOAD.bff_seconds)


def test_nobody_waits_who_comes_back_soon() -> None:
    again = simulate([1_000.0] * 10 + [0.0] * 100 + [1_000.0], LOAD, ENDLESS)[-1]
    assert (again.cold_starts, again.refused) == (0, 0)


def test_what_is_idle_too_long_ends() -> None:
    load = replace(LOAD, idle_seconds=30)
    assert simulate([1_000.0] * 10 + [0.0] * 31, load, ENDLESS)[-1].bff == 0


def test_a_connection_is_kept_by_each_environment_and_through_a_pooler_by_each_statement() -> None:
    direct = simulate([100.0] * 30, LOAD, ENDLESS)[-1]
    pooled = simulate([100.0] * 30, LOAD, replace(ENDLESS, is_pooled=True))[-1]
    assert direct.connections == pytest.approx(100 * LOAD.crud_seconds)
    assert pooled.connections == pytest.approx(100 * LOAD.statement_seconds)


def test_without_a_pooler_connections_are_the_limit_and_with_one_they_are_not() -> None:
    site = replace(ENDLESS, connections=100)
    direct = simulate([10_000.0] * 60, LOAD, site)[-1]
    pooled = simulate([10_000.0] * 60, LOAD, replace(site, is_pooled=True))[-1]
    assert direct.served == pytest.approx(100 / LOAD.crud_seconds)
    assert pooled.served == 10_000


def test_a_working_day_has_a_night_a_noon_and_a_burst() -> None:
    day = working_day(1_000)
    assert len(day) == SECONDS
    assert max(day) == pytest.approx(1_000, rel=0.01)
    assert day[0] == pytest.approx(25)
    assert day[SECONDS // 2 - 60] == pytest.approx(500, rel=0.02)
